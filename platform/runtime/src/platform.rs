//! What a process has once it is up: built in one place, handed to every role it runs.
use std::sync::Arc;

use event_store::log::open_log;
use event_store::postgres::PostgresStore;
use event_store::{Executor, LogId, Store};
use secrecy::ExposeSecret;

use crate::metrics::Metrics;
use crate::{Clock, Settings, Shutdown, ids, postgres};

/// Cheap to clone; all clones are one process.
#[derive(Clone)]
pub struct Platform {
    pub settings: Arc<Settings>,
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

/// Readers of the log in one process; each command reads a stream, briefly.
const LOG_READERS: u32 = 8;

impl Platform {
    /// Connects to the event store, corrects the clock by the database's (now and every minute), and learns the log's id.
    ///
    /// A server that is not there yet is waited for; what waiting cannot mend is said in one sentence.
    pub async fn start(settings: Settings, shutdown: Shutdown) -> Result<Self, StartError> {
        let url = &settings.event_store_url;
        if url.expose_secret().starts_with("esdb://") {
            let what = "EVENT_STORE_URL names an EventStoreDB, which comes later: use postgres://… for now.";
            return Err(StartError { what: what.to_owned(), source: None });
        }
        let unreadable = |it| StartError::new("EVENT_STORE_URL cannot be read: correct it.", it);
        let db = postgres::pool(url, LOG_READERS).map_err(unreadable)?;
        postgres::reachable(&db, "EVENT_STORE_URL").await?;

        let clock = Clock::new();
        let uncompared = |it| {
            StartError::new("The clock cannot be compared with the database's: start again.", it)
        };
        let skew = clock.compare(&db).await.map_err(uncompared)?;
        tokio::spawn(clock.clone().keep(db.clone(), shutdown.clone()));

        let store: Store = Arc::new(PostgresStore::new(db));
        let unopened = |it| {
            let what =
                "The log at EVENT_STORE_URL cannot be opened: if it is new, run courtside migrate.";
            StartError::new(what, it)
        };
        let log = open_log(&store, ids::new(), clock.now()).await.map_err(unopened)?;
        tracing::info!(log = %log.0, skew_ms = i64::try_from(skew.as_millis()).unwrap_or_default(), "the event store is open");
        Ok(Self {
            settings: Arc::new(settings),
            clock,
            executor: Executor::new(store.clone()),
            store,
            log,
            metrics: Metrics::default(),
            shutdown,
        })
    }
}
