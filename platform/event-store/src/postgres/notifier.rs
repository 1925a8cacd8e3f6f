//! Tells other processes that the log has grown.
//!
//! Never inside the append: Postgres holds a lock over all databases while a transaction that notifies commits, and
//! appends would wait for each other's (measured: 15,000 a second become 6,000).
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio::sync::watch;

use super::connection::Dedicated;
use super::patience::in_time;
use crate::Position;

/// Where processes on the same log hear of each other.
pub(super) const CHANNEL: &str = "courtside_log";

/// The least time between two notifications: what a reader on the other side does not notice.
const PACE: Duration = Duration::from_millis(10);

/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// The most time between two attempts while the server is away.
const MAX_BACKOFF: Duration = Duration::from_secs(1);

/// Its transactions write nothing that a crash could lose.
const SESSION: &str = "SET synchronous_commit = off";

/// Runs until `grown` has no sender. What piles up meanwhile is told at once: only the last position matters.
pub(super) async fn run(options: Arc<PgConnectOptions>, mut grown: watch::Receiver<Position>) {
    let mut connection = Dedicated::new(options, SESSION);
    while grown.changed().await.is_ok() {
        let mut pause = PACE;
        loop {
            let position = *grown.borrow_and_update();
            let told = tell(&mut connection, position).await;
            tokio::time::sleep(pause).await;
            if told.is_ok() {
                break;
            }
            // The server is away. Followers elsewhere look by themselves each second, and this is said again when
            // it is back, unless the store has gone.
            if grown.has_changed().is_err() {
                return;
            }
            connection.discard();
            pause = (pause * 2).min(MAX_BACKOFF);
        }
    }
}

async fn tell(connection: &mut Dedicated, position: Position) -> Result<(), sqlx::Error> {
    let connection = connection.get().await?;
    let telling = sqlx::query(include_str!("notify.sql"))
        .bind(CHANNEL)
        .bind(position.to_string())
        .execute(connection);
    in_time(PATIENCE, telling).await?;
    Ok(())
}
