//! The one loop that turns events into rows: a batch after the checkpoint, its rows, and the checkpoint, moved by
//! compare-and-set in the same transaction.
//!
//! A crash loses nothing and applies nothing twice, and two processes on the same batch do its work once.
use async_trait::async_trait;
use event_store::{LogId, Position, Recorded, Store};
use sqlx::{PgPool, PgTransaction};

use crate::Shutdown;

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

/// Follows until `shutdown`, applying what comes and trying again with backoff what fails.
pub async fn follow(
    db: PgPool,
    store: Store,
    log: LogId,
    follower: &dyn Follower,
    shutdown: Shutdown,
) {
    let _ = (db, store, log, follower, shutdown);
    unimplemented!("runtime helper")
}

/// Applies one batch and returns how many events it had; 0 when there were none or somebody else applied them.
pub async fn step(
    db: &PgPool,
    store: &Store,
    log: LogId,
    follower: &dyn Follower,
) -> Result<usize, FollowError> {
    let _ = (db, store, log, follower);
    unimplemented!("runtime helper")
}
