//! Events become rows: the read models, how they are kept, and how they are made anew while they serve.
//!
//! **Invariant:** only this crate writes the read models, and everything in them can be made again from the log.
#![warn(clippy::unwrap_used)]

mod actions;
mod audit;
mod availability;
mod bookings;
mod builds;
mod calendars;
mod courts;
mod following;
mod guests;
mod live;
mod logins;
mod metrics;
pub mod parked;
mod parking;
mod participants;
pub mod personal;
mod preferences;
pub mod projection;
pub mod projections;
mod rebuilds;
mod receipts;
pub mod reset;
mod service_accounts;
mod sessions;
mod statistics;
pub mod status;
mod users;
mod waitlist;

use std::sync::Arc;
use std::time::Duration;

use event_store::{Executor, LogId, Store, Tail};
use futures::future::join_all;
use runtime::backoff::Backoff;
use runtime::follow::{FollowError, follow};
use runtime::{Clock, Platform, Shutdown, StartError, postgres};
use sqlx::PgPool;
use tokio::sync::{Notify, watch};
use vault::Vault;

use crate::metrics::Measures;
use crate::projections::Projections;
use crate::rebuilds::{Requests, Worker};

/// Each projection holds one connection while it applies a batch, or says what is wrong with it.
const READ_CONNECTIONS: u32 = 20;
const VAULT_CONNECTIONS: u32 = 4;

/// Runs all projections and works off rebuilds until the platform shuts down.
pub async fn run(platform: Platform) -> Result<(), StartError> {
    let settings = &platform.settings;
    let pool = |url, setting: &str, connections| {
        postgres::pool(url, connections).map_err(|error| {
            StartError::new(format!("{setting} is not the URL of a Postgres database."), error)
        })
    };
    let db = pool(&settings.read_database_url, "READ_DATABASE_URL", READ_CONNECTIONS)?;
    let vault_db = pool(&settings.vault_database_url, "VAULT_DATABASE_URL", VAULT_CONNECTIONS)?;
    let kek = settings.keys.kek.as_ref().ok_or_else(|| StartError {
        what: "Set KEK or KEK_FILE: the projector opens personal data with it.".to_owned(),
        source: None,
    })?;
    let vault =
        Vault::with_also(vault_db, kek, settings.keys.kek_also.as_ref()).map_err(|error| {
            StartError::new("KEK is not a key: give it as 64 hexadecimal digits.", error)
        })?;
    postgres::reachable(&db, "READ_DATABASE_URL").await?;

    let measures = Measures::register(&platform.metrics);
    let projector = Projector {
        db,
        executor: platform.executor,
        tail: platform.tail,
        log: platform.log,
        clock: platform.clock,
        shutdown: platform.shutdown,
        projections: projections::all(&vault, &measures.overlaps),
        pace: Pace::default(),
        measures,
        requested: Arc::default(),
        switched: Arc::default(),
    };
    projector.run().await;
    Ok(())
}

/// Everything a projector works with.
pub struct Projector {
    db: PgPool,
    executor: Executor,
    tail: Tail,
    log: LogId,
    clock: Clock,
    shutdown: Shutdown,
    projections: Projections,
    pace: Pace,
    measures: Measures,
    /// Told when there may be a rebuild to do.
    requested: Arc<Notify>,
    /// Told when another build may be live.
    switched: Arc<Notify>,
}

/// How large the steps of a rebuild are.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Events in one transaction. A kill costs one of these; a larger one hardly costs less for each event.
    pub chunk: usize,
    /// After this long without a sign of life another projector takes a rebuild over.
    pub lease: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { chunk: 20_000, lease: Duration::from_secs(10) }
    }
}

impl Projector {
    /// A projector of given projections, at a given pace.
    pub fn new(
        db: PgPool,
        executor: Executor,
        log: LogId,
        projections: Projections,
        pace: Pace,
        shutdown: Shutdown,
    ) -> Self {
        Self {
            db,
            tail: Tail::new(Arc::clone(executor.store())),
            executor,
            log,
            clock: Clock::new(),
            shutdown,
            projections,
            pace,
            measures: Measures::default(),
            requested: Arc::default(),
            switched: Arc::default(),
        }
    }

    fn store(&self) -> &Store {
        self.executor.store()
    }

    /// Follows and rebuilds until shutdown.
    pub async fn run(&self) {
        let (sender, live) = watch::channel(following::LiveBuilds::new());
        let following =
            self.projections.iter().map(|it| following::follow_live(self, it, live.clone()));
        tokio::join!(following::watch(self, sender), join_all(following), self.rebuild());
    }

    /// Reads what operators ask for, and does it.
    async fn rebuild(&self) {
        let mut backoff = Backoff::up_to(Duration::from_secs(5));
        let head = loop {
            let error = match self.prepare().await {
                Ok(head) => break head,
                Err(error) => error,
            };
            tracing::warn!(error = &error as &dyn std::error::Error, "rebuilds wait");
            tokio::select! {
                () = tokio::time::sleep(backoff.wait()) => {}
                () = self.shutdown.cancelled() => return,
            }
        };
        let requests = Requests { news: Arc::clone(&self.requested) };
        let reading =
            follow(self.db.clone(), self.tail.clone(), self.log, &requests, self.shutdown.clone());
        tokio::join!(reading, Worker::new(self, head).work());
    }

    async fn prepare(&self) -> Result<event_store::Position, FollowError> {
        rebuilds::prepare(&self.db, self.store(), self.log).await?;
        Ok(self.store().head().await?)
    }
}
