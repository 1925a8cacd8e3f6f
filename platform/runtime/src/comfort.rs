//! Something that a request can do without: asked with little patience, and having failed left alone for a while.
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

/// One for each thing that may be away.
pub struct Comfort {
    patience: Duration,
    rest: Duration,
    resting_until: Mutex<Option<Instant>>,
}

/// There is no answer.
pub enum Missed {
    /// It was not even asked: it failed a moment ago.
    Resting,
    Failed {
        error: Box<dyn std::error::Error + Send + Sync>,
        /// It answered the last time that it was asked.
        first: bool,
    },
}

impl Comfort {
    /// Costs a request at most `patience`, and no other one anything for `rest` after it failed.
    pub fn new(patience: Duration, rest: Duration) -> Self {
        Self { patience, rest, resting_until: Mutex::default() }
    }

    pub async fn ask<T, E>(&self, question: impl Future<Output = Result<T, E>>) -> Result<T, Missed>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if self.resting_until().is_some_and(|it| Instant::now() < it) {
            return Err(Missed::Resting);
        }
        let error = match timeout(self.patience, question).await {
            Ok(Ok(answer)) => {
                *self.resting_until() = None;
                return Ok(answer);
            }
            Ok(Err(error)) => error.into(),
            Err(late) => late.into(),
        };
        let first = self.resting_until().replace(Instant::now() + self.rest).is_none();
        Err(Missed::Failed { error, first })
    }

    fn resting_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.resting_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(1);
    const REST: Duration = Duration::from_secs(5);

    async fn asked(
        comfort: &Comfort,
        question: impl Future<Output = io::Result<()>>,
    ) -> &'static str {
        match comfort.ask(question).await {
            Ok(()) => "answered",
            Err(Missed::Resting) => "resting",
            Err(Missed::Failed { first: true, .. }) => "failed",
            Err(Missed::Failed { first: false, .. }) => "failed again",
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_is_left_alone_for_a_while() {
        let comfort = Comfort::new(PATIENCE, REST);
        let away = async || Err(io::ErrorKind::ConnectionRefused.into());
        assert_eq!(asked(&comfort, async { Ok(()) }).await, "answered");
        assert_eq!(asked(&comfort, away()).await, "failed");
        assert_eq!(asked(&comfort, async { Ok(()) }).await, "resting");
        tokio::time::advance(REST).await;
        assert_eq!(asked(&comfort, std::future::pending()).await, "failed again", "it is late");
        tokio::time::advance(REST).await;
        assert_eq!(asked(&comfort, async { Ok(()) }).await, "answered");
        assert_eq!(asked(&comfort, away()).await, "failed");
    }
}
