//! Keeps [`Known`] in step with the log.
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Duration, Instant};

use domain::keys::{Keys, STREAM};
use event_store::execute::ReadFailure;
use event_store::{Executor, Position, ReadError, Store};
use jiff::{SignedDuration, Timestamp};
use runtime::{Clock, Shutdown};

use crate::known::Known;
use crate::tokens::{LEEWAY, PublicKeys};

/// A follower that knows how old its knowledge is, to the moment the log was asked: so it asks the store itself.
pub(crate) struct Feed {
    executor: Executor,
    clock: Clock,
    after: Position,
    known: Arc<RwLock<Known>>,
    /// For how long what has happened matters.
    window: SignedDuration,
    keys_changed: bool,
    swept_at: Instant,
}

/// Enough to come to the end of a busy quarter of an hour in a few reads.
const BATCH: usize = 2_000;

/// How long to wait for news before looking anyway: a lost wake-up costs a second.
const LOOK_ANYWAY: Duration = Duration::from_secs(1);

/// Between attempts while the log cannot be read: short beside the five seconds after which nobody is trusted.
const PAUSE: Duration = Duration::from_millis(250);

/// How often what is too old is forgotten.
const SWEEP: Duration = Duration::from_mins(1);

impl Feed {
    /// Reads everything that matters to a token signed with a life of `life`, the keys first, to the end of the log.
    pub async fn start(
        executor: Executor,
        clock: Clock,
        life: SignedDuration,
    ) -> Result<Self, ReadError> {
        // A token may come from a clock that is ahead, and be taken by one that is behind.
        let window = life.saturating_add(LEEWAY).saturating_add(LEEWAY);
        // The place is taken before the keys are read: what happens to them in between is read again.
        let after = executor.store().position_at(before(clock.now(), window)).await?;
        let keys = executor.load::<Keys>(STREAM).await.map_err(unreadable)?;
        let known = Known::new(PublicKeys::of(&keys.state));
        let mut feed = Self {
            executor,
            clock,
            after,
            known: Arc::new(RwLock::new(known)),
            window,
            keys_changed: false,
            swept_at: Instant::now(),
        };
        while !feed.step().await.map_err(unreadable)? {}
        Ok(feed)
    }

    pub fn known(&self) -> Arc<RwLock<Known>> {
        self.known.clone()
    }

    /// Follows until `shutdown`.
    pub async fn run(mut self, shutdown: Shutdown) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.follow() => {}
        }
    }

    /// While the log cannot be read, what is known grows old, and callers can see that.
    async fn follow(&mut self) {
        let mut failing = false;
        loop {
            match self.step().await {
                Ok(at_end) => {
                    if std::mem::take(&mut failing) {
                        tracing::info!("revocations can be followed again");
                    }
                    if at_end {
                        self.store().changed(self.after, LOOK_ANYWAY).await;
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        let error: &dyn std::error::Error = &error;
                        tracing::error!(error, "revocations cannot be followed");
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Takes in what came next. Says whether that was the end of the log.
    async fn step(&mut self) -> Result<bool, ReadFailure> {
        let asked_at = Instant::now();
        let events = self.store().read_all(self.after, BATCH).await?;
        self.keys_changed |= write(&self.known).apply(&events);
        self.after = events.last().map_or(self.after, |it| it.position);
        if self.keys_changed {
            let keys = self.executor.load::<Keys>(STREAM).await?.state;
            write(&self.known).keys = Arc::new(PublicKeys::of(&keys));
            self.keys_changed = false;
        }
        if SWEEP <= self.swept_at.elapsed() {
            write(&self.known).forget_before(before(self.clock.now(), self.window));
            self.swept_at = Instant::now();
        }
        let at_end = events.len() < BATCH;
        if at_end {
            write(&self.known).current_at(asked_at);
        }
        Ok(at_end)
    }

    fn store(&self) -> &Store {
        self.executor.store()
    }
}

fn write(known: &RwLock<Known>) -> RwLockWriteGuard<'_, Known> {
    known.write().unwrap_or_else(PoisonError::into_inner)
}

fn before(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

fn unreadable(failure: ReadFailure) -> ReadError {
    match failure {
        ReadFailure::Store(error) => error,
        ReadFailure::Codec(source) => ReadError::Corrupt(source),
    }
}
