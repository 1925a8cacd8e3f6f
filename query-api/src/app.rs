use std::sync::Arc;

use access::Access;
use axum::extract::FromRef;
use event_store::{LogId, Store};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use runtime::health::Health;
use runtime::rate_limits::RateLimits;
use runtime::{Clock, Platform, Settings, StartError, postgres};
use sqlx::PgPool;

use crate::live::{Hub, Measures};
use crate::snapshot::Arrivals;

/// Everything a handler may reach. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub read: PgPool,
    /// Caught mail, in demo mode; nothing else here is read.
    pub edge: PgPool,
    pub access: Access,
    pub clock: Clock,
    pub store: Store,
    pub log: LogId,
    pub settings: Arc<Settings>,
    pub arrivals: Arrivals,
    pub live: Hub,
    pub rate_limits: RateLimits,
    pub searches: Searches,
}

/// The search's own metrics, by the names their users know.
#[derive(Clone)]
pub struct Searches {
    pub total: Counter,
    pub empty: Counter,
    pub duration_ms: Histogram,
}

/// Connections of one process to the read models.
const READ_CONNECTIONS: u32 = 20;
const EDGE_CONNECTIONS: u32 = 2;

impl App {
    pub fn new(platform: &Platform, access: Access) -> Result<Self, StartError> {
        let read = postgres::pool(&platform.settings.read_database_url, READ_CONNECTIONS)
            .map_err(|error| StartError::new("READ_DATABASE_URL is not a Postgres URL", error))?;
        let edge = postgres::pool(&platform.settings.edge_database_url, EDGE_CONNECTIONS)
            .map_err(|error| StartError::new("EDGE_DATABASE_URL is not a Postgres URL", error))?;
        let arrivals = Arrivals::listen(read.clone(), platform.shutdown.clone());
        let live = Hub::start(
            read.clone(),
            platform.log,
            arrivals.clone(),
            Measures::register(&platform.metrics),
            // Who listens to a day would else hold up the end.
            platform.ending.clone(),
        );
        Ok(Self {
            read,
            edge,
            access,
            clock: platform.clock.clone(),
            store: platform.store.clone(),
            log: platform.log,
            settings: platform.settings.clone(),
            arrivals,
            live,
            rate_limits: platform.rate_limits.clone(),
            searches: Searches::register(platform),
        })
    }

    /// What the query side cannot do without.
    #[must_use]
    pub fn health(&self, health: Health) -> Health {
        health
            .with(runtime::health::PostgresCheck { name: "read_database", pool: self.read.clone() })
    }
}

impl FromRef<App> for Access {
    fn from_ref(app: &App) -> Self {
        app.access.clone()
    }
}

impl Searches {
    fn register(platform: &Platform) -> Self {
        /// Milliseconds; a search is a few, and one over a second is a fault.
        const BUCKETS: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 250.0, 500.0, 1000.0];
        let searches = Self {
            total: Counter::default(),
            empty: Counter::default(),
            duration_ms: Histogram::new(BUCKETS),
        };
        let mut registry =
            platform.metrics.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        registry.register(
            "courts_available_search",
            "Searches for a free court",
            searches.total.clone(),
        );
        registry.register(
            "courts_available_empty",
            "Searches that found none",
            searches.empty.clone(),
        );
        registry.register(
            "courts_available_duration_ms",
            "Time a search took, in milliseconds",
            searches.duration_ms.clone(),
        );
        searches
    }
}
