//! A proof that one record is in the log, in one text that needs nothing but the public key (c2sp.org/tlog-proof).
//!
//! The record's own bytes are its `extra`. They are not taken on trust: their hash is what is proven.
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::record::{BadRecord, Record};
use crate::tiles::{self, WIDTH};
use crate::tlog::{self, BadNote, Hash, Nodes, Unproven, Verifier};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub index: u64,
    /// The bytes of the leaf.
    pub record: Vec<u8>,
    /// From the leaf's sibling up to the root's child.
    pub hashes: Vec<Hash>,
    /// The signed note, as it is.
    pub checkpoint: String,
}

/// What a proof has proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    pub origin: String,
    /// How many records the checkpoint signs,
    pub size: u64,
    /// and which of them this one is.
    pub index: u64,
    pub root: Hash,
    pub record: Record,
}

/// Why a proof proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum BadProof {
    #[error("it is not a proof as c2sp.org/tlog-proof@v1 has it: {0}")]
    Form(&'static str),
    #[error(transparent)]
    Checkpoint(#[from] BadNote),
    #[error("record {index} is not among the {size} that the checkpoint signs")]
    Beyond { index: u64, size: u64 },
    #[error(
        "the record is not number {index} of those that the checkpoint signs: it or the proof was changed"
    )]
    Unproven { index: u64 },
    #[error("what is proven is no record")]
    Record(#[from] BadRecord),
}

/// A tile by its level and number.
pub type TileId = (u8, u64);

const HEAD: &str = "c2sp.org/tlog-proof@v1";
/// A path to the root of 2^64 records, with its lines; more is no proof.
const MAX_HASHES: usize = 64;

/// The tiles that a proof of record `index` of `size` is made from.
pub fn tiles(size: u64, index: u64) -> Result<BTreeSet<TileId>, Unproven> {
    let asked = Asked::default();
    tlog::prove_inclusion(size, index, &asked)?;
    Ok(asked.0.into_inner().into_iter().map(|(level, n)| place(level, n).0).collect())
}

/// The proof's hashes, from those tiles. More of a tile than the checkpoint signs does no harm: what is needed of it
/// never changes.
pub fn hashes(
    size: u64,
    index: u64,
    tiles: &BTreeMap<TileId, Vec<Hash>>,
) -> Result<Vec<Hash>, Unproven> {
    tlog::prove_inclusion(size, index, &Tiles(tiles))
}

/// Notes which nodes are asked for.
#[derive(Default)]
struct Asked(RefCell<Vec<(u8, u64)>>);

impl Nodes for Asked {
    fn node(&self, level: u8, n: u64) -> Option<Hash> {
        self.0.borrow_mut().push((level, n));
        Some(tlog::EMPTY)
    }
}

struct Tiles<'a>(&'a BTreeMap<TileId, Vec<Hash>>);

impl Nodes for Tiles<'_> {
    fn node(&self, level: u8, n: u64) -> Option<Hash> {
        let (tile, from, width) = place(level, n);
        let hashes = self.0.get(&tile)?.get(from..from + width)?;
        Some(tiles::root(hashes))
    }
}

/// Which tile a node follows from, and from which of its hashes.
fn place(level: u8, n: u64) -> (TileId, usize, usize) {
    let above = level % 8;
    let first = n << above;
    let from = usize::try_from(first % WIDTH).unwrap_or_default();
    ((level / 8, first / WIDTH), from, 1 << above)
}

impl Proof {
    pub fn write(&self) -> String {
        let mut text =
            format!("{HEAD}\nextra {}\nindex {}\n", BASE64.encode(&self.record), self.index);
        for hash in &self.hashes {
            text.push_str(&tlog::text(*hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    pub fn read(text: &str) -> Result<Self, BadProof> {
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or(BadProof::Form("no checkpoint follows an empty line"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEAD) {
            return Err(BadProof::Form("it does not begin with its name"));
        }
        let extra = lines.next().and_then(|it| it.strip_prefix("extra "));
        let record = extra.and_then(|it| BASE64.decode(it).ok());
        let record = record.ok_or(BadProof::Form("its second line holds no record"))?;
        let index = lines.next().and_then(|it| it.strip_prefix("index ")).and_then(number);
        let index = index.ok_or(BadProof::Form("its third line holds no index"))?;
        let hashes: Option<Vec<Hash>> = lines.map(tlog::hash).collect();
        let hashes = hashes.filter(|it| it.len() <= MAX_HASHES);
        let hashes = hashes.ok_or(BadProof::Form("what follows the index is not all hashes"))?;
        Ok(Self { index, record, hashes, checkpoint: checkpoint.to_owned() })
    }

    /// Whether the record is where it says it is, under this key.
    pub fn check(&self, key: &Verifier) -> Result<Proven, BadProof> {
        let checkpoint = key.open(self.checkpoint.as_bytes())?;
        let (index, size, root) = (self.index, checkpoint.size, checkpoint.root);
        if size <= index {
            return Err(BadProof::Beyond { index, size });
        }
        let leaf = tlog::leaf(&self.record);
        tlog::check_inclusion(&self.hashes, size, root, index, leaf)
            .map_err(|_| BadProof::Unproven { index })?;
        let record = Record::read(&self.record)?;
        Ok(Proven { origin: checkpoint.origin, size, index, root, record })
    }
}

/// Decimal, without leading zeroes.
fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|it: &u64| it.to_string() == text)
}
