//! A store whose appends to some streams go wrong, as long as the test says so.
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use event_store::hostile::Meddler;
use event_store::memory::MemoryStore;
use event_store::{AppendError, Appended, EventStore, Expected, NewEvent};
use tokio::sync::Semaphore;

#[derive(Default)]
pub struct Faulty {
    inner: MemoryStore,
    /// How streams begin whose appends go wrong, and how.
    fault: Mutex<Option<(String, Lost)>>,
    /// The next append to a stream that begins so waits: it has come once there is a permit in the first, and goes on once
    /// there is one in the second.
    stall: Mutex<Option<Stall>>,
    /// So many more appends happen; then none does any more, as if the process had died.
    last_appends: Mutex<Option<usize>>,
}

/// An append that waits.
#[derive(Clone)]
pub struct Stall {
    streams: String,
    come: Arc<Semaphore>,
    go_on: Arc<Semaphore>,
}

impl Stall {
    pub async fn has_come(&self) {
        drop(self.come.acquire().await);
    }

    pub fn go_on(&self) {
        self.go_on.add_permits(1);
    }
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

    pub fn stall(&self, streams: &str) -> Stall {
        let (come, go_on) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let stall = Stall { streams: streams.to_owned(), come, go_on };
        *self.stall.lock().unwrap_or_else(PoisonError::into_inner) = Some(stall.clone());
        stall
    }

    fn stalled(&self, stream: &str) -> Option<Stall> {
        let mut stall = self.stall.lock().unwrap_or_else(PoisonError::into_inner);
        stall.take_if(|it| stream.starts_with(&it.streams))
    }

    pub fn cut_after(&self, appends: usize) {
        *self.last_appends.lock().unwrap_or_else(PoisonError::into_inner) = Some(appends);
    }

    fn is_cut(&self) -> bool {
        let mut left = self.last_appends.lock().unwrap_or_else(PoisonError::into_inner);
        match left.as_mut() {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    pub fn mend(&self) {
        *self.last_appends.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn fault(&self, stream: &str) -> Option<Lost> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.as_ref().filter(|(prefix, _)| stream.starts_with(prefix)).map(|it| it.1)
    }
}

#[async_trait]
impl Meddler for Faulty {
    fn inner(&self) -> &dyn EventStore {
        &self.inner
    }

    async fn appending(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        if let Some(stall) = self.stalled(stream) {
            stall.come.add_permits(1);
            drop(stall.go_on.acquire().await);
        }
        let fault = self.fault(stream);
        if fault == Some(Lost::Request) || self.is_cut() {
            return Err(AppendError::Unavailable("the request is lost".into()));
        }
        let appended = self.inner.append(stream, expected, events).await;
        if fault == Some(Lost::Answer) {
            return Err(AppendError::Unavailable("the answer is lost".into()));
        }
        appended
    }
}

pub fn store() -> Arc<Faulty> {
    Arc::new(Faulty::default())
}
