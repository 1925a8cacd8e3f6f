//! How far a follower has come: one row, moved by compare-and-set.
use event_store::{LogId, Position};
use sqlx::{PgPool, PgTransaction};

use super::FollowError;

/// Where the follower stands; at the beginning if it never moved.
pub(super) async fn read(db: &PgPool, log: LogId, name: &str) -> Result<Position, FollowError> {
    let found = sqlx::query_file!("src/follow/checkpoint.sql", name).fetch_optional(db).await?;
    let Some(found) = found else { return Ok(0) };
    if found.log_id != log.0 {
        return Err(FollowError::AnotherLog { name: name.to_owned() });
    }
    Ok(Position::try_from(found.position).unwrap_or(0))
}

/// Moves the checkpoint, and tells whoever waits for that; `false` if it is no longer at `from`.
pub(super) async fn advance(
    tx: &mut PgTransaction<'static>,
    log: LogId,
    name: &str,
    from: Position,
    to: Position,
) -> Result<bool, sqlx::Error> {
    let moved = if from == 0 {
        sqlx::query_file!("src/follow/begin.sql", name, log.0, row(to)).execute(&mut **tx).await?
    } else {
        let moving = sqlx::query_file!("src/follow/move.sql", name, log.0, row(from), row(to));
        moving.execute(&mut **tx).await?
    };
    Ok(moved.rows_affected() == 1)
}

/// A position as Postgres keeps it. A log of more events than that fills every disk first.
fn row(position: Position) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
