//! `courtside backup restore`: killed at any point, it is run again.
use std::sync::Arc;

use ::vault::Vault;
use anyhow::Context;
use backup::{Archive, Restored};
use clap::Args;
use event_store::Store;
use event_store::copy::Copied;
use runtime::{Settings, migrations};

use super::Source;
use crate::events::copy::copy_log;
use crate::events::log::Log;
use crate::events::show;
use crate::vault;
use crate::vault::reconcile::{self, Again};
use crate::vault::said::Said;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
}

pub async fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let archive = arguments.source.open(settings)?;
    let taken_at = archive.manifest.taken_at;
    let brought = bring_back(archive, settings).await?;
    let Brought { copied, vault, again, .. } = brought;
    let was_there = if vault == Restored::WasThere { " (it was there)" } else { "" };
    show::say(format_args!(
        "The vault is back{was_there}. {} events are back, {} of them now: log {}.\n\
         {} people who were erased had keys again, which are destroyed.\n\
         What was recorded after {taken_at} is not there: who was erased since has to be erased again.\n\
         Now start the projector with an empty read database, or run `courtside projections reset --all`.",
        copied.found + copied.copied,
        copied.copied,
        copied.log.0,
        again.had_keys,
    ))?;
    Ok(())
}

/// What a restore came to.
pub struct Brought {
    pub log: Log,
    pub copied: Copied,
    pub vault: Restored,
    /// The vault, and what the log says of its keys.
    pub keys: Vault,
    pub said: Said,
    /// Keys that had to be destroyed again: a scheduler would, but somebody may read before one runs.
    pub again: Again,
}

/// The vault first: no event without its key, in whatever moment somebody looks.
pub async fn bring_back(archive: Archive, settings: &Settings) -> anyhow::Result<Brought> {
    let vault_url = &settings.vault_database_url;
    migrations::on("VAULT_DATABASE_URL", vault_url, &::vault::MIGRATOR).await?;
    if !runtime::settings::is_eventstoredb(&settings.event_store_url) {
        migrations::on("EVENT_STORE_URL", &settings.event_store_url, &migrations::LOG).await?;
    }
    let log = Log::connect(&settings.event_store_url, "EVENT_STORE_URL").await?;
    let db = vault::db(settings).await?;
    let restored = archive.restore_vault(&db).await.context("the vault is not restored")?;
    let source: Store = Arc::new(archive);
    let copied = copy_log(&source, &log.store, None).await.context("the log is not restored")?;
    let keys = vault::open(settings).await?;
    let said = Said::read(&log, "reading").await?;
    let again = reconcile::again(&said, &keys).await?;
    Ok(Brought { log, copied, vault: restored, keys, said, again })
}
