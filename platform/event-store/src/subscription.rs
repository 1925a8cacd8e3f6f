//! Following the log: pull the next batch, wait when there is none, never give up.
use std::time::Duration;

use crate::{Position, ReadError, Recorded, Store};

/// A follower's place in the log.
///
/// It pulls, so a slow follower holds one batch in memory and no more. It is told of news by
/// [`crate::EventStore::changed`] and looks by itself now and then, so a lost wake-up costs a second, not an event.
pub struct Subscription {
    store: Store,
    after: Position,
    limit: usize,
}

/// What came next.
#[derive(Debug)]
pub struct Batch {
    pub events: Vec<Recorded>,
    /// Nothing more was there when this was read.
    pub caught_up: bool,
}

/// How long a follower sleeps without a wake-up before it looks by itself.
const PATIENCE: Duration = Duration::from_secs(1);

impl Subscription {
    /// Follows from the first event after `after`, at most `limit` events at a time.
    pub fn new(store: Store, after: Position, limit: usize) -> Self {
        Self { store, after, limit }
    }

    pub fn position(&self) -> Position {
        self.after
    }

    /// Goes to another place: after a lost race, or to read a batch again.
    pub fn seek(&mut self, after: Position) {
        self.after = after;
    }

    /// Returns the next events, waiting at most about a second for some; an empty batch means there were none.
    pub async fn next(&mut self) -> Result<Batch, ReadError> {
        let mut events = self.store.read_all(self.after, self.limit).await?;
        if events.is_empty() {
            self.store.changed(self.after, PATIENCE).await;
            events = self.store.read_all(self.after, self.limit).await?;
        }
        if let Some(last) = events.last() {
            self.after = last.position;
        }
        let caught_up = events.len() < self.limit;
        Ok(Batch { events, caught_up })
    }
}
