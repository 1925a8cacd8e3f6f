//! A store whose appends to some streams go wrong, as long as the test says so.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use event_store::memory::MemoryStore;
use event_store::{
    AppendError, Appended, EventStore, Expected, NewEvent, Position, ReadError, Recorded,
    StreamEvent,
};

#[derive(Default)]
pub struct Faulty {
    inner: MemoryStore,
    /// How streams begin whose appends go wrong, and how.
    fault: Mutex<Option<(String, Lost)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// It never arrives.
    Request,
    /// It happens, and nobody is told.
    Answer,
}

impl Faulty {
    pub fn lose(&self, what: Lost, streams: &str) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((streams.to_owned(), what));
    }

    pub fn mend(&self) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn fault(&self, stream: &str) -> Option<Lost> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.as_ref().filter(|(prefix, _)| stream.starts_with(prefix)).map(|it| it.1)
    }
}

#[async_trait]
impl EventStore for Faulty {
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let fault = self.fault(stream);
        if fault == Some(Lost::Request) {
            return Err(AppendError::Unavailable("the request is lost".into()));
        }
        let appended = self.inner.append(stream, expected, events).await;
        if fault == Some(Lost::Answer) {
            return Err(AppendError::Unavailable("the answer is lost".into()));
        }
        appended
    }

    async fn read_stream(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        self.inner.read_stream(stream, from, limit).await
    }

    async fn read_stream_backwards(
        &self,
        stream: &str,
        from: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        self.inner.read_stream_backwards(stream, from, limit).await
    }

    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        self.inner.read_all(after, limit).await
    }

    async fn read_all_backwards(
        &self,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        self.inner.read_all_backwards(before, limit).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.inner.head().await
    }

    async fn changed(&self, after: Position, within: Duration) {
        self.inner.changed(after, within).await;
    }
}

pub fn store() -> Arc<Faulty> {
    Arc::new(Faulty::default())
}
