//! The search for what is overdue: whatever happened to a message, its hold ends within ten seconds of its time.
//!
//! It normally finds nothing. When it does, the metric says so, and somebody should look at the broker.
use std::sync::Arc;
use std::time::Duration;

use access::maintenance::Maintenance;
use domain::bookings::ExpiryCause;
use futures::StreamExt;
use runtime::{Clock, Shutdown};
use sqlx::PgPool;
use tokio::time::Instant;
use traces::Step;

use super::commands::{Answer, Commands};
use super::kind::{Kind, ended_now};
use super::metrics::TimerMetrics;
use super::relay::OVERDUE;
use super::rows::{self, Claimed, ClosedBy};
use crate::{rounds, status};

/// Ends what is overdue. Any number of sweeps may run on one table.
pub struct Sweep {
    pub db: PgPool,
    pub commands: Arc<Commands>,
    pub clock: Clock,
    pub metrics: TimerMetrics,
    pub maintenance: Maintenance,
}

/// With [`OVERDUE`] before it and the command after it, this keeps the promise of ten seconds.
const EVERY: Duration = Duration::from_secs(3);
/// All that wait are counted less often: weeks of them are a matter of milliseconds, and not of these three seconds.
const COUNT_EVERY: Duration = Duration::from_secs(30);
const BATCH: i64 = 200;
/// Commands under way at once.
const AT_ONCE: usize = 16;

impl Sweep {
    pub async fn run(&self, shutdown: Shutdown) {
        let mut counted: Option<Instant> = None;
        while !shutdown.is_cancelled() {
            match rounds::in_time(self.round(&shutdown)).await {
                Ok(0) => {}
                // One line a round: a log that begins with a past, as the demo's, sweeps hundreds of them.
                Ok(count) => tracing::warn!(count, "timers were swept: nobody brought them"),
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "overdue timers cannot be looked for"
                ),
            }
            let mut measured = rounds::in_time(self.measure()).await;
            if measured.is_ok() && counted.is_none_or(|it| COUNT_EVERY <= it.elapsed()) {
                counted = Some(Instant::now());
                measured = rounds::in_time(self.count()).await;
            }
            if let Err(error) = measured {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(error, "timers cannot be counted");
            }
            let _ = tokio::time::timeout(EVERY, shutdown.cancelled()).await;
        }
    }

    /// Ends everything that is overdue, and returns how many there were. Stops at the first that gets no answer:
    /// the next round finds it again, and a store that is away is not helped by more questions.
    pub async fn round(&self, shutdown: &Shutdown) -> Result<usize, sqlx::Error> {
        let mut swept = 0;
        while !shutdown.is_cancelled() {
            let now = self.clock.now();
            let kinds = ended_now(&self.maintenance);
            let overdue = rows::claim_overdue(&self.db, kinds, now, now - OVERDUE, BATCH).await?;
            let found = overdue.len();
            let mut ended =
                futures::stream::iter(overdue).map(|it| self.end(it)).buffer_unordered(AT_ONCE);
            let mut answered = 0;
            while let Some(over) = ended.next().await {
                if !over? {
                    return Ok(swept + answered);
                }
                answered += 1;
            }
            swept += found;
            if found == 0 {
                break;
            }
        }
        Ok(swept)
    }

    /// `false` when nobody answered.
    async fn end(&self, claimed: Claimed) -> Result<bool, sqlx::Error> {
        let timer = claimed.timer;
        let is_canary = matches!(timer.kind, Kind::Canary { .. });
        let step = Step::after(claimed.trace.as_deref(), "sweep timer", traces::Kind::Consumer);
        step.say("timer.kind", timer.kind.name());
        match step.of(self.commands.send(&timer, ExpiryCause::Sweep, "table")).await {
            Ok(Answer::Ended) if is_canary => {
                self.metrics.canaries_lost.inc();
                tracing::warn!(timer = %timer.timer_id, due_at = %timer.due_at, "a canary did not come");
                Ok(true)
            }
            Ok(Answer::AlreadyOver) if is_canary => Ok(true),
            Ok(Answer::Ended | Answer::AlreadyOver) => {
                self.metrics.swept.inc();
                let (kind, stream) = (timer.kind.name(), timer.stream);
                tracing::debug!(timer = %timer.timer_id, kind, stream, "a timer was swept");
                // The follower closes it too, once it sees the event; until then it must not be found again.
                rows::close(&self.db, timer.timer_id, ClosedBy::Sweep, self.clock.now()).await?;
                Ok(true)
            }
            // The row is wrong about the time, or a maintenance has just begun. Its claim keeps it out of this round, and
            // the court-day decides again.
            Ok(Answer::NotDue { .. } | Answer::Paused) => Ok(true),
            Err(_) => Ok(false),
        }
    }

    async fn measure(&self) -> Result<(), sqlx::Error> {
        let overdue = status::overdue(&self.db, ended_now(&self.maintenance)).await?;
        self.metrics.oldest_overdue_seconds.set(overdue.oldest_seconds);
        Ok(())
    }

    async fn count(&self) -> Result<(), sqlx::Error> {
        self.metrics.armed(&status::armed(&self.db).await?);
        Ok(())
    }
}
