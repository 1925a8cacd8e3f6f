//! When to look again at what may change while a process runs: the certificate, the log's level and its file.
//!
//! At once on SIGHUP, and every few seconds all the same: whoever exchanges a file that is mounted here may not be able
//! to send a signal.
use std::future::pending;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// These change once in weeks; some seconds are soon enough, and a look costs a few small files.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Each hears every signal; from the first on, SIGHUP does not end the process any more.
pub struct Looks {
    hangups: Option<Signal>,
}

impl Looks {
    #[must_use]
    pub fn begin() -> Self {
        Self { hangups: signal(SignalKind::hangup()).ok() }
    }

    /// Returns when it is time.
    pub async fn next(&mut self) {
        let hung_up = async {
            match &mut self.hangups {
                Some(it) => it.recv().await,
                None => pending().await,
            }
        };
        let _ = tokio::time::timeout(LOOK_EVERY, hung_up).await;
    }
}
