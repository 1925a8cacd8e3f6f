//! A log that is looked at. Not through the platform: a role's start gives a new log its id, and looking writes nothing.
use std::sync::Arc;

use event_store::Store;
use event_store::eventstoredb::{ConnectError, EventStoreDb};
use event_store::postgres::PostgresStore;
use runtime::{StartError, postgres, settings};
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;

pub struct Log {
    pub store: Store,
    /// The database, if the log is in one.
    pub postgres: Option<PgPool>,
}

/// One command reads at a time, and one connection more lets it look at the head meanwhile.
const READERS: u32 = 2;

impl Log {
    /// Connects to the log at `url`, which the user calls `name`. What is wrong with a URL is said without it and
    /// without the reason, either of which may hold a password.
    pub async fn connect(url: &SecretString, name: &str) -> Result<Self, StartError> {
        if settings::is_eventstoredb(url) {
            let store = EventStoreDb::connect(url.expose_secret()).map_err(|it| match it {
                ConnectError::Url(_) => no_url(name),
                it => StartError::new(format!("{name} cannot be used: correct it."), it),
            })?;
            return Ok(Self { store: Arc::new(store), postgres: None });
        }
        let is_postgres = url.expose_secret().starts_with("postgres");
        let pool = is_postgres.then(|| postgres::pool(url, READERS).ok()).flatten();
        let pool = pool.ok_or_else(|| no_url(name))?;
        postgres::reachable(&pool, name).await?;
        Ok(Self { store: Arc::new(PostgresStore::new(pool.clone())), postgres: Some(pool) })
    }

    /// Whether positions count events, without a hole; else they only grow.
    pub fn counts(&self) -> bool {
        self.postgres.is_some()
    }

    pub fn kind(&self) -> &'static str {
        if self.postgres.is_some() { "Postgres" } else { "EventStoreDB" }
    }
}

fn no_url(name: &str) -> StartError {
    let what = format!("{name} is neither a postgres:// nor an esdb:// URL: correct it.");
    StartError { what, source: None }
}
