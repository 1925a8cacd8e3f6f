//! The scheduler's tables after the log was exchanged or restored: followed again from the beginning.
//!
//! Timers, erasures, waitlists, and news of leases and closures, are an index of the log, and go. The outbox and what
//! webhooks were told know more than a restored log: what was sent after the copy was made is on record here alone. So their
//! rows stay but for those that nobody has begun with, and what the log may have forgotten is recorded again.
use event_store::{LogId, ReadError, Store};
use sqlx::{PgConnection, PgPool};

use crate::{closures, erasures, leases, notices, timers, waitlist, webhooks};

/// Whose checkpoints can be reset, by name.
pub const FOLLOWERS: [&str; 7] = [
    closures::follower::NAME,
    erasures::follower::NAME,
    leases::follower::NAME,
    waitlist::follower::NAME,
    notices::follower::NAME,
    timers::follower::NAME,
    webhooks::follower::NAME,
];

/// The followers that stand in another log, or beyond the end of this one: somebody restored or exchanged it.
pub async fn astray(db: &PgPool, store: &Store, log: LogId) -> Result<Vec<String>, StatusError> {
    let names = FOLLOWERS.map(str::to_owned);
    let stand = sqlx::query_file!("src/reset/standings.sql", &names).fetch_all(db).await?;
    // After the checkpoints: none of them is then beyond an end that it has read itself.
    let head = store.head().await?;
    let astray =
        stand.into_iter().filter(|it| it.log_id != log.0 || head < it.position.cast_unsigned());
    Ok(astray.map(|it| it.name).collect())
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    #[error("the read database cannot be read")]
    Database(#[from] sqlx::Error),
    #[error("the event store cannot be read")]
    Store(#[from] ReadError),
}

/// Lets a follower begin again at the first event of `log`; one that runs does so within half a minute.
pub async fn reset(db: &PgPool, log: LogId, follower: &str) -> Result<(), sqlx::Error> {
    let mut tx = db.begin().await?;
    // First, as the follower does: so each of the two waits for the other, and they never meet in the middle.
    let stood = sqlx::query_file_scalar!("src/reset/restart.sql", follower)
        .fetch_optional(&mut *tx)
        .await?;
    match follower {
        closures::follower::NAME => forget_closures(&mut tx).await?,
        erasures::follower::NAME => {
            sqlx::query_file!("src/reset/forget_erasures.sql").execute(&mut *tx).await?;
        }
        leases::follower::NAME => {
            sqlx::query_file!("src/reset/forget_leases.sql").execute(&mut *tx).await?;
        }
        timers::follower::NAME => {
            sqlx::query_file!("src/reset/forget_timers.sql").execute(&mut *tx).await?;
        }
        waitlist::follower::NAME => {
            sqlx::query_file!("src/reset/forget_waitlist_days.sql").execute(&mut *tx).await?;
            sqlx::query_file!("src/reset/forget_waitlist_courts.sql").execute(&mut *tx).await?;
        }
        notices::follower::NAME => {
            let is_restored = stood.is_none_or(|it| it == log.0);
            reset_outbox(&mut tx, is_restored).await?;
        }
        webhooks::follower::NAME => {
            let is_restored = stood.is_none_or(|it| it == log.0);
            reset_webhooks(&mut tx, is_restored).await?;
        }
        _ => {}
    }
    tx.commit().await
}

async fn forget_closures(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/reset/forget_closures.sql").execute(&mut *db).await?;
    sqlx::query_file!("src/reset/forget_booked_days.sql").execute(&mut *db).await?;
    sqlx::query_file!("src/reset/forget_announcements.sql").execute(&mut *db).await?;
    Ok(())
}

/// A log that was moved has its records; one that was restored may have lost some.
async fn reset_outbox(db: &mut PgConnection, is_restored: bool) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/reset/forget_untried.sql").execute(&mut *db).await?;
    if is_restored {
        sqlx::query_file!("src/reset/record_again.sql").execute(&mut *db).await?;
    }
    Ok(())
}

/// The same, of what webhooks were told.
async fn reset_webhooks(db: &mut PgConnection, is_restored: bool) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/reset/forget_webhooks.sql").execute(&mut *db).await?;
    sqlx::query_file!("src/reset/forget_untried_deliveries.sql").execute(&mut *db).await?;
    if is_restored {
        sqlx::query_file!("src/reset/record_deliveries_again.sql").execute(&mut *db).await?;
    }
    Ok(())
}
