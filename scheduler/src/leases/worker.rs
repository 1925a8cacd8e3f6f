//! News of bookings → commands to the players' streams.
use domain::bookings::CourtDay;
use domain::ids::BookingId;
use domain::players::{Player, PlayerCommand, PlayerRejection};
use event_store::execute::ReadFailure;
use event_store::{ExecuteError, Executor, Metadata};
use runtime::{Clock, Shutdown, ids};
use sqlx::PgPool;

use super::metrics::LeaseMetrics;
use super::rows::{self, News};
use crate::rounds;

/// Makes leases follow. Any number of workers may run on one table.
pub struct Worker {
    pub db: PgPool,
    pub executor: Executor,
    pub clock: Clock,
    pub metrics: LeaseMetrics,
}

const BATCH: i64 = 100;
/// Commands under way at once.
const AT_ONCE: usize = 8;
/// So many failures in a row are worth an operator's look; it is tried again all the same.
const ALARMING: i32 = 10;

/// The player's stream heard nothing. The row stays, and is due again.
#[derive(Debug, thiserror::Error)]
enum NotTold {
    #[error("the court-day cannot be read")]
    Unread(#[from] ReadFailure),
    #[error("the player's stream gave no answer")]
    NoAnswer(#[from] ExecuteError<PlayerRejection>),
}

impl Worker {
    pub async fn run(&self, shutdown: Shutdown) {
        while !shutdown.is_cancelled() {
            let round = rounds::in_time(self.round()).await;
            let wait = rounds::wait_after("leases cannot be looked after", round);
            let _ = tokio::time::timeout(wait, shutdown.cancelled()).await;
        }
    }

    /// Works on what is due, at most one batch, and returns how many there were.
    pub async fn round(&self) -> Result<usize, sqlx::Error> {
        let claimed = rows::claim(&self.db, self.clock.now(), BATCH).await?;
        let count =
            rounds::settle(claimed, AT_ONCE, |it| async move { self.settle(&it).await }).await?;
        if let Ok(pending) = rows::count(&self.db).await {
            self.metrics.pending.set(pending);
        }
        Ok(count)
    }

    async fn settle(&self, news: &News) -> Result<(), sqlx::Error> {
        let told = match news.id() {
            Some(booking) => self.tell(&booking).await,
            None => Ok(()),
        };
        match told {
            Ok(()) => rows::done(&self.db, news).await,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                if news.attempts == ALARMING {
                    tracing::error!(error, booking = news.booking, "a lease does not follow");
                } else {
                    tracing::debug!(error, booking = news.booking, "a lease does not follow yet");
                }
                Ok(())
            }
        }
    }

    /// Not the event is told, but the booking as it is: whatever order news come in, the last word is the newest.
    async fn tell(&self, id: &BookingId) -> Result<(), NotTold> {
        let day = self.executor.load::<CourtDay>(&id.stream()).await?.state;
        let Some(booking) = day.bookings.get(id) else { return Ok(()) };
        let Some(player) = booking.held.booked_for.player() else { return Ok(()) };
        let (stream, at) = (player.player_stream(), self.clock.now());
        let command = PlayerCommand::following(booking, at);
        // A new id each time: the stream knows old news by what they say.
        let meta = Metadata::new(ids::new(), at).actor("system:scheduler");
        let done = self.executor.execute::<Player>(&stream, command, &meta).await?;
        self.metrics.mended.inc_by(done.appended.len() as u64);
        Ok(())
    }
}
