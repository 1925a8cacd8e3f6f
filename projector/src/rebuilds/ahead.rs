//! The log, read a chunk ahead: what is applied need not wait for what is read.
use event_store::{Position, ReadError, Recorded, Store};
use tokio_util::task::AbortOnDropHandle;

/// Chunks, in order, from a position to what is the end of the log by then.
pub(super) struct Ahead {
    store: Store,
    chunk: usize,
    next: Option<AbortOnDropHandle<Result<Vec<Recorded>, ReadError>>>,
}

impl Ahead {
    pub fn new(store: Store, after: Position, chunk: usize) -> Self {
        let mut ahead = Self { store, chunk, next: None };
        ahead.begin(after);
        ahead
    }

    /// The next chunk. Only the last one is not full.
    pub async fn next(&mut self) -> Result<Vec<Recorded>, ReadError> {
        let Some(next) = self.next.take() else { return Ok(vec![]) };
        let events = next.await.unwrap_or_else(|it| std::panic::resume_unwind(it.into_panic()))?;
        if let (true, Some(last)) = (events.len() == self.chunk, events.last()) {
            self.begin(last.position);
        }
        Ok(events)
    }

    fn begin(&mut self, after: Position) {
        let (store, chunk) = (Store::clone(&self.store), self.chunk);
        let reading = async move { store.read_all(after, chunk).await };
        self.next = Some(AbortOnDropHandle::new(tokio::spawn(reading)));
    }
}
