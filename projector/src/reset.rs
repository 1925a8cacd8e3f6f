//! Read models of another log: forgotten, so that a projector makes them anew from the beginning of this one.
use event_store::{LogId, Store};
use runtime::follow::FollowError;
use sqlx::PgPool;

use crate::{builds, rebuilds};

/// Forgets all builds of a projection. Queries are told that the read models are being built, until a projector has
/// made the first build of `log`; that projector drops the tables too.
pub async fn reset(
    db: &PgPool,
    store: &Store,
    log: LogId,
    projection: &str,
) -> Result<(), FollowError> {
    rebuilds::prepare(db, store, log).await?;
    let mut tx = db.begin().await?;
    builds::alone(&mut tx, projection).await?;
    // Checkpoints first, as everybody locks them first.
    rebuilds::read_again(&mut tx, projection).await?;
    sqlx::query_file!("src/reset/forget.sql", projection).execute(&mut *tx).await?;
    sqlx::query_file!("src/reset/retire.sql", projection).execute(&mut *tx).await?;
    sqlx::query_file!("src/reset/begin_again.sql", projection).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}
