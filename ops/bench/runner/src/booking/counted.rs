//! The store as it is, counting how often somebody else was faster.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use event_store::hostile::Meddler;
use event_store::{AppendError, Appended, EventStore, Expected, NewEvent, Store};

pub struct Counted {
    pub store: Store,
    pub conflicts: Arc<AtomicU64>,
}

#[async_trait]
impl Meddler for Counted {
    fn inner(&self) -> &dyn EventStore {
        &*self.store
    }

    async fn appending(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let log = &self.store;
        let appended = log.append(stream, expected, events).await;
        if matches!(appended, Err(AppendError::Conflict { .. })) {
            self.conflicts.fetch_add(1, Ordering::Relaxed);
        }
        appended
    }
}
