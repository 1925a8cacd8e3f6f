//! Where events are kept: one port, the adapters behind it, and the one way to append.
//!
//! What the port promises is written as functions in [`contract`], which every adapter runs; what is not tested
//! there is not promised.
#![warn(clippy::unwrap_used)]

pub mod contract;
pub mod copy;
mod dice;
pub mod eventstoredb;
pub mod execute;
mod hindrance;
pub mod hostile;
pub mod limits;
pub mod log;
pub mod memory;
pub mod postgres;
mod run;
mod subscription;
mod tail;
pub mod times;
mod wake;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use execute::{Done, ExecuteError, Executor, Loaded, PermitError, event_id};
pub use hindrance::Hindrance;
pub use log::{LogId, PositionToken, log_id, open_log};
pub use run::{Run, Untaken};
pub use subscription::{Batch, Subscription};
pub use tail::Tail;

/// A log of events, cut into streams, with one order over all of them.
///
/// The order is the commit order: what a follower who has read up to a position has not seen lies after it.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Records all of `events` behind the revision the writer has seen, or none of them.
    ///
    /// Repeated with the same stream, expectation and event ids it returns the first result.
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError>;

    /// Records runs of events in the order given. Where it fails, those before are recorded and none behind: a log that
    /// is written to by this alone has no hole. For a copy, whose target nobody else writes to.
    async fn append_in_order(&self, runs: Vec<Run>) -> Result<Vec<Appended>, Untaken> {
        run::one_by_one(self, runs).await
    }

    /// Returns up to `limit` events of a stream from revision `from` on, oldest first; none if never written.
    async fn read_stream(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError>;

    /// Returns up to `limit` events of a stream up to and with revision `from` (`None`: the last), newest first.
    async fn read_stream_backwards(
        &self,
        stream: &str,
        from: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError>;

    /// Returns up to `limit` events of all streams that follow `after`, in order.
    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, ReadError>;

    /// Returns up to `limit` events of all streams before `before` (`None`: from the end), newest first.
    async fn read_all_backwards(
        &self,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError>;

    /// The last position of all; zero when nothing was ever written.
    async fn head(&self) -> Result<Position, ReadError>;

    /// Waits until something may have been written after `after`, at most for `within`. A hint, never a truth:
    /// whoever is woken reads.
    async fn changed(&self, after: Position, within: Duration);

    /// A position that everything recorded at `time` or later lies behind, by the events' own `at`.
    ///
    /// Not the last of these: it is an event older than `time` by [`times::SLACK`], whose successor is not, or zero.
    /// Where positions do not count it is found by reading backwards.
    async fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        times::walk_back(self, time).await
    }
}

/// The store as everybody holds it.
pub type Store = Arc<dyn EventStore>;

/// A place in the order over all streams. Zero lies before the first event.
pub type Position = u64;

/// What a writer believes about a stream. There is no "any": whoever has not looked may not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    NoStream,
    /// The revision of the stream's last event; revisions count from 0.
    Exact(u64),
}

impl Expected {
    /// Where the first event will stand, if the writer is right.
    pub fn next_revision(self) -> u64 {
        match self {
            Self::NoStream => 0,
            Self::Exact(revision) => revision.saturating_add(1),
        }
    }
}

/// An event on its way into the store.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub id: Uuid,
    /// The stored name, `<singular>.<event>.v<N>`.
    pub kind: String,
    /// JSON, kept byte for byte.
    pub data: Vec<u8>,
    pub meta: Metadata,
}

/// Who, when and why; travels whole with each event. Fields of other writers are kept in `more`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// The command's `now`, by the one clock.
    pub at: Timestamp,
    /// The command that made the event; the same however often it was sent.
    pub command: Uuid,
    /// The request or event that began it all.
    #[serde(rename = "$correlationId")]
    pub correlation: Uuid,
    /// The event this is a reaction to.
    #[serde(rename = "$causationId", default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<Uuid>,
    /// Who asked: `user:<id>`, `system:<role>`, `cli:<name>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// W3C `traceparent` of the append, where its request was traced: what follows from the event goes on with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    #[serde(flatten)]
    pub more: serde_json::Map<String, serde_json::Value>,
}

impl Metadata {
    /// The metadata of a command, which is its own correlation unless told otherwise.
    pub fn new(command: Uuid, at: Timestamp) -> Self {
        Self {
            at,
            command,
            correlation: command,
            causation: None,
            actor: None,
            trace: None,
            more: serde_json::Map::new(),
        }
    }

    /// Of one of a command's appends, where it makes several: each has a name, and an id that is the same however often
    /// the command is sent. Stored with events, so the bytes it is made of stay.
    #[must_use]
    pub fn on(&self, name: &str) -> Self {
        Self { command: Uuid::new_v5(&self.command, name.as_bytes()), ..self.clone() }
    }

    #[must_use]
    pub fn actor(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    #[must_use]
    pub fn correlation(mut self, correlation: Uuid) -> Self {
        self.correlation = correlation;
        self
    }

    #[must_use]
    pub fn causation(mut self, event: Uuid) -> Self {
        self.causation = Some(event);
        self
    }
}

/// An event as its stream knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamEvent {
    pub revision: u64,
    pub id: Uuid,
    pub kind: String,
    pub data: Vec<u8>,
    pub meta: Metadata,
}

/// An event as the whole log knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub position: Position,
    pub stream: String,
    pub revision: u64,
    pub id: Uuid,
    pub kind: String,
    pub data: Vec<u8>,
    pub meta: Metadata,
}

impl From<Recorded> for StreamEvent {
    fn from(it: Recorded) -> Self {
        let Recorded { revision, id, kind, data, meta, .. } = it;
        Self { revision, id, kind, data, meta }
    }
}

/// Where appended events stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Of the last event appended.
    pub revision: u64,
    pub position: Position,
}

/// Why events were not recorded. One variant for each thing a caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else wrote first. Read again and decide again. `actual` is the last revision, if there is one.
    #[error("the stream is at {actual:?}, not at {expected:?}")]
    Conflict { expected: Expected, actual: Option<u64> },
    /// These events can never be stored: says what is wrong with them.
    #[error("the event store does not take this: {0}")]
    Refused(String),
    /// The store says why it cannot, and an operator has to mend it. Nothing was recorded.
    #[error("{hindrance}")]
    Hindered {
        hindrance: Hindrance,
        #[source]
        source: Source,
    },
    /// Whether the events were recorded is not known. Repeating the same append is safe.
    #[error("the event store is unavailable")]
    Unavailable(#[source] Source),
}

impl AppendError {
    /// What this says where an earlier request of the same events got no answer: that one may have been done.
    fn after_a_lost_one(self) -> Self {
        match self {
            Self::Hindered { source, .. } => Self::Unavailable(source),
            known => known,
        }
    }
}

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The store says why it cannot, and an operator has to mend it.
    #[error("{hindrance}")]
    Hindered {
        hindrance: Hindrance,
        #[source]
        source: Source,
    },
    #[error("the event store is unavailable")]
    Unavailable(#[source] Source),
    /// Something lies in the log that this port did not put there.
    #[error("an event of the log cannot be read")]
    Corrupt(#[source] Source),
}

/// Which event cannot be read: the source of [`ReadError::Corrupt`] where all streams were asked for, so that whoever
/// looks for damage can name it and go on behind it.
#[derive(Debug, thiserror::Error)]
#[error("the event at {position}, revision {revision} of {stream}")]
pub struct Unreadable {
    pub position: Position,
    pub stream: String,
    pub revision: u64,
    #[source]
    pub source: Source,
}

impl ReadError {
    /// The event that is the reason, where that is known.
    pub fn unreadable(&self) -> Option<&Unreadable> {
        match self {
            Self::Corrupt(source) => source.downcast_ref(),
            Self::Hindered { .. } | Self::Unavailable(_) => None,
        }
    }
}

pub type Source = Box<dyn std::error::Error + Send + Sync>;
