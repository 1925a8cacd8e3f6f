//! What tests stand on: a database of their own on the real Postgres that `ops/test` started.
//!
//! **Invariant:** only tests depend on this crate.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "this is test support: it may fail loudly"
)]

pub mod cut;
pub mod dump;
mod ports;
pub mod redis;
pub mod server;

use std::sync::mpsc;
use std::time::Duration;

pub use ports::free_port;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool};

/// A database that nobody else uses, dropped with this value.
pub struct Scratch {
    pub pool: PgPool,
    pub url: String,
    /// `None` for one that goes with its server.
    name: Option<String>,
}

impl Scratch {
    /// Makes a database and migrates it.
    pub async fn new(migrator: &Migrator) -> Self {
        let scratch = Self::empty().await;
        migrator.run(&scratch.pool).await.expect("the migrations apply to an empty database");
        scratch
    }

    /// Makes a database with nothing in it.
    pub async fn empty() -> Self {
        let name = format!("scratch_{}", uuid::Uuid::new_v4().simple());
        let mut admin = admin().await;
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut admin)
            .await
            .expect("the test role may create databases");
        let options = server()
            .parse::<sqlx::postgres::PgConnectOptions>()
            .expect("TEST_POSTGRES_URL is a URL");
        let options = options.database(&name);
        let url = options.to_url_lossy().to_string();
        Self { pool: pool(options).await, url, name: Some(name) }
    }

    /// An empty database of a [`server::Server`], migrated.
    pub async fn of(url: String, migrator: &Migrator) -> Self {
        let options = url.parse::<sqlx::postgres::PgConnectOptions>().expect("a URL");
        let scratch = Self { pool: pool(options).await, url, name: None };
        migrator.run(&scratch.pool).await.expect("the migrations apply to an empty database");
        scratch
    }
}

/// The EventStoreDB to test against, if there is one.
pub fn eventstore_url() -> Option<String> {
    std::env::var("TEST_EVENTSTORE_URL").ok().filter(|it| !it.is_empty())
}

/// The seeds of a simulation's worlds, or the one that `TEST_SEED` names, alone.
pub fn seeds(all: std::ops::Range<u64>) -> std::ops::Range<u64> {
    match std::env::var("TEST_SEED") {
        Ok(seed) => {
            let seed = seed.parse::<u64>().expect("TEST_SEED is a number");
            seed..seed + 1
        }
        Err(_) => all,
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let Some(name) = self.name.take() else { return };
        // A runtime cannot be entered from its own thread, so the end is told from another.
        let (dropped, wait) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                let _ = sqlx::query(AssertSqlSafe(statement)).execute(&mut admin().await).await;
            });
            let _ = dropped.send(());
        });
        // Not for ever: the server waits for every connection that is being made, and this very thread may be
        // making one. What it was told it does, whether or not anybody waits.
        let _ = wait.recv_timeout(Duration::from_millis(500));
    }
}

/// One statement, on any server.
pub async fn execute(url: &str, statement: &str) {
    let mut db = PgConnection::connect(url).await.expect("the server can be reached");
    let done = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut db).await;
    done.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// Waits until `condition` holds; says `what` did not happen after `within`.
pub async fn eventually<F: Future<Output = bool>>(
    what: &str,
    within: Duration,
    mut condition: impl FnMut() -> F,
) {
    let end = tokio::time::Instant::now() + within;
    while !condition().await {
        assert!(tokio::time::Instant::now() < end, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn server() -> String {
    std::env::var("TEST_POSTGRES_URL")
        .expect("TEST_POSTGRES_URL names a Postgres to test on; ops/test starts one")
}

async fn pool(options: sqlx::postgres::PgConnectOptions) -> PgPool {
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(10).connect_with(options);
    pool.await.expect("a database just made can be reached")
}

async fn admin() -> PgConnection {
    PgConnection::connect(&server()).await.expect("the test Postgres can be reached")
}
