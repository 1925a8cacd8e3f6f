//! How followers hear of what other processes wrote: one task looks at the end of the log while somebody waits.
//!
//! Not by the client's subscription: when the server ends one cleanly, the client turns in a loop that never yields,
//! so that nothing in the process can stop it, no timeout and no abort. A look is a read like any other, with a
//! deadline, and goes on from a cursor of our own.
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::pages::{Cursor, Pages};
use crate::{Position, ReadError, wake};

/// The most that news from another process is late; news from this one are not.
const EVERY: Duration = Duration::from_millis(100);

/// How slowly a server is asked that does not answer.
const TROUBLED: Duration = Duration::from_secs(2);

/// The most events in one look.
const LIMIT: usize = 500;

pub(super) async fn run(pages: Pages, news: Arc<watch::Sender<Position>>) {
    let mut cursor = None;
    let mut wait = EVERY;
    loop {
        sleep(wait).await;
        if news.receiver_count() == 0 {
            continue;
        }
        match look(&pages, &news, cursor).await {
            Ok(next) => {
                cursor = Some(next);
                wait = EVERY;
            }
            Err(error) => {
                if wait == EVERY {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "the log cannot be looked at; looking goes on");
                }
                wait = TROUBLED;
            }
        }
    }
}

async fn look(
    pages: &Pages,
    news: &watch::Sender<Position>,
    cursor: Option<Cursor>,
) -> Result<Cursor, ReadError> {
    let Some(cursor) = cursor else {
        let head = pages.head().await?;
        wake::announce(news, head);
        return Ok(Cursor::after(head));
    };
    let (events, cursor) = pages.all(cursor, LIMIT).await?;
    if let Some(last) = events.last() {
        wake::announce(news, last.position);
    }
    Ok(cursor)
}
