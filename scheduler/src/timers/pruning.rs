//! What is over is removed after a while: closed timers, messages that were sent or came to nothing, days, and what
//! webhooks were told.
//!
//! A replay writes such rows again and ends them in the same pass, so nothing that is removed here is ever missed. A
//! row that the follower has not seen the end of stays, however old: the end may still be needed to arm the next.
use std::time::Duration;

use domain::players::last_over;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Date as SqlDate, Timestamp as SqlTimestamp, ToSqlx};
use runtime::{Clock, Shutdown};
use sqlx::PgPool;

use crate::{rounds, webhooks};

/// Clears the tables. Any number of these may run.
pub struct Pruning {
    pub db: PgPool,
    pub clock: Clock,
}

/// Long enough to ask what became of a booking yesterday; the log knows it for ever.
const KEEP_TIMERS: SignedDuration = SignedDuration::from_hours(24);
/// "I never had a mail" is said within days.
const KEEP_MESSAGES: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Small, so that no round holds many rows up or leaves much for the vacuum at once.
const BATCH: i64 = 500;
const EVERY: Duration = Duration::from_mins(1);
/// Between two batches of a backlog, others come first.
const BREATH: Duration = Duration::from_millis(50);

impl Pruning {
    pub async fn run(&self, shutdown: Shutdown) {
        while !shutdown.is_cancelled() {
            let wait = match rounds::in_time(self.round()).await {
                Ok(removed) if removed < BATCH.unsigned_abs() => EVERY,
                Ok(_) => BREATH,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::debug!(error, "nothing is removed");
                    EVERY
                }
            };
            let _ = tokio::time::timeout(wait, shutdown.cancelled()).await;
        }
    }

    /// Removes at most a batch of each, and returns how many of the larger.
    pub async fn round(&self) -> Result<u64, sqlx::Error> {
        let now = self.clock.now();
        let before = |keep: SignedDuration| -> SqlTimestamp { Timestamp::to_sqlx(now - keep) };
        let timers = before(KEEP_TIMERS) as SqlTimestamp;
        let timers = sqlx::query_file!("src/timers/prune.sql", timers as SqlTimestamp, BATCH)
            .execute(&self.db)
            .await?;
        let messages = before(KEEP_MESSAGES) as SqlTimestamp;
        let messages = sqlx::query_file!("src/notices/prune.sql", messages as SqlTimestamp, BATCH)
            .execute(&self.db)
            .await?;
        let over = last_over(now).to_sqlx() as SqlDate;
        let days = sqlx::query_file!("src/closures/prune.sql", over as SqlDate, BATCH)
            .execute(&self.db)
            .await?;
        let told = before(webhooks::KEPT) as SqlTimestamp;
        let told = sqlx::query_file!("src/webhooks/prune.sql", told as SqlTimestamp, BATCH)
            .execute(&self.db)
            .await?;
        let removed = [timers, messages, days, told].map(|it| it.rows_affected());
        Ok(removed.into_iter().max().unwrap_or_default())
    }
}
