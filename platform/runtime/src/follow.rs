//! The one loop that turns events into rows: a batch after the checkpoint, its rows, and the checkpoint, moved by
//! compare-and-set in the same transaction.
//!
//! A crash loses nothing and applies nothing twice, and two processes on the same batch do its work once.
use std::time::Duration;

use async_trait::async_trait;
use event_store::{LogId, Position, Recorded, Store};
use sqlx::{PgPool, PgTransaction};

use crate::Shutdown;
use crate::backoff::Backoff;

/// Something that follows the log and keeps rows in step with it.
#[async_trait]
pub trait Follower: Send + Sync {
    /// Names the checkpoint in table `checkpoints`.
    fn name(&self) -> &str;

    /// Writes what `events` mean. Called in order, inside the transaction that moves the checkpoint.
    async fn apply(
        &self,
        tx: &mut PgTransaction<'static>,
        events: &[Recorded],
    ) -> Result<(), FollowError>;
}

/// Why a batch was not applied. The checkpoint stays where it was.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error("the database refused a statement")]
    Database(#[from] sqlx::Error),
    #[error("the event store cannot be read")]
    Store(#[from] event_store::ReadError),
    #[error("the event at {position} cannot be applied")]
    Event {
        position: Position,
        #[source]
        error: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A checkpoint of another log, or beyond this log's end: somebody restored or exchanged the store.
    #[error("the checkpoint of {name} is not of this log: rebuild its projection")]
    AnotherLog { name: String },
}

/// The most events applied in one transaction.
pub const BATCH: usize = 5_000;
/// How long a follower sleeps without a wake-up before it looks by itself.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest wait between two attempts at what fails.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Follows until `shutdown`, applying what comes and trying again with backoff what fails.
///
/// An event that cannot be applied is never passed over: everything before it is applied, and the follower stands in
/// front of it, saying so, until somebody mends the event's rows or a build that knows it takes over.
pub async fn follow(
    db: PgPool,
    store: Store,
    log: LogId,
    follower: &dyn Follower,
    shutdown: Shutdown,
) {
    let mut backoff = Backoff::up_to(LONGEST_WAIT);
    let mut told = String::new();
    loop {
        let wait = match advance(&db, &store, log, follower).await {
            Ok(Advance { applied: 0, position, raced: false }) => {
                told.clear();
                tokio::select! {
                    () = store.changed(position, PATIENCE) => None,
                    () = shutdown.cancelled() => return,
                }
            }
            Ok(_) => None,
            Err(error) => {
                // Said once: a follower that stands before an event says so by its lag, not by a line a second.
                let now = error.to_string();
                if now != told {
                    tracing::error!(
                        follower = follower.name(),
                        error = &error as &dyn std::error::Error,
                        "not following"
                    );
                    told = now;
                }
                Some(backoff.wait())
            }
        };
        match wait {
            None => backoff.reset(),
            Some(wait) => tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = shutdown.cancelled() => return,
            },
        }
        if shutdown.is_cancelled() {
            return;
        }
    }
}

/// Applies one batch and returns how many events it had; 0 when there were none or somebody else applied them.
pub async fn step(
    db: &PgPool,
    store: &Store,
    log: LogId,
    follower: &dyn Follower,
) -> Result<usize, FollowError> {
    Ok(advance(db, store, log, follower).await?.applied)
}

struct Advance {
    applied: usize,
    position: Position,
    /// Somebody else moved the checkpoint first.
    raced: bool,
}

async fn advance(
    db: &PgPool,
    store: &Store,
    log: LogId,
    follower: &dyn Follower,
) -> Result<Advance, FollowError> {
    let from = checkpoint(db, log, follower.name()).await?;
    let events = store.read_all(from, BATCH).await?;
    if events.is_empty() {
        // A log that is shorter than what was read of it is another log, or an older copy of this one.
        if 0 < from && store.head().await? < from {
            return Err(FollowError::AnotherLog { name: follower.name().to_owned() });
        }
        return Ok(Advance { applied: 0, position: from, raced: false });
    }
    let mut batch = events.as_slice();
    loop {
        match apply(db, log, follower, from, batch).await {
            // One of them is at fault; what comes before it need not wait.
            Err(FollowError::Event { .. }) if 1 < batch.len() => batch = &batch[..batch.len() / 2],
            Err(error) => return Err(error),
            Ok(None) => return Ok(Advance { applied: 0, position: from, raced: true }),
            Ok(Some(position)) => {
                return Ok(Advance { applied: batch.len(), position, raced: false });
            }
        }
    }
}

/// Rows and checkpoint in one transaction; `None` if the checkpoint was no longer where it was read.
async fn apply(
    db: &PgPool,
    log: LogId,
    follower: &dyn Follower,
    from: Position,
    events: &[Recorded],
) -> Result<Option<Position>, FollowError> {
    let Some(last) = events.last() else { return Ok(None) };
    let mut tx = db.begin().await?;
    // Rows and checkpoint are lost together, and read again: nothing here needs to wait for the disk.
    sqlx::query("SET LOCAL synchronous_commit = off").execute(&mut *tx).await?;
    let moved = sqlx::query_file!(
        "src/follow/move.sql",
        follower.name(),
        log.0,
        row(from),
        row(last.position)
    )
    .execute(&mut *tx)
    .await?;
    if moved.rows_affected() == 0 {
        tx.rollback().await?;
        return Ok(None);
    }
    follower.apply(&mut tx, events).await?;
    // Whoever waits for this position is woken at the commit, once for the batch.
    sqlx::query_file!("src/follow/notify.sql", follower.name()).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(Some(last.position))
}

/// How far the follower has come.
async fn checkpoint(db: &PgPool, log: LogId, name: &str) -> Result<Position, FollowError> {
    let Some(found) =
        sqlx::query_file!("src/follow/checkpoint.sql", name).fetch_optional(db).await?
    else {
        return Ok(0);
    };
    if found.log_id != log.0 {
        return Err(FollowError::AnotherLog { name: name.to_owned() });
    }
    Ok(Position::try_from(found.position).unwrap_or(0))
}

/// A position as Postgres keeps it. A log of more events than that fills every disk first.
fn row(position: Position) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
