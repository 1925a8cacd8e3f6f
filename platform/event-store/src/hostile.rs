//! A bad network before a good store, for simulations: every fault comes from one seed, so a failing world replays.
mod meddler;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use futures::future::BoxFuture;

pub use crate::dice::Dice;
use crate::{AppendError, Appended, EventStore, Expected, NewEvent, ReadError, Source, Store};
pub use meddler::{Meddler, Reading};

/// A store that refuses reads, loses requests, loses answers, delivers requests late and twice, and lets rivals in.
///
/// Whatever it does, it is a lawful [`EventStore`]: what it says happened did, and what failed with
/// [`AppendError::Unavailable`] may have happened, may happen later, or never.
pub struct Hostile {
    inner: Store,
    dice: Mutex<Dice>,
    /// Requests that were given up for lost, or answered, and will arrive yet.
    late: Mutex<Vec<Request>>,
    rival: Option<Rival>,
    /// Before one in so many appends a rival is faster.
    rivals: u64,
    calm: AtomicBool,
}

/// What somebody else does to a stream in the moment before an append. Given the good store, the stream, and a
/// number to choose by.
pub type Rival = Box<dyn Fn(Store, String, u64) -> BoxFuture<'static, ()> + Send + Sync>;

struct Request {
    stream: String,
    expected: Expected,
    events: Vec<NewEvent>,
}

/// One in so many goes wrong.
const REFUSED_READS: u64 = 20;
const LOST_REQUESTS: u64 = 12;
const LATE_REQUESTS: u64 = 12;
const LOST_ANSWERS: u64 = 8;
/// Arrives, is answered, and arrives again.
const TWICE: u64 = 12;
/// A late request arrives before one in so many of the calls that follow.
const ARRIVALS: u64 = 3;
/// Before one in so many appends a rival is faster.
const RIVALS: u64 = 3;

impl Hostile {
    pub fn new(inner: Store, seed: u64) -> Self {
        let dice = Mutex::new(Dice::new(seed));
        let calm = AtomicBool::new(false);
        Self { inner, dice, late: Mutex::default(), rival: None, rivals: RIVALS, calm }
    }

    /// Lets `rival` in before appends.
    #[must_use]
    pub fn rival<F>(
        mut self,
        rival: impl Fn(Store, String, u64) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.rival =
            Some(Box::new(move |store, stream, roll| Box::pin(rival(store, stream, roll))));
        self
    }

    /// Lets the rival in before each append, and does no other mischief: nobody else ever wins.
    #[must_use]
    pub fn overrun(mut self) -> Self {
        self.rivals = 1;
        self.calm = AtomicBool::new(true);
        self
    }

    /// The good store: what really happened.
    pub fn inner(&self) -> &Store {
        &self.inner
    }

    /// Draws a number below `n` from this world's dice.
    pub fn roll(&self, n: u64) -> u64 {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).below(n)
    }

    /// Stops all mischief, once everything that was late has arrived.
    pub async fn calm(&self) {
        self.calm.store(true, Ordering::Relaxed);
        while self.arrive().await {}
    }

    fn happens(&self, one_in: u64) -> bool {
        !self.calm.load(Ordering::Relaxed) && self.roll(one_in) == 0
    }

    fn comes_later(&self, request: Request) {
        self.late.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    }

    /// Delivers one late request; says whether there was any.
    async fn arrive(&self) -> bool {
        let request = self.late.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(Request { stream, expected, events }) = request else {
            return false;
        };
        // Nobody waits for the answer any more.
        let _ = self.inner.append(&stream, expected, events).await;
        true
    }
}

#[async_trait]
impl Meddler for Hostile {
    fn inner(&self) -> &dyn EventStore {
        &*self.inner
    }

    async fn reading(&self, _: Reading) -> Result<(), ReadError> {
        if self.happens(ARRIVALS) {
            self.arrive().await;
        }
        if self.happens(REFUSED_READS) {
            return Err(ReadError::Unavailable(fault("read refused")));
        }
        Ok(())
    }

    async fn appending(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        if self.happens(ARRIVALS) {
            self.arrive().await;
        }
        if let Some(rival) = &self.rival
            && (self.rivals == 1 || self.happens(self.rivals))
        {
            rival(self.inner.clone(), stream.to_owned(), self.roll(u64::MAX)).await;
        }
        if self.happens(LOST_REQUESTS) {
            return Err(AppendError::Unavailable(fault("request lost")));
        }
        if self.happens(LATE_REQUESTS) {
            self.comes_later(Request { stream: stream.to_owned(), expected, events });
            return Err(AppendError::Unavailable(fault("request late")));
        }
        if self.happens(TWICE) {
            let events = events.clone();
            self.comes_later(Request { stream: stream.to_owned(), expected, events });
        }
        let outcome = self.inner.append(stream, expected, events).await;
        if self.happens(LOST_ANSWERS) {
            return Err(AppendError::Unavailable(fault("answer lost")));
        }
        outcome
    }
}

fn fault(what: &'static str) -> Source {
    what.into()
}
