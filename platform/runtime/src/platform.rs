//! What a process has once it is up: built in one place, handed to every role it runs.
use event_store::{Executor, LogId, Store};

use crate::metrics::Metrics;
use crate::{Clock, Settings, Shutdown};

/// Cheap to clone; all clones are one process.
#[derive(Clone)]
pub struct Platform {
    pub settings: std::sync::Arc<Settings>,
    pub clock: Clock,
    pub store: Store,
    pub executor: Executor,
    pub log: LogId,
    pub metrics: Metrics,
    pub shutdown: Shutdown,
}

/// Why a process cannot begin.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct StartError {
    /// One sentence with the next step.
    pub what: String,
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StartError {
    pub fn new(
        what: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { what: what.into(), source: Some(source.into()) }
    }
}

impl Platform {
    /// Connects to the event store, corrects the clock by the database's (now and every minute), and learns the log's id.
    pub async fn start(settings: Settings, shutdown: Shutdown) -> Result<Self, StartError> {
        let _ = (settings, shutdown);
        unimplemented!("runtime helper")
    }
}
