//! Work that waits in a table, done a batch at a time.
use std::time::Duration;

use futures::StreamExt;
use runtime::Shutdown;
use runtime::backoff::Backoff;

/// How often the table is asked.
const PATIENCE: Duration = Duration::from_millis(500);
/// After a database that did not answer.
const LONGER_PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait after a round that ended so: it says how many rows it had, and with some the next begins at once.
/// `complaint` is what is logged of one that failed.
pub(crate) fn wait_after(complaint: &str, round: Result<usize, sqlx::Error>) -> Duration {
    match round {
        Ok(0) => PATIENCE,
        Ok(_) => Duration::ZERO,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "{complaint}");
            LONGER_PATIENCE
        }
    }
}

/// The longest wait before what somebody else has taken is recorded again.
const LONGEST_RECORD_WAIT: Duration = Duration::from_secs(5);

/// Somebody else has taken it: that has to be known before anything else happens to its row, however long it takes. `note`
/// says so in the table, unless it does already, and `record` in the log. Returns whether it is recorded; not, if the
/// process ends first.
pub(crate) async fn record<N, R>(
    shutdown: &Shutdown,
    mut is_noted: bool,
    mut note: impl FnMut() -> N,
    mut record: impl FnMut() -> R,
) -> bool
where
    N: Future<Output = bool>,
    R: Future<Output = bool>,
{
    let mut backoff = Backoff::up_to(LONGEST_RECORD_WAIT);
    loop {
        // One of the two is enough to keep others from sending; both, because either store may be away.
        is_noted = is_noted || note().await;
        if record().await {
            return true;
        }
        if tokio::time::timeout(backoff.wait(), shutdown.cancelled()).await.is_ok() {
            return false;
        }
    }
}

/// Settles each of `claimed`, so many at once, and returns how many there were. Ends at the first that the table does not
/// take: the others are claimed for a while, and found again.
pub(crate) async fn settle<T, S>(
    claimed: Vec<T>,
    at_once: usize,
    settle: impl FnMut(T) -> S,
) -> Result<usize, sqlx::Error>
where
    S: Future<Output = Result<(), sqlx::Error>>,
{
    let count = claimed.len();
    let mut settled = futures::stream::iter(claimed).map(settle).buffer_unordered(at_once);
    while let Some(settled) = settled.next().await {
        settled?;
    }
    Ok(count)
}
