//! Work that waits in a table, done a batch at a time.
use std::time::Duration;

use futures::StreamExt;
use runtime::backoff::Backoff;
use runtime::{Shutdown, postgres};

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

/// A round that is longer is given up, and begun again: what is done twice by it comes to the same.
const ROUND: Duration = Duration::from_mins(5);

/// Bounds a round by a database that vanished. Not for rounds that send something: it might be sent once more.
pub(crate) async fn in_time<T, E: From<sqlx::Error>>(
    round: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    // On the heap: a process has a dozen rounds in one future.
    postgres::in_time(ROUND, Box::pin(round)).await
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

/// Settles each of `claimed`, so many at once, and returns how many there were. The first that the table does not take is
/// the error, once all have come to their end: what is on its way beside it is not torn off, or it would be sent once more.
pub(crate) async fn settle<T, S>(
    claimed: Vec<T>,
    at_once: usize,
    settle: impl FnMut(T) -> S,
) -> Result<usize, sqlx::Error>
where
    S: Future<Output = Result<(), sqlx::Error>>,
{
    let count = claimed.len();
    let settled = futures::stream::iter(claimed).map(settle).buffer_unordered(at_once);
    let settled: Vec<_> = settled.collect().await;
    settled.into_iter().collect::<Result<(), _>>()?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use futures::FutureExt;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_is_on_its_way_beside_one_that_fails_comes_to_its_end() {
        let (tell, told) = oneshot::channel();
        let has_ended = AtomicBool::new(false);
        let fails = async {
            tell.send(()).unwrap();
            Err::<(), _>(sqlx::Error::PoolClosed)
        };
        let other = async {
            told.await.unwrap();
            // Once more not ready, after the other has failed.
            tokio::task::yield_now().await;
            has_ended.store(true, Ordering::SeqCst);
            Ok::<_, sqlx::Error>(())
        };
        let settled = settle(vec![fails.boxed(), other.boxed()], 2, |it| it).await;
        assert!(matches!(settled, Err(sqlx::Error::PoolClosed)));
        assert!(has_ended.load(Ordering::SeqCst));
    }
}
