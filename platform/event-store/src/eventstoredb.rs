//! The log in EventStoreDB or KurrentDB: the distributed engine behind the same port. Only here is its client known.
//!
//! Positions are the server's commit positions: they grow, but do not count. The server's own events (`$…`) are read
//! over, never returned. What the client gets wrong, and what is done about it, is said in
//! `docs/decisions/0006-eventstoredb-is-kept-at-arms-length.md`.
mod client;
mod events;
mod lookout;
mod pages;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use eventstore::{
    AppendToStreamOptions, CurrentRevision, Error, EventData, ExpectedRevision, WriteResult,
};
use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

pub use self::client::{ConnectError, prepare};
use self::client::{Connection, Failure};
use self::events::is_system;
use self::pages::{COUNTABLE, Cursor, Pages};
use crate::limits::Checked;
use crate::{
    AppendError, Appended, EventStore, Expected, NewEvent, Position, ReadError, Recorded,
    StreamEvent, limits, wake,
};

/// The log in EventStoreDB. Works again by itself when the server comes back; its task ends when it is dropped.
pub struct EventStoreDb {
    connection: Arc<Connection>,
    pages: Pages,
    news: Arc<watch::Sender<Position>>,
    _lookout: AbortOnDropHandle<()>,
}

impl EventStoreDb {
    /// Makes a store for `esdb://…` or `esdb+discover://…`. The server need not be there yet. Must be called inside a
    /// Tokio runtime.
    pub fn connect(url: &str) -> Result<Self, ConnectError> {
        let connection = Arc::new(Connection::new(url)?);
        let pages = Pages::new(connection.clone());
        let news = Arc::new(watch::Sender::default());
        let lookout = tokio::spawn(lookout::run(pages.clone(), news.clone()));
        Ok(Self { connection, pages, news, _lookout: AbortOnDropHandle::new(lookout) })
    }

    /// The server's version, as three numbers; `None` if it does not say one, as those before 21.10.
    pub async fn version(&self) -> Result<Option<[usize; 3]>, ReadError> {
        let request = |client: eventstore::Client| async move { client.server_info().await };
        let info = self.connection.call(request).await.map_err(pages::unavailable)?;
        let version = [info.version().major(), info.version().minor(), info.version().patch()];
        Ok((version != [0; 3]).then_some(version))
    }
}

#[async_trait]
impl EventStore for EventStoreDb {
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let checked = limits::check(stream, events)?;
        refuse_system_names(stream, &checked)?;
        let appended = self.append_checked(stream, expected, checked).await?;
        wake::announce(&self.news, appended.position);
        Ok(appended)
    }

    async fn read_stream(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        if !is_ours(stream) {
            return Ok(Vec::new());
        }
        self.pages.stream(stream, from, limit).await
    }

    async fn read_stream_backwards(
        &self,
        stream: &str,
        from: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        if !is_ours(stream) {
            return Ok(Vec::new());
        }
        self.pages.stream_backwards(stream, from, limit).await
    }

    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        Ok(self.pages.all(Cursor::after(after), limit).await?.0)
    }

    async fn read_all_backwards(
        &self,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        self.pages.all_backwards(before, limit).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.pages.head().await
    }

    async fn changed(&self, after: Position, within: Duration) {
        wake::beyond(&self.news, after, within).await;
    }
}

impl EventStoreDb {
    async fn append_checked(
        &self,
        stream: &str,
        expected: Expected,
        checked: Checked,
    ) -> Result<Appended, AppendError> {
        let ids: Vec<_> = checked.events.iter().map(|(event, _)| event.id).collect();
        let version = match expected {
            Expected::NoStream => ExpectedRevision::NoStream,
            // The server reads the largest numbers as words: "no stream", "any".
            Expected::Exact(revision) if COUNTABLE <= revision => {
                let actual = self.last_revision(stream).await?;
                return Err(AppendError::Conflict { expected, actual });
            }
            Expected::Exact(revision) => ExpectedRevision::Exact(revision),
        };
        let options = AppendToStreamOptions::default().expected_revision(version);
        let proposed: Vec<_> = checked.events.into_iter().map(proposed).collect();
        let request = |client: eventstore::Client| {
            let (options, proposed) = (options.clone(), proposed.clone());
            async move { client.append_to_stream(stream, &options, proposed).await }
        };
        match self.connection.call(request).await {
            Ok(written) => self.written(stream, written).await,
            Err(Failure::Client(Error::WrongExpectedVersion { current, .. })) => {
                let actual = match current {
                    CurrentRevision::Current(revision) => Some(revision),
                    CurrentRevision::NoStream => None,
                };
                match self.standing(stream, expected, &ids).await? {
                    Some(appended) => Ok(appended),
                    None => Err(AppendError::Conflict { expected, actual }),
                }
            }
            Err(Failure::Client(Error::Grpc { message, .. }))
                if message.contains("Maximum Append Size") =>
            {
                Err(AppendError::Refused(message))
            }
            Err(Failure::Client(Error::ResourceDeleted)) => {
                Err(AppendError::Refused(format!("the stream {stream} was deleted at the server")))
            }
            Err(failure) => Err(match failure.hindrance() {
                Some(hindrance) => AppendError::Hindered { hindrance, source: failure.into() },
                None => AppendError::Unavailable(failure.into()),
            }),
        }
    }

    /// Not every server says where a repeated append stands: what it leaves out is looked up.
    async fn written(&self, stream: &str, written: WriteResult) -> Result<Appended, AppendError> {
        let revision = written.next_expected_version;
        let says = written.position;
        let is_said = says.commit == says.prepare && (1..COUNTABLE).contains(&says.commit);
        let position = if is_said { says.commit } else { self.find(stream, revision).await? };
        Ok(Appended { revision, position })
    }

    /// Says where these very events stand, if they have been appended at this expectation before.
    async fn standing(
        &self,
        stream: &str,
        expected: Expected,
        ids: &[Uuid],
    ) -> Result<Option<Appended>, AppendError> {
        let there = self.pages.stream(stream, expected.next_revision(), ids.len()).await;
        let there = there.map_err(unavailable)?;
        if !there.iter().map(|it| it.id).eq(ids.iter().copied()) {
            return Ok(None);
        }
        let Some(last) = there.last() else {
            return Ok(None);
        };
        let position = self.find(stream, last.revision).await?;
        Ok(Some(Appended { revision: last.revision, position }))
    }

    /// Streams do not say where their events stand in the log, so the log is read from its end.
    async fn find(&self, stream: &str, revision: u64) -> Result<Position, AppendError> {
        const PAGE: usize = 500;
        let mut before = None;
        loop {
            let page = self.pages.all_backwards(before, PAGE).await.map_err(unavailable)?;
            if let Some(it) = page.iter().find(|it| it.stream == stream && it.revision == revision)
            {
                return Ok(it.position);
            }
            let Some(oldest) = page.last() else {
                let lost = format!("{stream} has a revision {revision}, and the log has not");
                return Err(AppendError::Unavailable(lost.into()));
            };
            before = Some(oldest.position);
        }
    }

    async fn last_revision(&self, stream: &str) -> Result<Option<u64>, AppendError> {
        let last = self.pages.stream_backwards(stream, None, 1).await.map_err(unavailable)?;
        Ok(last.first().map(|it| it.revision))
    }
}

fn proposed((event, meta): (NewEvent, Vec<u8>)) -> EventData {
    let proposed =
        as_json(&event).unwrap_or_else(|| EventData::binary(event.kind, Bytes::from(event.data)));
    proposed.id(event.id).metadata(Bytes::from(meta))
}

/// Said to be JSON, which the server's projections and its browser go by, if that leaves the bytes as they are.
fn as_json(event: &NewEvent) -> Option<EventData> {
    let data: &RawValue = serde_json::from_slice(&event.data).ok()?;
    let is_whole = data.get().len() == event.data.len();
    is_whole.then(|| EventData::json(&event.kind, &data).ok()).flatten()
}

/// What the server keeps for itself would be written, and never read back.
fn refuse_system_names(stream: &str, checked: &Checked) -> Result<(), AppendError> {
    let kinds = checked.events.iter().map(|(event, _)| event.kind.as_str());
    match std::iter::once(stream).chain(kinds).find(|it| is_system(it)) {
        Some(name) => Err(AppendError::Refused(format!("EventStoreDB keeps {name:?} for itself"))),
        None => Ok(()),
    }
}

/// A name that this port gives no stream was never written to by it.
fn is_ours(stream: &str) -> bool {
    limits::is_name(stream) && !is_system(stream)
}

fn unavailable(error: ReadError) -> AppendError {
    AppendError::Unavailable(error.into())
}
