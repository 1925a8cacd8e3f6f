//! `courtside vault`: the keys of personal data, for operators. What it says and what to do is in docs/vault.md.
pub mod check;
mod findings;
mod missing;
pub mod reconcile;
mod rotate;
pub mod said;

use anyhow::Context;
use clap::Subcommand;
use runtime::{Settings, StartError, postgres};
use secrecy::SecretString;
use sqlx::PgPool;
use vault::Vault;

use crate::events::log::Log;

pub use missing::MissingKeys;

#[derive(Subcommand)]
pub enum Command {
    /// Compares the vault with the log: keys that are missing, and keys that should not be there any more.
    Check {
        /// Prints one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Destroys again what the log says is erased. The scheduler does so at every start.
    Reconcile,
    /// Wraps every key with KEK that is still wrapped with KEK_ALSO. Interrupted, it goes on where it was.
    RotateKek,
}

const CONNECTIONS: u32 = 2;

pub async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let vault = open(settings).await?;
    match command {
        Command::Check { json } => {
            let log = Log::connect(&settings.event_store_url, "EVENT_STORE_URL").await?;
            check::run(&log, &vault, json).await
        }
        Command::Reconcile => {
            let log = Log::connect(&settings.event_store_url, "EVENT_STORE_URL").await?;
            reconcile::run(&log, &vault).await
        }
        Command::RotateKek => rotate::run(&vault, settings.keys.kek_also.is_some()).await,
    }
}

pub async fn open(settings: &Settings) -> anyhow::Result<Vault> {
    let kek = kek(settings)?;
    let db = db(settings).await?;
    Ok(Vault::with_also(db, kek, settings.keys.kek_also.as_ref())?)
}

pub fn kek(settings: &Settings) -> Result<&SecretString, StartError> {
    settings.keys.kek.as_ref().ok_or_else(|| StartError {
        what:
            "Set KEK or KEK_FILE: it wraps the keys in the vault, and says that a backup is ours."
                .to_owned(),
        source: None,
    })
}

/// The vault's database, for whoever copies it as it is.
pub async fn db(settings: &Settings) -> anyhow::Result<PgPool> {
    let db = postgres::pool(&settings.vault_database_url, CONNECTIONS)
        .context("VAULT_DATABASE_URL is not a Postgres URL")?;
    postgres::reachable(&db, "VAULT_DATABASE_URL").await?;
    Ok(db)
}
