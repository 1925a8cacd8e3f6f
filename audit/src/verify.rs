//! Checks a directory with nothing but a public key: every byte that is part of the log, and the first fault by name.
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::Serialize;

use jiff::Timestamp;

use crate::edge::Edge;
use crate::range::{self, Part};
use crate::record::Record;
use crate::tiles::{self, Builder, Of, Tile, WIDTH};
use crate::tlog::{self, BadNote, Checkpoint, Hash, Verifier};

/// What was found to be well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub origin: String,
    /// How many the checkpoint signs.
    pub records: u64,
    pub root: String,
    pub tiles: u64,
    /// The times of the first and the last record that is there.
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// How many records there are of each event, by its stored name.
    pub kinds: BTreeMap<String, u64>,
    /// How many records there were at the older checkpoint, if one was given: these are the same.
    pub since: Option<u64>,
    /// Where only a part of the records is there.
    pub part: Option<Covered>,
}

/// Which records a part has. Of all others the hashes are there, and nobody has looked at what they say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Covered {
    #[serde(flatten)]
    pub part: Part,
    /// How many of them are of the time that was asked for. None of that time is missing.
    pub within: u64,
}

/// The first thing that is not as it has to be.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("{path} cannot be read")]
    File {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{path}: {why}")]
    Note { path: String, why: BadNote },
    #[error("{path} does not hold {expected} records of whole length")]
    Bundle { path: String, expected: u16 },
    #[error("entry {index} in {path} is not a record")]
    Record {
        index: u64,
        path: String,
        #[source]
        source: crate::record::BadRecord,
    },
    #[error("entry {index} in {entries} is not the one that {path} was made of")]
    Leaf { index: u64, entries: String, path: String },
    #[error("hash {index} in {path} is not that of the tile below it")]
    Node { index: usize, path: String },
    #[error("{path} does not hold {expected} hashes")]
    Tile { path: String, expected: u16 },
    #[error("{} says nothing that could be of {size} records", range::FILE)]
    Part { size: u64 },
    #[error(
        "{} says that all of its time is there, and the {which} record that is there does not show it",
        range::FILE
    )]
    Cut { which: &'static str },
    #[error("the {size} records have not the root that the checkpoint signs")]
    Root { size: u64 },
    #[error("the older checkpoint is of {size} records, this one of {now}: it was taken back")]
    Shrunk { size: u64, now: u64 },
    #[error("the first {size} records are not those of the older checkpoint: history was changed")]
    Rewritten { size: u64 },
}

/// Checks the export in `directory`; with an older checkpoint also that nothing of it was changed. `seen` is told how many
/// records are done, and of how many.
pub fn directory(
    directory: &Path,
    key: &Verifier,
    since: Option<&Path>,
    mut seen: impl FnMut(u64, u64),
) -> Result<Report, Fault> {
    let checkpoint = open(&directory.join("checkpoint"), key)?;
    let since = since.map(|it| open(it, key)).transpose()?;
    if let Some(old) = &since
        && checkpoint.size < old.size
    {
        return Err(Fault::Shrunk { size: old.size, now: checkpoint.size });
    }
    let size = checkpoint.size;
    let part = part(directory, size)?;
    let mut walk = Walk::new(directory, since.as_ref(), part);
    for n in 0..size.div_ceil(WIDTH) {
        let width = u16::try_from((size - n * WIDTH).min(WIDTH)).unwrap_or(256);
        walk.file(Tile { of: Of::Entries, n, width })?;
        seen(walk.edge.size(), size);
    }
    walk.end()?;
    if walk.edge.root() != checkpoint.root {
        return Err(Fault::Root { size });
    }
    if let Some(old) = &since
        && walk.old_root != Some(old.root)
    {
        return Err(Fault::Rewritten { size: old.size });
    }
    if let Some(part) = &part {
        walk.shows_all_of(part, size)?;
    }
    Ok(Report {
        origin: checkpoint.origin,
        records: size,
        root: tlog::text(checkpoint.root),
        tiles: walk.tiles,
        first: walk.first,
        last: walk.last,
        kinds: walk.kinds,
        since: since.map(|it| it.size),
        part: part.map(|part| Covered { part, within: walk.within }),
    })
}

/// Which records have to be there; `None`: all of them.
fn part(directory: &Path, size: u64) -> Result<Option<Part>, Fault> {
    match fs::read(directory.join(range::FILE)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Fault::File { path: range::FILE.to_owned(), source }),
        Ok(bytes) => {
            let part = serde_json::from_slice(&bytes).ok();
            part.filter(|it: &Part| it.is_of(size)).ok_or(Fault::Part { size }).map(Some)
        }
    }
}

fn open(path: &Path, key: &Verifier) -> Result<Checkpoint, Fault> {
    let shown = || path.display().to_string();
    let note = fs::read(path).map_err(|source| Fault::File { path: shown(), source })?;
    key.open(&note).map_err(|why| Fault::Note { path: shown(), why })
}

/// The way through the records, once, in the memory of a tile a level.
struct Walk<'a> {
    directory: &'a Path,
    edge: Edge,
    builder: Builder,
    old_size: Option<u64>,
    old_root: Option<Hash>,
    tiles: u64,
    part: Option<Part>,
    within: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    /// Whether a record is there that is clearly later than the part.
    is_passed: bool,
    kinds: BTreeMap<String, u64>,
}

impl<'a> Walk<'a> {
    fn new(directory: &'a Path, since: Option<&Checkpoint>, part: Option<Part>) -> Self {
        let mut walk = Self {
            directory,
            edge: Edge::default(),
            builder: Builder::default(),
            old_size: since.map(|it| it.size),
            old_root: None,
            tiles: 0,
            part,
            within: 0,
            first: None,
            last: None,
            is_passed: false,
            kinds: BTreeMap::new(),
        };
        walk.note_old_root();
        walk
    }

    /// A file of records with the tile of their hashes; where it is no part of the export, the tile alone.
    fn file(&mut self, tile: Tile) -> Result<(), Fault> {
        // The leaves of a file of records are one tile of hashes: by it the entry at fault is named.
        let leaves = self.hashes(Tile { of: Of::Level(0), ..tile })?;
        let begins = tile.n * WIDTH;
        if self.part.is_none_or(|it| it.first <= begins && begins < it.end) {
            self.entries(tile, &leaves)?;
        }
        let mut full = Vec::new();
        for leaf in leaves {
            self.edge.push(leaf);
            self.note_old_root();
            self.builder.push(leaf, |tile, hashes| full.push((tile, hashes.to_vec())));
        }
        for (tile, hashes) in full {
            self.compare(tile, &hashes)?;
        }
        Ok(())
    }

    fn entries(&mut self, tile: Tile, leaves: &[Hash]) -> Result<(), Fault> {
        let (bytes, path) = (self.read(tile)?, tile.path());
        let records = tiles::unbundle(&bytes).filter(|it| it.len() == usize::from(tile.width));
        let expected = tile.width;
        let records = records.ok_or(Fault::Bundle { path: path.clone(), expected })?;
        for (index, (record, leaf)) in (tile.n * WIDTH..).zip(records.iter().zip(leaves)) {
            if tlog::leaf(record) != *leaf {
                let path = Tile { of: Of::Level(0), ..tile }.path();
                return Err(Fault::Leaf { index, entries: tile.path(), path });
            }
            let read = Record::read(record);
            let read =
                read.map_err(|source| Fault::Record { index, path: path.clone(), source })?;
            self.note(read);
        }
        Ok(())
    }

    fn note(&mut self, record: Record) {
        self.first.get_or_insert(record.time);
        self.last = Some(record.time);
        if let Some(range) = self.part.as_ref().map(Part::range) {
            self.within += u64::from(range.contains(record.time));
            self.is_passed |= range.is_after(record.time);
        }
        match self.kinds.get_mut(&record.kind) {
            Some(count) => *count += 1,
            None => drop(self.kinds.insert(record.kind, 1)),
        }
    }

    /// Whether a part begins with an earlier record and ends with a later one, or where the log does.
    fn shows_all_of(&self, part: &Part, size: u64) -> Result<(), Fault> {
        let is_early = self.first.is_some_and(|it| part.range().is_before(it));
        if part.first != 0 && !is_early {
            return Err(Fault::Cut { which: "first" });
        }
        if part.end != size && !self.is_passed {
            return Err(Fault::Cut { which: "last" });
        }
        Ok(())
    }

    /// What is left when the last record was read: tiles that are not full.
    fn end(&mut self) -> Result<(), Fault> {
        let partial: Vec<(Tile, Vec<Hash>)> =
            self.builder.partial().map(|(tile, hashes)| (tile, hashes.to_vec())).collect();
        for (tile, hashes) in partial {
            self.compare(tile, &hashes)?;
        }
        Ok(())
    }

    fn compare(&mut self, tile: Tile, made: &[Hash]) -> Result<(), Fault> {
        self.tiles += 1;
        if tile.of == Of::Level(0) {
            return Ok(());
        }
        let there = self.hashes(tile)?;
        match there.iter().zip(made).position(|(there, made)| there != made) {
            Some(index) => Err(Fault::Node { index, path: tile.path() }),
            None => Ok(()),
        }
    }

    fn hashes(&self, tile: Tile) -> Result<Vec<Hash>, Fault> {
        let hashes = tiles::hashes(&self.read(tile)?);
        let hashes = hashes.filter(|it| it.len() == usize::from(tile.width));
        hashes.ok_or(Fault::Tile { path: tile.path(), expected: tile.width })
    }

    fn read(&self, tile: Tile) -> Result<Vec<u8>, Fault> {
        let path = tile.path();
        fs::read(self.directory.join(&path)).map_err(|source| Fault::File { path, source })
    }

    fn note_old_root(&mut self) {
        if self.old_size == Some(self.edge.size()) {
            self.old_root = Some(self.edge.root());
        }
    }
}
