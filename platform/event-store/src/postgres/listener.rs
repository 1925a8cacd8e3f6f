//! Hears of what other processes append, and wakes the followers of this one.
//!
//! A wake-up may be lost; followers look by themselves now and then. What must not happen is that followers are woken
//! for nothing again and again, so a payload is never believed: it is a reason to look.
use std::sync::Arc;
use std::time::Duration;

use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::connection::CONNECT_PATIENCE;
use super::notifier::CHANNEL;
use crate::{Position, wake};

/// A connection that was silent for this long is asked whether it still lives.
const SILENCE: Duration = Duration::from_secs(30);

/// How long any answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Between two looks at the log's end. One look answers all that was told before it, so that many appends are heard of
/// together, and one is heard of at once.
const PACE: Duration = Duration::from_millis(10);

/// Between two attempts to reach the server.
const BACKOFF: Duration = Duration::from_millis(250);

/// Runs until it is aborted.
pub(super) async fn run(options: Arc<PgConnectOptions>, news: Arc<watch::Sender<Position>>) {
    let mut heard = true;
    loop {
        match listen(&options, &news, &mut heard).await {
            Ok(never) => match never {},
            // Said once, not four times a second.
            Err(error) if heard => {
                heard = false;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the log's notifications are away"
                );
            }
            Err(_) => {}
        }
        tokio::time::sleep(BACKOFF).await;
    }
}

/// Listens on one connection until it breaks.
async fn listen(
    options: &PgConnectOptions,
    news: &watch::Sender<Position>,
    heard: &mut bool,
) -> Result<std::convert::Infallible, sqlx::Error> {
    // A pool for this one connection and no longer: a listener cannot be made of anything else.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(CONNECT_PATIENCE)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with(options.clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    within(listener.listen(CHANNEL)).await?;

    // What was appended while nobody listened. Set, not raised: a restored log may reach less far than the lost one.
    let head = head(&mut listener).await?;
    news.send_if_modified(|it| std::mem::replace(it, head) != head);
    if !std::mem::replace(heard, true) {
        tracing::info!("the log's notifications are back");
    }

    let mut looked = Instant::now();
    loop {
        match timeout(SILENCE, listener.try_recv()).await {
            Ok(Ok(Some(told))) => {
                let is_known =
                    told.payload().parse().is_ok_and(|it: Position| it <= *news.borrow());
                if !is_known {
                    sleep_until(looked + PACE).await;
                    looked = Instant::now();
                    wake::announce(news, self::head(&mut listener).await?);
                }
            }
            Ok(Ok(None)) => {
                return Err(sqlx::Error::Io(std::io::ErrorKind::ConnectionAborted.into()));
            }
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                within(listener.execute("SELECT 1")).await?;
            }
        }
    }
}

async fn head(listener: &mut PgListener) -> Result<Position, sqlx::Error> {
    let head: i64 =
        within(sqlx::query_scalar(include_str!("head.sql")).fetch_one(listener)).await?;
    Ok(Position::try_from(head).unwrap_or_default())
}

async fn within<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    super::patience::in_time(PATIENCE, answer).await
}
