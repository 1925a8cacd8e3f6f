//! News of court-days → blocks, and their end.
use std::time::Duration;

use domain::bookings::{
    Block, BlockCause, BookingCommand, BookingEvent, BookingRejection, CourtDay, stream,
};
use domain::ids::{BlockId, CourtCode};
use domain::policies::Refusal;
use domain::venues::Venue;
use event_store::execute::ReadFailure;
use event_store::{ExecuteError, Executor, Metadata};
use jiff::Timestamp;
use jiff::civil::Date;
use runtime::{Clock, Shutdown};
use sqlx::PgPool;
use uuid::Uuid;

use super::facts::{self, Announced};
use super::metrics::ClosureMetrics;
use super::rows::{self, News};
use crate::rounds;

/// Blocks court-days and opens them again. Any number of workers may run on one table.
pub struct Worker {
    pub db: PgPool,
    pub executor: Executor,
    pub clock: Clock,
    pub metrics: ClosureMetrics,
}

const ACTOR: &str = "system:scheduler";
/// All that is claimed is worked on at once, so that no claim runs out while its row waits for its turn.
const AT_ONCE: u8 = 8;
/// Shorter than a claim: whoever takes longer leaves the court-day alone before another one may take it.
const GIVE_UP: Duration = Duration::from_secs(10);
/// So many failures in a row are worth an operator's look; it is tried again all the same.
const ALARMING: i32 = 10;

/// The court-day is not yet as it has to be. The row stays, and is due again.
#[derive(Debug, thiserror::Error)]
enum NotSettled {
    #[error("a stream cannot be read")]
    Unread(#[from] ReadFailure),
    /// Such a hold ends with its move, within a minute or so, and only then can it be said what it was.
    #[error("a booking is just moving here")]
    MoveUnderWay,
    #[error("the court-day gave no answer")]
    NoAnswer(#[source] ExecuteError<BookingRejection>),
    #[error("it took too long")]
    TooSlow,
}

impl Worker {
    pub async fn run(&self, shutdown: Shutdown) {
        while !shutdown.is_cancelled() {
            let round = rounds::in_time(self.round()).await;
            let wait = rounds::wait_after("closures cannot be spread", round);
            let _ = tokio::time::timeout(wait, shutdown.cancelled()).await;
        }
    }

    /// Works on what is due, at most one batch, and returns how many there were.
    pub async fn round(&self) -> Result<usize, sqlx::Error> {
        let claimed = rows::claim(&self.db, self.clock.now(), AT_ONCE.into()).await?;
        let count =
            rounds::settle(claimed, AT_ONCE.into(), |it| async move { self.settle(&it).await })
                .await?;
        if let Ok(pending) = rows::count(&self.db).await {
            self.metrics.pending.set(pending);
        }
        Ok(count)
    }

    async fn settle(&self, news: &News) -> Result<(), sqlx::Error> {
        let spread = match news.court_day() {
            Some((court, date)) => tokio::time::timeout(GIVE_UP, self.spread(&court, date))
                .await
                .unwrap_or(Err(NotSettled::TooSlow)),
            None => Ok(()),
        };
        match spread {
            Ok(()) => rows::done(&self.db, news, self.clock.now()).await,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                let (court, date) = (&news.court, news.date.to_jiff());
                if news.attempts == ALARMING {
                    tracing::error!(error, court, %date, "a closure does not reach its court-day");
                } else {
                    tracing::debug!(error, court, %date, "a closure has not reached its court-day");
                }
                Ok(())
            }
        }
    }

    /// Not the event is spread, but what holds by now: whatever order news come in, the last word is the newest.
    async fn spread(&self, court: &CourtCode, date: Date) -> Result<(), NotSettled> {
        let facts = facts::of(self.executor.store(), court, date).await?;
        let Some(facts) = facts else { return Ok(()) };
        let name = stream(court, date);
        let day = self.executor.load::<CourtDay>(&name).await?.state;
        for it in &facts.announced {
            if !day.blocks.contains_key(&it.block()) {
                self.block(&name, date, &facts.venue, it).await?;
            }
        }
        let holds = |id: &BlockId| facts.announced.iter().any(|it| it.block() == *id);
        for (id, block) in &day.blocks {
            let is_ours = matches!(block.cause, BlockCause::Closed | BlockCause::Retired);
            if is_ours && !block.lifted && !holds(id) {
                self.lift(&name, *id).await?;
            }
        }
        Ok(())
    }

    /// All of the day that is left.
    async fn block(
        &self,
        name: &str,
        date: Date,
        venue: &Venue,
        it: &Announced,
    ) -> Result<(), NotSettled> {
        let (block, at) = (it.block(), self.clock.now());
        let command = Block::of_day(block, date, venue, it.cause, at);
        let command = BookingCommand::Block(Box::new(command));
        let meta = Metadata { causation: Some(it.event), ..meta(name, block, "block", at) };
        match self.executor.execute::<CourtDay>(name, command, &meta).await {
            Ok(done) => {
                let cancels = |it: &&BookingEvent| matches!(it, BookingEvent::Cancelled { .. });
                let cancelled = done.appended.iter().filter(cancels).count();
                if !done.appended.is_empty() {
                    self.metrics.blocked.inc();
                    tracing::info!(court_day = name, cause = ?it.cause, cancelled, "blocked");
                }
                Ok(())
            }
            // The day is over, and so is everything on it.
            Err(ExecuteError::Rejected {
                rejection: BookingRejection::Policy(Refusal::InThePast),
                ..
            }) => Ok(()),
            Err(ExecuteError::Rejected { rejection: BookingRejection::MoveUnderWay, .. }) => {
                Err(NotSettled::MoveUnderWay)
            }
            Err(error) => Err(NotSettled::NoAnswer(error)),
        }
    }

    async fn lift(&self, name: &str, block: BlockId) -> Result<(), NotSettled> {
        let meta = meta(name, block, "lift", self.clock.now());
        let command = BookingCommand::Unblock { block };
        let done = self.executor.execute::<CourtDay>(name, command, &meta).await;
        if !done.map_err(NotSettled::NoAnswer)?.appended.is_empty() {
            self.metrics.lifted.inc();
        }
        Ok(())
    }
}

/// Of a command that is the same whoever sends it, and however often. `verb` goes into ids: never renamed.
fn meta(name: &str, block: BlockId, verb: &str, at: Timestamp) -> Metadata {
    let id = Uuid::new_v5(&block.0, format!("{verb} {name}").as_bytes());
    Metadata::new(id, at).correlation(block.0).actor(ACTOR)
}
