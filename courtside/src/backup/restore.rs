//! `courtside backup restore`: killed at any point, it is run again.
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use backup::{Archive, Restored};
use clap::Args;
use event_store::Store;
use event_store::copy::Copied;
use runtime::{Settings, migrations};
use vault::Vault;

use super::{Place, Which, keys, open, vault_db, whole};
use crate::events::copy::copy_log;
use crate::events::log::Log;
use crate::events::show;
use crate::vault::said::Said;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    which: Which,
    /// What `courtside backup key` made.
    #[arg(long, value_name = "FILE", env = "BACKUP_IDENTITY_FILE")]
    identity: PathBuf,
}

pub async fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let identities = keys::read(&arguments.identity)?;
    let archive = open(&arguments.place, &arguments.which, identities, settings)?;
    whole(&archive)?;
    let taken_at = archive.manifest.taken_at;
    let brought = bring_back(archive, settings).await?;
    let Brought { copied, vault, again } = brought;
    let was_there = if vault == Restored::WasThere { " (it was there)" } else { "" };
    show::say(format_args!(
        "The vault is back{was_there}. {} events are back, {} of them now: log {}.\n\
         {again} people who were erased had keys again, which are destroyed.\n\
         What was recorded after {taken_at} is not there: who was erased since has to be erased again.\n\
         Now start the projector with an empty read database, or run `courtside projections reset --all`.",
        copied.found + copied.copied,
        copied.copied,
        copied.log.0,
    ))?;
    Ok(())
}

/// What a restore came to.
pub struct Brought {
    pub copied: Copied,
    pub vault: Restored,
    /// People whose keys had to be destroyed again.
    pub again: usize,
}

/// The vault first: no event without its key, in whatever moment somebody looks.
pub async fn bring_back(archive: Archive, settings: &Settings) -> anyhow::Result<Brought> {
    let kek = super::kek(settings)?.clone();
    let vault_url = &settings.vault_database_url;
    migrations::on("VAULT_DATABASE_URL", vault_url, &vault::MIGRATOR).await?;
    if !runtime::settings::is_eventstoredb(&settings.event_store_url) {
        migrations::on("EVENT_STORE_URL", &settings.event_store_url, &migrations::LOG).await?;
    }
    let target = Log::connect(&settings.event_store_url, "EVENT_STORE_URL").await?;
    let db = vault_db(settings).await?;
    let vault = archive.restore_vault(&db).await.context("the vault is not restored")?;
    let source: Store = Arc::new(archive);
    let copied = copy_log(&source, &target.store, None).await.context("the log is not restored")?;
    let keys = Vault::with_also(db, &kek, settings.keys.kek_also.as_ref())?;
    let said = Said::read(&target, "reading").await?;
    let again = scheduler::erasures::reconcile::destroy_again(&keys, &said.erasures()).await?;
    // What time had ended, too: a scheduler would, but somebody may read before one runs.
    if let Some(kept_from) = said.kept_from {
        scheduler::retention::destroy_quarters(&keys, kept_from, || {}).await?;
    }
    Ok(Brought { copied, vault, again })
}
