//! Tiles: the tree's nodes in files of 256, eight levels of it apart, and the records in files beside them.
//!
//! <https://c2sp.org/tlog-tiles>. A partial tile is the beginning of the full one.
use crate::tlog::{self, Hash};

/// Nodes in a full tile, and records in a full file of them.
pub const WIDTH: u64 = 256;

/// The longest record: its length is written before it in two bytes.
pub const MAX_RECORD_BYTES: usize = u16::MAX as usize;

/// One file of the log, below its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    pub of: Of,
    pub n: u64,
    /// 1 to 256.
    pub width: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    Entries,
    /// Of height 8: level 1 is made of the roots over full tiles of level 0.
    Level(u8),
}

/// Levels beyond this would hold nothing: 2^64 leaves end in level 7.
const LEVELS: u8 = 8;

impl Tile {
    /// `None` for what is no path of a tile, or another way to write one.
    pub fn parse(path: &str) -> Option<Self> {
        let (of, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let of = match of {
            "entries" => Of::Entries,
            level => Of::Level(level.parse().ok().filter(|it| *it < LEVELS)?),
        };
        let (n, width) = match rest.split_once(".p/") {
            Some((n, width)) => {
                (n, width.parse().ok().filter(|it| (1..WIDTH).contains(&u64::from(*it)))?)
            }
            None => (rest, 256),
        };
        let mut number = 0_u64;
        for group in n.split('/') {
            let group = group.strip_prefix('x').unwrap_or(group);
            let value: u64 = group.parse().ok().filter(|_| group.len() == 3)?;
            number = number.checked_mul(1000)?.checked_add(value)?;
        }
        let tile = Self { of, n: number, width };
        // One tile has one path: `x000/001`, `+01` and a level `00` are not others.
        (tile.path() == path).then_some(tile)
    }

    pub fn path(self) -> String {
        let mut n = format!("{:03}", self.n % 1000);
        let mut rest = self.n / 1000;
        while 0 < rest {
            n = format!("x{:03}/{n}", rest % 1000);
            rest /= 1000;
        }
        let of = match self.of {
            Of::Entries => "entries".to_owned(),
            Of::Level(level) => level.to_string(),
        };
        if self.is_full() {
            format!("tile/{of}/{n}")
        } else {
            format!("tile/{of}/{n}.p/{}", self.width)
        }
    }

    pub fn is_full(self) -> bool {
        u64::from(self.width) == WIDTH
    }

    /// Whether a tree of `size` records has this much of it.
    pub fn is_in(self, size: u64) -> bool {
        let nodes = match self.of {
            Of::Entries => size,
            Of::Level(level) => nodes(size, level),
        };
        let end = self.n.checked_mul(WIDTH).and_then(|it| it.checked_add(self.width.into()));
        end.is_some_and(|it| it <= nodes)
    }

    /// The tiles of hashes that a tree of `size` has, each as wide as it is there, and the files of records.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        let levels = (0..LEVELS).map(move |it| (Of::Level(it), nodes(size, it)));
        levels.chain([(Of::Entries, size)]).flat_map(|(of, nodes)| {
            (0..nodes.div_ceil(WIDTH)).map(move |n| {
                let width = (nodes - n * WIDTH).min(WIDTH);
                Self { of, n, width: u16::try_from(width).unwrap_or(256) }
            })
        })
    }
}

/// How many nodes of a tile's level a tree has.
fn nodes(size: u64, level: u8) -> u64 {
    size.checked_shr(8 * u32::from(level)).unwrap_or(0)
}

/// The root over a full tile's nodes: one node of the level above.
pub fn root(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while 1 < row.len() {
        row = row
            .chunks(2)
            .map(|it| match it {
                [left, right] => tlog::parent(*left, *right),
                single => single[0],
            })
            .collect();
    }
    row.first().copied().unwrap_or(tlog::EMPTY)
}

/// The nodes in a file; `None` if that is no number of whole ones.
pub fn hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    rest.is_empty().then(|| hashes.to_vec())
}

/// Records as a file holds them: each after its length.
pub fn bundle<'a>(records: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, TooLong> {
    let mut bytes = Vec::new();
    for record in records {
        let length = u16::try_from(record.len()).map_err(|_| TooLong)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(record);
    }
    Ok(bytes)
}

/// The records in a file; `None` if it ends inside one.
pub fn unbundle(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let (record, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        records.push(record);
        bytes = rest;
    }
    Some(records)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record is longer than {MAX_RECORD_BYTES} bytes")]
pub struct TooLong;

/// Makes tiles of leaves in their order, in the memory of one tile a level.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    /// For each level the number of the tile that is being filled, and what it holds.
    levels: Vec<(u64, Vec<Hash>)>,
}

impl Builder {
    /// Goes on where somebody else has come: for each level, from 0 on, the nodes of its last tile that is not full.
    pub fn begun(size: u64, partial: impl Fn(u8) -> Vec<Hash>) -> Self {
        let levels = (0..LEVELS).take_while(|it| 0 < nodes(size, *it));
        Self { levels: levels.map(|it| (nodes(size, it) / WIDTH, partial(it))).collect() }
    }

    /// Adds a leaf; `full` is told of each tile that became full by it.
    pub fn push(&mut self, leaf: Hash, mut full: impl FnMut(Tile, &[Hash])) {
        let mut node = leaf;
        for level in 0..LEVELS {
            if self.levels.len() <= usize::from(level) {
                self.levels.push((0, Vec::new()));
            }
            let (n, hashes) = &mut self.levels[usize::from(level)];
            hashes.push(node);
            if (hashes.len() as u64) < WIDTH {
                return;
            }
            full(Tile { of: Of::Level(level), n: *n, width: 256 }, hashes);
            node = root(hashes);
            *n += 1;
            hashes.clear();
        }
    }

    /// The tiles that are not full, as far as they hold anything.
    pub fn partial(&self) -> impl Iterator<Item = (Tile, &[Hash])> {
        self.levels.iter().zip(0..LEVELS).filter(|it| !it.0.1.is_empty()).map(
            |((n, hashes), level)| {
                let width = u16::try_from(hashes.len()).unwrap_or(256);
                (Tile { of: Of::Level(level), n: *n, width }, hashes.as_slice())
            },
        )
    }
}
