//! A store for tests and simulation. It forgets everything when it goes.
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::limits::{self, Checked};
use crate::{
    AppendError, Appended, EventStore, Expected, NewEvent, Position, ReadError, Recorded,
    StreamEvent, times, wake,
};

#[derive(Default)]
pub struct MemoryStore {
    log: Mutex<Log>,
    news: watch::Sender<Position>,
}

#[derive(Default)]
struct Log {
    /// In order: the event at position `p` is at index `p - 1`.
    all: Vec<Recorded>,
    /// For each stream the indices of its events: the event at revision `r` is the `r`-th.
    streams: HashMap<String, Vec<usize>>,
}

impl MemoryStore {
    /// A panic in another test's thread must not hide that test's message behind a poisoned lock.
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let checked = limits::check(stream, events)?;
        let appended = self.log().append(stream, expected, checked)?;
        wake::announce(&self.news, appended.position);
        Ok(appended)
    }

    async fn read_stream(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        let log = self.log();
        Ok(log
            .stream(stream)
            .skip(index(from))
            .take(limit)
            .cloned()
            .map(StreamEvent::from)
            .collect())
    }

    async fn read_stream_backwards(
        &self,
        stream: &str,
        from: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        let log = self.log();
        let until = from.map_or(usize::MAX, |it| index(it).saturating_add(1));
        let length = log.stream(stream).len();
        let newest_first = log.stream(stream).rev().skip(length.saturating_sub(until));
        Ok(newest_first.take(limit).cloned().map(StreamEvent::from).collect())
    }

    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        Ok(self.log().all.iter().skip(index(after)).take(limit).cloned().collect())
    }

    async fn read_all_backwards(
        &self,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        let log = self.log();
        let until = before.map_or(usize::MAX, |it| index(it).saturating_sub(1));
        Ok(log.all.iter().take(until).rev().take(limit).cloned().collect())
    }

    async fn head(&self) -> Result<Position, ReadError> {
        Ok(self.log().head())
    }

    async fn changed(&self, after: Position, within: Duration) {
        wake::beyond(&self.news, after, within).await;
    }

    async fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        times::bisect(self, time).await
    }
}

impl Log {
    fn stream(
        &self,
        stream: &str,
    ) -> impl DoubleEndedIterator<Item = &Recorded> + ExactSizeIterator {
        self.streams
            .get(stream)
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .map(|it| &self.all[*it])
    }

    fn head(&self) -> Position {
        self.all.len() as Position
    }

    fn append(
        &mut self,
        stream: &str,
        expected: Expected,
        checked: Checked,
    ) -> Result<Appended, AppendError> {
        let length = self.stream(stream).len() as u64;
        if length != expected.next_revision() {
            let actual = length.checked_sub(1);
            return self
                .standing(stream, expected, &checked)
                .ok_or(AppendError::Conflict { expected, actual });
        }
        let indices = self.streams.entry(stream.to_owned()).or_default();
        for (event, _) in checked.events {
            indices.push(self.all.len());
            self.all.push(Recorded {
                position: self.all.len() as Position + 1,
                stream: stream.to_owned(),
                revision: indices.len() as u64 - 1,
                id: event.id,
                kind: event.kind,
                data: event.data,
                meta: event.meta,
            });
        }
        Ok(Appended { revision: indices.len() as u64 - 1, position: self.head() })
    }

    /// Says where these very events stand, if they have been appended at this expectation before.
    fn standing(&self, stream: &str, expected: Expected, checked: &Checked) -> Option<Appended> {
        let count = checked.events.len();
        let there: Vec<_> =
            self.stream(stream).skip(index(expected.next_revision())).take(count).collect();
        let same = there.len() == count
            && there.iter().zip(&checked.events).all(|(stands, (event, _))| stands.id == event.id);
        let last = there.last().filter(|_| same)?;
        Some(Appended { revision: last.revision, position: last.position })
    }
}

/// What memory cannot hold lies behind everything it holds.
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
