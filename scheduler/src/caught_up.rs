//! The start: nothing reacts to a past that is still being read.
//!
//! After a rebuild the tables fill up from the beginning. Who acted on a half-read log would wake timers that ended
//! long ago; it would do no harm, but a great deal of work.
use std::time::Duration;

use event_store::{LogId, Position, Store};
use runtime::Shutdown;
use runtime::backoff::Backoff;
use sqlx::PgPool;

const PATIENCE: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Waits until each of `followers` has come as far as the log reaches now; `false` when the process ends before.
pub async fn caught_up(
    db: &PgPool,
    store: &Store,
    log: LogId,
    followers: &[&str],
    shutdown: &Shutdown,
) -> bool {
    let mut backoff = Backoff::up_to(LONGEST_WAIT);
    let mut goal = None;
    loop {
        let wait = match progress(db, store, log, followers, &mut goal).await {
            Ok(true) => return true,
            Ok(false) => PATIENCE,
            Err(error) => {
                tracing::warn!(
                    error = &*error as &dyn std::error::Error,
                    "waiting for the followers"
                );
                backoff.wait()
            }
        };
        if tokio::time::timeout(wait, shutdown.cancelled()).await.is_ok() {
            return false;
        }
    }
}

async fn progress(
    db: &PgPool,
    store: &Store,
    log: LogId,
    followers: &[&str],
    goal: &mut Option<Position>,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let goal = match *goal {
        Some(goal) => goal,
        None => *goal.insert(store.head().await?),
    };
    for name in followers {
        // Who has no checkpoint yet has read nothing.
        let position =
            sqlx::query_file_scalar!("src/checkpoint.sql", name, log.0).fetch_optional(db).await?;
        if position.unwrap_or(0).cast_unsigned() < goal {
            return Ok(false);
        }
    }
    Ok(true)
}
