//! The end of a maintenance: what was left of a hold when it began is left of it again.
//!
//! Done before commands are taken, so that nobody finds a place free that somebody holds. Broken off anywhere, it is
//! done again from the beginning: the court-day knows the clock as it stood.
use std::time::Duration;

use domain::bookings::{BookingCommand, CourtDay};
use domain::ids::BookingId;
use event_store::{ExecuteError, Executor, LogId, Metadata};
use futures::StreamExt;
use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use runtime::{Clock, Shutdown, ids};
use sqlx::PgPool;

use super::follower;
use crate::caught_up::caught_up;

/// Why not every hold goes on. Nothing is lost: commands are not taken yet.
#[derive(Debug, thiserror::Error)]
pub enum NotResumed {
    #[error("no scheduler has read the log to its end, so which holds there are is not known")]
    Behind,
    #[error("the read database refused a statement")]
    Database(#[from] sqlx::Error),
    #[error("a timer names {0:?}, which is no booking")]
    Unreadable(String),
    #[error("{booking} cannot be extended")]
    Store {
        booking: BookingId,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A scheduler reads a log that nobody writes to in no time.
const PATIENCE: Duration = Duration::from_secs(30);
/// Commands under way at once.
const AT_ONCE: usize = 64;

/// Lets holds go on.
pub struct Resume {
    pub db: PgPool,
    pub executor: Executor,
    pub log: LogId,
    pub clock: Clock,
}

impl Resume {
    /// The holds that were alive at `since`, which the scheduler's table knows once it is up to date.
    pub async fn holds(
        &self,
        since: Timestamp,
        shutdown: &Shutdown,
    ) -> Result<Vec<BookingId>, NotResumed> {
        let store = self.executor.store();
        let read = caught_up(&self.db, store, self.log, &[follower::NAME], shutdown);
        if !tokio::time::timeout(PATIENCE, read).await.unwrap_or(false) {
            return Err(NotResumed::Behind);
        }
        let since = since.to_sqlx() as SqlTimestamp;
        let found = sqlx::query_file_scalar!("src/timers/holds.sql", since as SqlTimestamp);
        let found = found.fetch_all(&self.db).await?.into_iter();
        found.map(|it| it.parse().map_err(|_| NotResumed::Unreadable(it))).collect()
    }

    /// Lets each of them go on, and returns how many have a new end. `done` is called after each.
    pub async fn all(
        &self,
        holds: Vec<BookingId>,
        since: Timestamp,
        actor: &str,
        done: impl Fn(),
    ) -> Result<usize, NotResumed> {
        let mut resumed = futures::stream::iter(holds)
            .map(|booking| self.one(booking, since, actor))
            .buffer_unordered(AT_ONCE);
        let mut count = 0;
        while let Some(is_extended) = resumed.next().await {
            count += usize::from(is_extended?);
            done();
        }
        Ok(count)
    }

    async fn one(
        &self,
        booking: BookingId,
        since: Timestamp,
        actor: &str,
    ) -> Result<bool, NotResumed> {
        let at = self.clock.now();
        let meta = Metadata::new(ids::new(), at).actor(actor);
        let command = BookingCommand::ResumeHold { booking: booking.clone(), since, at };
        match self.executor.execute::<CourtDay>(&booking.stream(), command, &meta).await {
            Ok(done) => Ok(!done.appended.is_empty()),
            // The log was restored to before it was held.
            Err(ExecuteError::Rejected { .. }) => Ok(false),
            Err(error) => Err(NotResumed::Store { booking, source: error.into() }),
        }
    }
}
