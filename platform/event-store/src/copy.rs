//! Moving a log to another store, in order.
//!
//! **Invariant:** what stands at the target is the source from its beginning, without a hole: appends go in order, and
//! none is recorded before those in front of it ([`crate::EventStore::append_in_order`]). So the target itself says how
//! far a copy has come, whoever was killed and whenever: it is read beside the source, event by event, and where it ends
//! the copy goes on. Nothing else is kept, and nothing that differs is built upon.
//!
//! The stream `log` says which log this is: each side has its own, and it is no part of the copy.
mod reader;
mod tally;

use uuid::Uuid;

use self::reader::Reader;
use self::tally::Tally;
use crate::limits::{MAX_APPEND_BYTES, MAX_EVENTS};
use crate::log::OpenError;
use crate::{
    AppendError, Expected, LogId, NewEvent, Position, ReadError, Recorded, Run, Source, Store,
    Untaken, log_id, open_log,
};

/// The most events and bytes that are under way together: where a store takes them in one transaction, the flush is
/// shared by so many that it does not count, and a kill costs no more than a moment.
const TOGETHER: usize = 1_000;
const BYTES_TOGETHER: usize = 4 * MAX_APPEND_BYTES;

/// A copy on its way.
pub struct Copy<'a> {
    pub source: &'a Store,
    pub target: &'a Store,
    /// Nothing of the source behind this is copied; all of it if there is none.
    pub until: Option<Position>,
    /// Told how far each stage has come, of how far it goes.
    pub progress: &'a (dyn Fn(Stage, Position, Position) + Sync),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// What the target has already is compared.
    Comparing,
    Copying,
    /// What was copied is read again.
    Verifying,
}

/// What a copy came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The id of the log at the target.
    pub log: LogId,
    /// Events that were there already, and those that this copy brought.
    pub found: u64,
    pub copied: u64,
    pub streams: usize,
    /// SHA-256 over all streams: of each its count, its last revision and what its events hold.
    pub fingerprint: String,
    /// As far as the source was read.
    pub position: Position,
    /// The source has not grown since the copy began.
    pub stood_still: bool,
}

/// Why there is no copy, or none yet. After each of these the same copy can be begun again.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("both are the same log, {}", .0.0)]
    Same(LogId),
    #[error(
        "the target is no copy of this source: its event at {position}, revision {revision} of {stream}, {why}"
    )]
    NoCopy { position: Position, stream: String, revision: u64, why: &'static str },
    /// Somebody writes to the target, or the source has a hole.
    #[error("revision {revision} of {stream} does not fit at the target, whose stream ends {}", end(*.actual))]
    Misfit { stream: String, revision: u64, actual: Option<u64> },
    #[error("the target does not take revision {revision} of {stream}: {why}")]
    Refused { stream: String, revision: u64, why: String },
    #[error("what was copied is not there: {0}")]
    Lost(String),
    #[error("the source cannot be read")]
    Source(#[source] ReadError),
    #[error("the target cannot be read")]
    Target(#[source] ReadError),
    #[error("the target cannot be written to")]
    Unwritten(#[source] Source),
}

fn end(actual: Option<u64>) -> String {
    actual.map_or_else(|| "before its beginning".to_owned(), |it| format!("at revision {it}"))
}

impl Copy<'_> {
    /// Copies what the source holds now and the target does not, then reads it again. A target without an id is
    /// given `candidate`.
    pub async fn run(&self, candidate: Uuid, at: jiff::Timestamp) -> Result<Copied, CopyError> {
        let head = self.source.head().await.map_err(CopyError::Source)?;
        let until = self.until.map_or(head, |it| it.min(head));
        self.are_two().await?;
        let mut source = Reader::new(self.source, until, CopyError::Source);
        let end = self.target.head().await.map_err(CopyError::Target)?;
        let mut target = Reader::new(self.target, end, CopyError::Target);
        let mut tallies = Tallies::default();
        let found = self.compare(Stage::Comparing, &mut source, &mut target, &mut tallies).await?;

        let log = open_log(self.target, candidate, at).await.map_err(unopened)?;
        let begun = source.position();
        let copied = self.copy(&mut source, begun).await?;

        let mut source = Reader::after(self.source, begun, until, CopyError::Source);
        let end = self.target.head().await.map_err(CopyError::Target)?;
        let mut target = Reader::after(self.target, target.position(), end, CopyError::Target);
        let read = self.compare(Stage::Verifying, &mut source, &mut target, &mut tallies).await?;
        if read != copied {
            return Err(CopyError::Lost(format!("{copied} events went, {read} came")));
        }
        if let Some(stream) = tallies.source.difference(&tallies.target) {
            return Err(CopyError::Lost(format!("{stream} is not the same on both sides")));
        }
        let head = self.source.head().await.map_err(CopyError::Source)?;
        Ok(Copied {
            log,
            found,
            copied,
            streams: tallies.target.streams(),
            fingerprint: tallies.target.fingerprint(),
            position: until,
            stood_still: head == until,
        })
    }

    /// A log is no copy of itself, nor of what it was restored from: either would be found to be complete.
    async fn are_two(&self) -> Result<(), CopyError> {
        let id = |error| match error {
            OpenError::Read(error) => error,
            OpenError::Append(error) => ReadError::Unavailable(error.into()),
        };
        let source = log_id(self.source).await.map_err(id).map_err(CopyError::Source)?;
        let target = log_id(self.target).await.map_err(id).map_err(CopyError::Target)?;
        match source {
            Some(it) if source == target => Err(CopyError::Same(it)),
            _ => Ok(()),
        }
    }

    /// Reads both sides as far as the target goes, and insists that each event is the other's.
    async fn compare(
        &self,
        stage: Stage,
        source: &mut Reader<'_>,
        target: &mut Reader<'_>,
        tallies: &mut Tallies,
    ) -> Result<u64, CopyError> {
        let mut count = 0;
        while let Some(copy) = target.next().await? {
            let original = source.next().await?;
            if let Some(why) = unlike(original.as_ref(), &copy) {
                let Recorded { position, stream, revision, .. } = copy;
                return Err(CopyError::NoCopy { position, stream, revision, why });
            }
            tallies.source.add(original.as_ref().unwrap_or(&copy));
            tallies.target.add(&copy);
            count += 1;
            (self.progress)(stage, copy.position, target.until());
        }
        Ok(count)
    }

    /// Appends run after run, each at exactly the revisions it has at the source.
    async fn copy(&self, source: &mut Reader<'_>, begun: Position) -> Result<u64, CopyError> {
        let mut copied = 0;
        let mut runs = next_runs(source).await?;
        while !runs.is_empty() {
            let reached = source.position();
            copied += runs.iter().map(|it| it.events.len() as u64).sum::<u64>();
            // The next are read while these are written.
            let (appended, next) = futures::join!(self.append(runs), next_runs(source));
            appended?;
            (self.progress)(Stage::Copying, reached - begun, source.until() - begun);
            runs = next?;
        }
        Ok(copied)
    }

    async fn append(&self, runs: Vec<Run>) -> Result<(), CopyError> {
        let place = |it: &Run| {
            let first = it.expected.next_revision();
            (it.stream.clone(), first, first + it.events.len() as u64 - 1)
        };
        let mut places: Vec<_> = runs.iter().map(place).collect();
        let Untaken { at, error } = match self.target.append_in_order(runs).await {
            Ok(appended) => {
                let mut both = places.into_iter().zip(appended);
                return match both.find(|((_, _, last), it)| it.revision != *last) {
                    Some(((stream, _, last), it)) => Err(CopyError::Lost(format!(
                        "{stream} went up to revision {last}, and stands at {}",
                        it.revision
                    ))),
                    None => Ok(()),
                };
            }
            Err(untaken) => untaken,
        };
        let (stream, revision, _) = places.swap_remove(at);
        Err(match error {
            AppendError::Conflict { actual, .. } => CopyError::Misfit { stream, revision, actual },
            AppendError::Refused(why) => CopyError::Refused { stream, revision, why },
            AppendError::Hindered { .. } | AppendError::Unavailable(_) => {
                CopyError::Unwritten(error.into())
            }
        })
    }
}

#[derive(Default)]
struct Tallies {
    source: Tally,
    target: Tally,
}

async fn next_runs(source: &mut Reader<'_>) -> Result<Vec<Run>, CopyError> {
    let (mut runs, mut events, mut bytes) = (Vec::new(), 0, 0);
    while events < TOGETHER && bytes < BYTES_TOGETHER {
        let Some((run, size)) = next_run(source).await? else { break };
        events += run.events.len();
        bytes += size;
        runs.push(run);
    }
    Ok(runs)
}

/// The next run, and its bytes.
async fn next_run(source: &mut Reader<'_>) -> Result<Option<(Run, usize)>, CopyError> {
    let Some(Recorded { stream, revision, id, kind, data, meta, .. }) = source.next().await? else {
        return Ok(None);
    };
    let mut events = vec![NewEvent { id, kind, data, meta }];
    let mut bytes = size(&events[0]);
    while events.len() < MAX_EVENTS {
        let Some(next) = source.peek().await? else { break };
        let goes_on = next.stream == stream && next.revision == revision + events.len() as u64;
        if !goes_on {
            break;
        }
        let event = NewEvent::from(next.clone());
        let more = size(&event);
        if MAX_APPEND_BYTES < bytes + more {
            break;
        }
        bytes += more;
        source.next().await?;
        events.push(event);
    }
    let expected = revision.checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
    Ok(Some((Run { stream, expected, events }, bytes)))
}

/// As the store counts it; metadata that cannot be written is refused there.
fn size(event: &NewEvent) -> usize {
    event.data.len() + serde_json::to_vec(&event.meta).map_or(0, |it| it.len())
}

/// In what a copy is unlike its original, if it is.
fn unlike(original: Option<&Recorded>, copy: &Recorded) -> Option<&'static str> {
    let Some(original) = original else {
        return Some("stands where the source has ended");
    };
    if (&original.stream, original.revision) != (&copy.stream, copy.revision) {
        Some("stands where the source has another")
    } else if original.id != copy.id {
        Some("has another id")
    } else if original.kind != copy.kind {
        Some("has another name")
    } else if original.data != copy.data {
        Some("has other data")
    } else if original.meta != copy.meta {
        Some("has other metadata")
    } else {
        None
    }
}

fn unopened(error: OpenError) -> CopyError {
    match error {
        OpenError::Read(error) => CopyError::Target(error),
        OpenError::Append(error) => CopyError::Unwritten(error.into()),
    }
}

impl From<Recorded> for NewEvent {
    fn from(it: Recorded) -> Self {
        let Recorded { id, kind, data, meta, .. } = it;
        Self { id, kind, data, meta }
    }
}
