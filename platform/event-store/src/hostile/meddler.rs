use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    AppendError, Appended, EventStore, Expected, NewEvent, Position, ReadError, Recorded,
    StreamEvent,
};

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Stream,
    All,
    Head,
    PositionAt,
}

/// Stands before a store and meddles: it is an [`EventStore`], and whatever it does not meddle with is the other's.
#[async_trait]
pub trait Meddler: Send + Sync {
    fn inner(&self) -> &dyn EventStore;

    /// Comes before each read; its error is told instead.
    async fn reading(&self, _: Reading) -> Result<(), ReadError> {
        Ok(())
    }

    /// Comes after each read, before its answer is given.
    async fn has_read(&self, _: Reading) {}

    /// Stands for each append.
    async fn appending(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        self.inner().append(stream, expected, events).await
    }
}

#[async_trait]
impl<M: Meddler> EventStore for M {
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        self.appending(stream, expected, events).await
    }

    async fn read_stream(
        &self,
        stream: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        self.reading(Reading::Stream).await?;
        let read = self.inner().read_stream(stream, from, limit).await;
        self.has_read(Reading::Stream).await;
        read
    }

    async fn read_stream_backwards(
        &self,
        stream: &str,
        from: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        self.reading(Reading::Stream).await?;
        let read = self.inner().read_stream_backwards(stream, from, limit).await;
        self.has_read(Reading::Stream).await;
        read
    }

    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        self.reading(Reading::All).await?;
        let read = self.inner().read_all(after, limit).await;
        self.has_read(Reading::All).await;
        read
    }

    async fn read_all_backwards(
        &self,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        self.reading(Reading::All).await?;
        let read = self.inner().read_all_backwards(before, limit).await;
        self.has_read(Reading::All).await;
        read
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.reading(Reading::Head).await?;
        let read = self.inner().head().await;
        self.has_read(Reading::Head).await;
        read
    }

    async fn changed(&self, after: Position, within: Duration) {
        self.inner().changed(after, within).await;
    }

    async fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        self.reading(Reading::PositionAt).await?;
        let read = self.inner().position_at(time).await;
        self.has_read(Reading::PositionAt).await;
        read
    }
}
