//! A part of a log, by time: which files of records an export has, and how whoever checks it knows that none is missing.
//!
//! All tiles of hashes are there, so the tree is whole; of the records those of the time, in whole files of 256 as the format
//! has them. Records stand in the order in which the log got them, which is that of their times but for the length of a request:
//! so the part begins with a record that is clearly earlier, or the first, and ends with one that is clearly later, or the last.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::tiles::{Tile, WIDTH};

/// What an export of a part says of itself. Beside the format's own files, and unsigned: it is checked against them.
pub const FILE: &str = "range.json";

/// No request takes longer than this, so none is further from its place.
pub const SLACK: SignedDuration = SignedDuration::from_mins(1);

/// From one time on, and before another; `None` where it is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// Which records are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub version: u32,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// The number of the first one, and of the one after the last.
    pub first: u64,
    pub end: u64,
}

pub const VERSION: u32 = 1;

impl Range {
    pub fn contains(&self, time: Timestamp) -> bool {
        self.from.is_none_or(|it| it <= time) && self.to.is_none_or(|it| time < it)
    }

    /// Whether nothing of the range stands before a record of this time.
    pub fn is_before(&self, time: Timestamp) -> bool {
        self.from.is_some_and(|it| time < it.saturating_sub(SLACK).unwrap_or(it))
    }

    /// Whether nothing of the range follows a record of this time.
    pub fn is_after(&self, time: Timestamp) -> bool {
        self.to.is_some_and(|it| it.saturating_add(SLACK).unwrap_or(it) <= time)
    }
}

impl Part {
    pub fn range(&self) -> Range {
        Range { from: self.from, to: self.to }
    }

    /// Whether it can be a part of a log of so many records.
    pub fn is_of(&self, size: u64) -> bool {
        let is_whole = |n: u64| n.is_multiple_of(WIDTH) || n == size;
        self.version == VERSION
            && self.first <= self.end
            && self.end <= size
            && is_whole(self.first)
            && is_whole(self.end)
    }
}

/// A file of records, and what is in it.
type File = (Tile, Vec<u8>);

/// Chooses the files of a range while they come by, in their order.
pub(crate) struct Choice {
    range: Range,
    first: u64,
    end: u64,
    began: bool,
    ended: bool,
    /// The last one that was earlier: the one before the range, as soon as that begins.
    held: Option<File>,
}

impl Choice {
    pub fn new(range: Range) -> Self {
        Self { range, first: 0, end: 0, began: false, ended: false, held: None }
    }

    /// Which files are to be written now that this one, with records of these times, has come by.
    pub fn of(&mut self, file: File, times: &[Timestamp]) -> Vec<File> {
        if self.ended {
            return Vec::new();
        }
        let mut chosen = Vec::new();
        if !self.began {
            let Some(at) = times.iter().position(|it| !self.range.is_before(*it)) else {
                self.held = Some(file);
                return chosen;
            };
            self.began = true;
            // Where it begins with its file, the file before has the record that is earlier.
            chosen.extend(self.held.take().filter(|_| at == 0));
        }
        self.ended = times.iter().any(|it| self.range.is_after(*it));
        chosen.push(file);
        self.note(&chosen);
        chosen
    }

    /// What is left when all have come by: all were earlier, and the last one shows it.
    pub fn rest(&mut self) -> Option<File> {
        let last = self.held.take().filter(|_| !self.began)?;
        self.note(std::slice::from_ref(&last));
        Some(last)
    }

    pub fn part(&self) -> Part {
        let Range { from, to } = self.range;
        Part { version: VERSION, from, to, first: self.first, end: self.end }
    }

    fn note(&mut self, chosen: &[File]) {
        if let Some((tile, _)) = chosen.first().filter(|_| self.end == 0) {
            self.first = tile.n * WIDTH;
        }
        if let Some((tile, _)) = chosen.last() {
            self.end = tile.n * WIDTH + u64::from(tile.width);
        }
    }
}
