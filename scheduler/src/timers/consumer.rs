//! Transport → command: takes timers a little early, keeps each until its time by the one clock, and sends its command.
//!
//! **Invariant:** a message is settled only after the stream that decides has answered. The store being away is not the
//! message's fault: it is kept.
use std::sync::Arc;
use std::time::Duration;

use domain::bookings::ExpiryCause;
use jiff::{SignedDuration, Timestamp};
use runtime::backoff::Backoff;
use runtime::{Clock, Shutdown};
use sqlx::PgPool;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use traces::Step;

use super::Timer;
use super::commands::{Answer, Commands};
use super::metrics::TimerMetrics;
use super::rows;
use super::transport::{DelayTransport, Delivery};

/// Waits for timers and ends what is over.
pub struct Consumer {
    db: PgPool,
    transport: Arc<dyn DelayTransport>,
    commands: Arc<Commands>,
    clock: Clock,
    metrics: TimerMetrics,
    shutdown: Shutdown,
    at_once: Semaphore,
}

/// A message with so much time left is not kept: it goes back to the table, which has room for any number.
const TOO_EARLY: SignedDuration = SignedDuration::from_secs(2);
/// The longest sleep before the clock is asked again; it may be corrected meanwhile.
const NAP: Duration = Duration::from_millis(250);
/// Commands under way. A burst due at once travels to the store in few batches, and leaves room for people.
const AT_ONCE: usize = 64;
/// The longest wait between two attempts while the store is away.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What became of the waiting.
enum Waited {
    Due,
    TooEarly,
    /// The process ends. The message stays unsettled and goes to another.
    Interrupted,
}

impl Consumer {
    pub fn new(
        db: PgPool,
        transport: Arc<dyn DelayTransport>,
        commands: Arc<Commands>,
        clock: Clock,
        metrics: TimerMetrics,
        shutdown: Shutdown,
    ) -> Self {
        let at_once = Semaphore::new(AT_ONCE);
        Self { db, transport, commands, clock, metrics, shutdown, at_once }
    }

    /// Consumes until shutdown; commands under way are finished first.
    pub async fn run(self: Arc<Self>) {
        let mut deliveries = JoinSet::new();
        loop {
            tokio::select! {
                () = self.shutdown.cancelled() => break,
                delivery = self.transport.next() => {
                    deliveries.spawn(Arc::clone(&self).take(delivery));
                }
                Some(ended) = deliveries.join_next() => note(ended),
            }
        }
        while let Some(ended) = deliveries.join_next().await {
            note(ended);
        }
    }

    async fn take(self: Arc<Self>, delivery: Delivery) {
        let timer: Timer = match serde_json::from_slice(&delivery.payload) {
            Ok(timer) => timer,
            Err(error) => {
                self.metrics.poisoned.inc();
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a message that is no timer goes to the dead letters"
                );
                return delivery.settle.reject().await;
            }
        };
        match self.wait_until(timer.due_at, Some(TOO_EARLY)).await {
            Waited::Due => {}
            Waited::Interrupted => return,
            Waited::TooEarly => match rows::mark_unpublished(&self.db, &[timer.timer_id]).await {
                Ok(()) => return delivery.settle.ack().await,
                // The message is all there is, then: it is kept, for as long as it takes.
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, timer = %timer.timer_id, "an early timer cannot go back to the table");
                    if matches!(self.wait_until(timer.due_at, None).await, Waited::Interrupted) {
                        return;
                    }
                }
            },
        }
        let step = Step::after(delivery.trace.as_deref(), "end timer", traces::Kind::Consumer);
        step.say("timer.kind", timer.kind.name());
        if step.of(self.end(&timer)).await {
            delivery.settle.ack().await;
        }
    }

    /// Asks until there is an answer; `false` when the process ends before that.
    async fn end(&self, timer: &Timer) -> bool {
        let mut backoff = Backoff::up_to(LONGEST_WAIT);
        loop {
            let answer = {
                let Ok(_turn) = self.at_once.acquire().await else { return false };
                if self.shutdown.is_cancelled() {
                    return false;
                }
                self.commands.send(timer, ExpiryCause::Timer, self.transport.name()).await
            };
            let waited = match answer {
                Ok(Answer::Ended | Answer::AlreadyOver) => return true,
                Ok(Answer::NotDue { until }) => self.wait_until(until, None).await,
                // Waits in the table: nobody knows for how long, and a broker gives no consumer for ever.
                Ok(Answer::Paused) => {
                    match rows::mark_unpublished(&self.db, &[timer.timer_id]).await {
                        Ok(()) => return true,
                        Err(_) => self.sleep(backoff.wait()).await,
                    }
                }
                // Told once by `Commands`, for all timers.
                Err(_) => self.sleep(backoff.wait()).await,
            };
            if matches!(waited, Waited::Interrupted) {
                return false;
            }
        }
    }

    /// Waits until `due`, unless more than `at_most` is left now.
    async fn wait_until(&self, due: Timestamp, at_most: Option<SignedDuration>) -> Waited {
        if at_most.is_some_and(|it| it <= due.duration_since(self.clock.now())) {
            return Waited::TooEarly;
        }
        loop {
            // Negative when it is due already.
            match Duration::try_from(due.duration_since(self.clock.now())) {
                Ok(left) if !left.is_zero() => {
                    if matches!(self.sleep(left.min(NAP)).await, Waited::Interrupted) {
                        return Waited::Interrupted;
                    }
                }
                _ => return Waited::Due,
            }
        }
    }

    async fn sleep(&self, time: Duration) -> Waited {
        match tokio::time::timeout(time, self.shutdown.cancelled()).await {
            Ok(()) => Waited::Interrupted,
            Err(_) => Waited::Due,
        }
    }
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a timer's task broke off; its message comes again with the next connection"
        );
    }
}
