//! What a process has once it is up: built in one place, handed to every role it runs.
use std::sync::Arc;

use event_store::eventstoredb::EventStoreDb;
use event_store::log::{OpenError, open_log};
use event_store::postgres::PostgresStore;
use event_store::{Executor, Hindrance, LogId, Store, Tail};
use secrecy::ExposeSecret;

use crate::clock::DemoClock;
use crate::metrics::Metrics;
use crate::rate_limits::{Buckets, PostgresBuckets, RateLimits, RedisBuckets};
use crate::{Clock, Settings, Shutdown, ids, postgres, settings};

/// Cheap to clone; all clones are one process.
#[derive(Clone)]
pub struct Platform {
    pub settings: Arc<Settings>,
    pub clock: Clock,
    pub store: Store,
    pub executor: Executor,
    /// What followers read.
    pub tail: Tail,
    pub log: LogId,
    pub metrics: Metrics,
    pub rate_limits: RateLimits,
    /// Cancelled first: no more is taken on, and what was begun is finished with everything it needs.
    pub ending: Shutdown,
    /// Cancelled when that is done.
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
        let is_other_store = settings::is_eventstoredb(url);
        // The clock of EventStoreDB cannot be asked; every role has the edge database too.
        let (timed_by, name) = if is_other_store {
            (&settings.edge_database_url, "EDGE_DATABASE_URL")
        } else {
            (url, "EVENT_STORE_URL")
        };
        let unreadable = |it| StartError::new(format!("{name} cannot be read: correct it."), it);
        let db = postgres::pool(timed_by, LOG_READERS).map_err(unreadable)?;
        postgres::reachable(&db, name).await?;

        let clock = Clock::new();
        let uncompared = |it| {
            StartError::new("The clock cannot be compared with the database's: start again.", it)
        };
        let skew = clock.compare(&db).await.map_err(uncompared)?;
        tokio::spawn(clock.clone().keep(db.clone(), shutdown.clone()));
        if let Some(demo) = DemoClock::of(&settings) {
            demo.keep(&clock, shutdown.clone());
        }

        let store: Store = if is_other_store {
            let unusable = |it| StartError::new("EVENT_STORE_URL cannot be used: correct it.", it);
            Arc::new(EventStoreDb::connect(url.expose_secret()).map_err(unusable)?)
        } else {
            Arc::new(PostgresStore::new(db))
        };
        let unopened = |it: OpenError| {
            let next =
                it.hindrance().map_or("See the cause, and start again.", Hindrance::next_step);
            StartError::new(format!("The log at EVENT_STORE_URL cannot be opened. {next}"), it)
        };
        let log = open_log(&store, ids::new(), clock.now()).await.map_err(unopened)?;
        tracing::info!(log = %log.0, skew_ms = i64::try_from(skew.as_millis()).unwrap_or_default(), "the event store is open");
        let metrics = Metrics::default();
        let buckets = buckets(&settings)?;
        Ok(Self {
            rate_limits: RateLimits::new(buckets, &settings, &metrics),
            settings: Arc::new(settings),
            clock,
            executor: Executor::new(store.clone()),
            tail: Tail::new(store.clone()),
            store,
            log,
            metrics,
            ending: shutdown.child_token(),
            shutdown,
        })
    }
}

/// One short statement for each request, or two.
const BUCKET_CONNECTIONS: u32 = 8;

/// Where quotas are counted. Neither place has to be there yet, nor always.
fn buckets(settings: &Settings) -> Result<Box<dyn Buckets>, StartError> {
    if let Some(url) = &settings.rate_limits.redis_url {
        let redis = RedisBuckets::new(url).map_err(|it| {
            StartError::new("RATE_LIMIT_REDIS_URL cannot be used: correct it.", it)
        })?;
        return Ok(Box::new(redis));
    }
    let edge = postgres::pool(&settings.edge_database_url, BUCKET_CONNECTIONS)
        .map_err(|it| StartError::new("EDGE_DATABASE_URL cannot be read: correct it.", it))?;
    Ok(Box::new(PostgresBuckets(edge)))
}
