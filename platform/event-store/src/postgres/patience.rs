//! Waiting for a server with a bound.
use std::io::ErrorKind;
use std::time::Duration;

use tokio::time::timeout;

/// Gives up on what a server does not answer. One that vanished, with its machine or behind a cut network, never will, and
/// closes nothing: whoever waits without a bound waits until somebody ends the process.
pub async fn in_time<T, E: From<sqlx::Error>>(
    patience: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let timed_out = || sqlx::Error::Io(ErrorKind::TimedOut.into());
    timeout(patience, work).await.unwrap_or_else(|_| Err(timed_out().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_never_comes_is_given_up_and_what_comes_is_not() {
        let patience = Duration::from_mins(2);
        let never = in_time(patience, std::future::pending::<Result<(), sqlx::Error>>()).await;
        assert!(matches!(never, Err(sqlx::Error::Io(it)) if it.kind() == ErrorKind::TimedOut));
        let late = async {
            tokio::time::sleep(patience / 2).await;
            Ok::<_, sqlx::Error>(7)
        };
        assert_eq!(in_time(patience, late).await.unwrap(), 7);
    }
}
