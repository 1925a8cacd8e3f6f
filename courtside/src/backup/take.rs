//! `courtside backup take`.
use anyhow::Context;
use backup::{Folder, Taken, Taking};
use clap::Args;
use event_store::log_id;
use jiff::SignedDuration;
use runtime::{Clock, Settings};

use super::metrics::Metrics;
use super::{Place, keys, seal};
use crate::events::log::Log;
use crate::events::{show, walk};
use crate::vault;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Who may open it: `age1…`, as `courtside backup key` prints it. Several with commas between.
    #[arg(
        long = "for",
        value_name = "RECIPIENT",
        env = "BACKUP_RECIPIENTS",
        value_delimiter = ',',
        required = true
    )]
    recipients: Vec<String>,
    /// Begins with the first event again; else it goes on with the newest.
    #[arg(long)]
    full: bool,
    /// Does so by itself when the newest was begun so many days ago.
    #[arg(long, value_name = "DAYS", default_value = "7")]
    full_after: u16,
    /// How many that begin with the first event stay.
    #[arg(long, value_name = "N", default_value = "2", value_parser = clap::value_parser!(u16).range(1..))]
    keep: u16,
    #[command(flatten)]
    metrics: Metrics,
    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
}

pub async fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let recipients = keys::recipients(&arguments.recipients)?;
    let seal = seal(settings)?;
    let log = Log::connect(&settings.event_store_url, "EVENT_STORE_URL").await?;
    let vault = vault::db(settings).await?;
    let id = log_id(&log.store).await.context("the log cannot be read")?;
    let id = id.context("the log was never opened: there is nothing to put away")?;
    let bar = walk::bar(1, "reading");
    let taking = Taking {
        folder: &Folder::at(&arguments.place.folder),
        store: &log.store,
        log: id,
        vault: &vault,
        recipients: &recipients,
        seal: &seal,
        now: Clock::new().now(),
        full: arguments.full,
        full_after: SignedDuration::from_hours(24 * i64::from(arguments.full_after)),
        keep: arguments.keep.into(),
        progress: &|done, all| {
            bar.set_length(all);
            bar.set_position(done);
        },
    };
    let taken = taking.run().await;
    bar.finish_and_clear();
    let Taken { chain, manifest, events } = taken.context("no backup was taken")?;
    arguments.metrics.write(&[
        (
            "backup_taken_timestamp_seconds",
            "When the last backup was taken, since 1970",
            manifest.taken_at.as_second(),
        ),
        (
            "backup_size_bytes",
            "All files of the newest backup",
            manifest.bytes().try_into().unwrap_or(i64::MAX),
        ),
    ])?;
    if arguments.json {
        let said = serde_json::json!({
            "chain": chain.file_name().and_then(|it| it.to_str()), "events": events,
            "position": manifest.position, "keys": manifest.vault.keys, "bytes": manifest.bytes(),
            "taken_at": manifest.taken_at,
        });
        return show::say(said).map_err(Into::into);
    }
    show::say(format_args!(
        "{events} events more, up to position {}; {} keys of the vault. {} holds {} bytes in {} files.",
        manifest.position,
        manifest.vault.keys,
        chain.display(),
        manifest.bytes(),
        manifest.files().count(),
    ))?;
    Ok(())
}
