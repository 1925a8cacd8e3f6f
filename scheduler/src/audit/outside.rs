//! The copy outside: each new checkpoint into a directory, and to somebody else's server. Whoever holds the signing key can
//! make another history, but not another copy of what was given away.
//!
//! **Invariant:** nothing here is waited for by the signer. Of a year only the newest checkpoint is offered; those that it
//! overtook follow from it.
pub mod directory;
pub mod webhook;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use runtime::Shutdown;
use runtime::backoff::Backoff;
use tokio::sync::watch;

use super::health::Standings;
use super::metrics::AuditMetrics;

/// A checkpoint that is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    pub year: i16,
    pub size: u64,
    pub note: String,
}

/// The newest of each year.
pub type Newest = BTreeMap<i16, Arc<SignedCheckpoint>>;

/// Somewhere a checkpoint is kept.
#[async_trait]
pub trait Outside: Send {
    fn name(&self) -> &'static str;

    /// Returns when it is there. Given the same one twice it is there once.
    async fn keep(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), CopyError>;
}

/// Why a checkpoint is not outside. It, or the one that follows, is tried again.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("{path}")]
    File {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} is not a checkpoint: move it away")]
    Foreign { path: String },
    /// What only a copy outside can show.
    #[error(
        "{path} signs {size} records, and the log has no such checkpoint: it was taken back, or exchanged. Nothing is \
         overwritten; compare the two, then move the file away"
    )]
    TakenBack { path: String, size: u64 },
    #[error("the log cannot be read")]
    Log(#[from] event_store::ReadError),
    #[error("the receiver does not answer")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the receiver answers {0}")]
    Refused(u16),
}

/// A receiver that was away is not kept waiting longer than this once it is back.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Keeps the newest checkpoints outside until shutdown.
pub async fn copy(
    mut outside: Box<dyn Outside>,
    mut newest: watch::Receiver<Newest>,
    standings: Standings,
    metrics: AuditMetrics,
    shutdown: Shutdown,
) {
    let mut kept = Newest::new();
    let mut backoff = Backoff::up_to(LONGEST_WAIT);
    while !shutdown.is_cancelled() {
        let due: Vec<_> = newest
            .borrow_and_update()
            .iter()
            .rev()
            .filter(|(year, it)| kept.get(year) != Some(it))
            .map(|(_, it)| Arc::clone(it))
            .collect();
        let mut failed = None;
        for checkpoint in due {
            let keeping = outside.keep(&checkpoint);
            let Some(done) = shutdown.run_until_cancelled(keeping).await else { return };
            match done {
                Ok(()) => {
                    metrics.copied(outside.name(), checkpoint.size);
                    kept.insert(checkpoint.year, checkpoint);
                }
                Err(error) => failed = Some(error),
            }
        }
        note(outside.name(), failed.as_ref(), &standings);
        let waiting = async {
            if failed.is_some() {
                tokio::time::sleep(backoff.wait()).await;
            } else {
                backoff.reset();
                // The signer is there as long as the process is.
                if newest.changed().await.is_err() {
                    shutdown.cancelled().await;
                }
            }
        };
        shutdown.run_until_cancelled(waiting).await;
    }
}

/// Keeps what is wrong for probes, and logs it when it is new.
fn note(name: &'static str, error: Option<&CopyError>, standings: &Standings) {
    standings.outside.send_modify(|it| {
        let said = error.map(ToString::to_string);
        if let Some(error) = error.filter(|_| it.get(name) != said.as_ref()) {
            let error = error as &dyn std::error::Error;
            tracing::error!(to = name, error, "a checkpoint of the login audit is not outside");
        }
        match said {
            Some(said) => it.insert(name, said),
            None => it.remove(name),
        };
    });
}
