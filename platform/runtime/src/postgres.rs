//! Pools, and waiting for a server that is not there yet.
use std::time::Duration;

pub use event_store::postgres::in_time;
use event_store::postgres::tended;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::time::{Instant, timeout};

use crate::StartError;
use crate::backoff::Backoff;

/// How long a caller waits for a connection; after that an answer that says so is worth more.
const ACQUIRE: Duration = Duration::from_secs(3);
/// Connections are renewed, so that a pool finds its way back after a failover.
const LIFETIME: Duration = Duration::from_mins(15);
/// What nobody used for so long is given back.
const IDLE: Duration = Duration::from_mins(5);
/// How long a process waits at its start for servers that are starting too.
const START: Duration = Duration::from_secs(30);

/// A pool that connects when first used, gives up on a dead server in seconds, and recovers by itself.
pub fn pool(url: &SecretString, max_connections: u32) -> Result<PgPool, sqlx::Error> {
    let mut options = url.expose_secret().parse::<PgConnectOptions>()?;
    if options.get_application_name().is_none() {
        options = options.application_name("courtside");
    }
    let pool = PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(ACQUIRE)
        .max_lifetime(LIFETIME)
        .idle_timeout(IDLE);
    Ok(tended(pool).connect_lazy_with(options))
}

/// Waits until the server behind `db` lets us in; `setting` is how the user calls it.
pub async fn reachable(db: &PgPool, setting: &str) -> Result<(), StartError> {
    let end = Instant::now() + START;
    let mut backoff = Backoff::up_to(Duration::from_secs(2));
    loop {
        let Err(error) = greet(db).await else { return Ok(()) };
        if let Some(what) = hopeless(&error, setting) {
            return Err(StartError::new(what, error));
        }
        let wait = backoff.wait();
        if end < Instant::now() + wait {
            let seconds = START.as_secs();
            let what = format!(
                "The server of {setting} did not answer for {seconds} s: start it, or correct {setting}."
            );
            return Err(StartError::new(what, error));
        }
        tracing::info!(setting, error = &error as &dyn std::error::Error, "waiting for a server");
        tokio::time::sleep(wait).await;
    }
}

/// Connects once, or says why not. Not through the pool: it hides that behind its own patience.
pub async fn greet(db: &PgPool) -> Result<(), sqlx::Error> {
    let greeting = async { PgConnection::connect_with(&db.connect_options()).await?.close().await };
    timeout(ACQUIRE, greeting).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// What to do about a server that `setting` names and that failed with this.
pub fn next_step(error: &sqlx::Error, setting: &str) -> String {
    hopeless(error, setting).unwrap_or_else(|| {
        if error.as_database_error().is_some() {
            return format!("See what the server of {setting} says, and mend that.");
        }
        format!("Start the server that {setting} names, or correct {setting}.")
    })
}

/// What no waiting mends, said with the next step.
fn hopeless(error: &sqlx::Error, setting: &str) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    match code.as_ref() {
        "28P01" | "28000" => {
            Some(format!("The server refuses the user or password in {setting}: correct it."))
        }
        "42501" => Some(format!(
            "The user in {setting} lacks a right: grant it what it needs (docs/rights.md)."
        )),
        "3D000" => Some(format!(
            "The database named in {setting} does not exist: create it, or correct {setting}."
        )),
        _ => None,
    }
}
