//! The store as it is, counting how often somebody else was faster.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use event_store::{
    AppendError, Appended, EventStore, Expected, NewEvent, Position, ReadError, Recorded, Store,
    StreamEvent,
};
use jiff::Timestamp;

pub struct Counted {
    pub store: Store,
    pub conflicts: Arc<AtomicU64>,
}

#[async_trait]
impl EventStore for Counted {
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let Self { store: log, conflicts } = self;
        let appended = log.append(stream, expected, events).await;
        if matches!(appended, Err(AppendError::Conflict { .. })) {
            conflicts.fetch_add(1, Ordering::Relaxed);
        }
        appended
    }

    async fn read_stream(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        self.store.read_stream(stream, from, limit).await
    }

    async fn read_stream_backwards(
        &self,
        stream: &str,
        from: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        self.store.read_stream_backwards(stream, from, limit).await
    }

    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        self.store.read_all(after, limit).await
    }

    async fn read_all_backwards(
        &self,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        self.store.read_all_backwards(before, limit).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    async fn changed(&self, after: Position, within: Duration) {
        self.store.changed(after, within).await;
    }

    async fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        self.store.position_at(time).await
    }
}
