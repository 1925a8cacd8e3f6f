//! What must be true of every event, given those before it.
use std::collections::HashMap;

use domain::features::of_stream;
use event_store::log::{OPENED, STREAM};
use event_store::{Position, Recorded, event_id};
use serde::Serialize;

use crate::events::walk::Step;

/// Something that no store of ours writes.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub position: Position,
    pub stream: String,
    pub revision: u64,
    #[serde(rename = "fault")]
    pub kind: Kind,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A position is missing, or comes twice.
    Position,
    /// A revision is missing from its stream, or comes twice.
    Revision,
    /// The event is not the one that its command makes there. Ids are derived from stream, revision and command, so
    /// where all of them are right, none comes twice.
    Id,
    /// No event that this build knows.
    Data,
    Metadata,
}

pub struct Checker {
    /// The last position seen.
    after: Position,
    /// Positions have no holes.
    counts: bool,
    /// The log is read from its beginning: a stream begins with revision 0.
    whole: bool,
    /// The last revision of each stream. All that is remembered.
    last: HashMap<String, u64>,
}

impl Checker {
    pub fn new(after: Position, counts: bool) -> Self {
        Self { after, counts, whole: after == 0, last: HashMap::new() }
    }

    pub fn streams(&self) -> usize {
        self.last.len()
    }

    pub fn see(&mut self, step: &Step) -> Vec<Fault> {
        let (position, stream, revision) = match step {
            Step::Event(it) => (it.position, &it.stream, it.revision),
            Step::Unreadable { position, stream, revision, .. } => (*position, stream, *revision),
        };
        let content = match step {
            Step::Event(it) => vec![self::id(it), data(it)],
            Step::Unreadable { why, .. } => {
                vec![Some((Kind::Metadata, format!("the metadata cannot be read: {why}")))]
            }
        };
        let faults = [self.position(position), self.revision(stream, revision)];
        let faults = faults.into_iter().chain(content).flatten();
        let fault = |(kind, detail)| {
            let stream = stream.clone();
            Fault { position, stream, revision, kind, detail }
        };
        faults.map(fault).collect()
    }

    fn position(&mut self, position: Position) -> Option<Found> {
        let before = std::mem::replace(&mut self.after, position);
        let missing = before + 1..position;
        let what = if position <= before {
            format!("position {position} stands behind {before}")
        } else if self.counts && !missing.is_empty() {
            missing_text("position", missing)
        } else {
            return None;
        };
        Some((Kind::Position, what))
    }

    fn revision(&mut self, stream: &str, revision: u64) -> Option<Found> {
        let Some(last) = self.last.get_mut(stream) else {
            self.last.insert(stream.to_owned(), revision);
            let missing = self.whole && 0 < revision;
            return missing.then(|| (Kind::Revision, missing_text("revision", 0..revision)));
        };
        let missing = *last + 1..revision;
        let what = if revision <= *last {
            format!("revision {revision} comes after {last}")
        } else {
            *last = revision;
            if missing.is_empty() {
                return None;
            }
            missing_text("revision", missing)
        };
        Some((Kind::Revision, what))
    }
}

type Found = (Kind, String);

fn id(it: &Recorded) -> Option<Found> {
    let derived = event_id(&it.stream, it.revision, it.meta.command);
    (it.id != derived).then(|| {
        let Recorded { id, .. } = it;
        (Kind::Id, format!("the id is {id}; stream, revision and command make {derived}"))
    })
}

fn data(it: &Recorded) -> Option<Found> {
    let why = if it.stream == STREAM {
        let known = it.kind == OPENED && it.revision == 0;
        (!known).then(|| format!("{} does not belong in the stream {STREAM}", it.kind))
    } else {
        match of_stream(&it.stream) {
            None => Some("this build knows no such kind of stream".to_owned()),
            Some(feature) => match (feature.rewrite)(&it.kind, &it.data) {
                Ok(_) => None,
                Err(error) => Some(format!("{} cannot be read: {error}", it.kind)),
            },
        }
    };
    why.map(|it| (Kind::Data, it))
}

fn missing_text(what: &str, missing: std::ops::Range<u64>) -> String {
    let (first, last) = (missing.start, missing.end - 1);
    if first == last {
        format!("{what} {first} is missing before it")
    } else {
        format!("{what}s {first} to {last} are missing before it")
    }
}
