//! Which log this is. Positions of one log mean nothing in another.
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    AppendError, Expected, Hindrance, Metadata, NewEvent, Position, ReadError, Store, event_id,
};

/// The stream whose only event says which log this is.
pub const STREAM: &str = "log";

/// The name of that event.
pub const OPENED: &str = "log.opened.v1";

/// What that event holds.
#[derive(Serialize, Deserialize)]
struct Opened {
    id: LogId,
}

/// The id of a log: the first event of stream `log`, written once when the log is first opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogId(pub Uuid);

/// Returns the id of the log; a log that has none yet is given `candidate`.
///
/// Of several processes that open a new log together one gives it its id, and all of them return that one.
pub async fn open_log(store: &Store, candidate: Uuid, at: Timestamp) -> Result<LogId, OpenError> {
    if let Some(id) = log_id(store).await? {
        return Ok(id);
    }
    let id = LogId(candidate);
    let data = serde_json::to_vec(&Opened { id }).map_err(corrupt)?;
    let meta = Metadata::new(candidate, at).actor("system:log");
    let opened =
        NewEvent { id: event_id(STREAM, 0, candidate), kind: OPENED.to_owned(), data, meta };
    match store.append(STREAM, Expected::NoStream, vec![opened]).await {
        Ok(_) => Ok(id),
        Err(AppendError::Conflict { .. }) => log_id(store)
            .await?
            .ok_or_else(|| corrupt("the stream `log` was there, and then it was not")),
        Err(error) => Err(error.into()),
    }
}

/// The id of the log; `None` if nobody has opened it yet.
pub async fn log_id(store: &Store) -> Result<Option<LogId>, OpenError> {
    let events = store.read_stream(STREAM, 0, 1).await?;
    let Some(first) = events.first() else {
        return Ok(None);
    };
    if first.kind != OPENED {
        return Err(corrupt(format!("the stream `log` begins with {}", first.kind)));
    }
    let Opened { id } = serde_json::from_slice(&first.data).map_err(corrupt)?;
    Ok(Some(id))
}

fn corrupt(source: impl Into<crate::Source>) -> OpenError {
    OpenError::Read(ReadError::Corrupt(source.into()))
}

/// Why the log has no id that we know of.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl OpenError {
    /// What an operator has to mend, if the store said so.
    pub fn hindrance(&self) -> Option<Hindrance> {
        match self {
            Self::Read(ReadError::Hindered { hindrance, .. })
            | Self::Append(AppendError::Hindered { hindrance, .. }) => Some(*hindrance),
            Self::Read(_) | Self::Append(_) => None,
        }
    }
}

/// A position as clients see it: `<log id>-<number>`. Opaque to them, and refused by another log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionToken {
    pub log: LogId,
    pub position: Position,
}

impl fmt::Display for PositionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.log.0.simple(), self.position)
    }
}

/// The text is not a position token.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a position is a token from a Courtside-Position header")]
pub struct NotAToken;

impl FromStr for PositionToken {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let (log, position) = text.split_once('-').ok_or(NotAToken)?;
        Ok(Self {
            log: LogId(Uuid::try_parse(log).map_err(|_| NotAToken)?),
            position: position.parse().map_err(|_| NotAToken)?,
        })
    }
}
