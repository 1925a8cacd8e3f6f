//! `courtside audit export`: from the log itself, up to its last checkpoint.
use std::path::PathBuf;

use anyhow::{Context, bail};
use audit::export::Export;
use clap::Args;
use domain::audit::{AuditEvent, checkpoint_stream, log_stream};
use domain::stored::StoredEvent;
use event_store::Store;
use runtime::Settings;

use super::this_year;
use crate::events::log::Log;
use crate::events::{show, walk};

#[derive(Args)]
pub struct Arguments {
    /// A directory that is empty or not there yet.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The year whose log it is [default: this one].
    #[arg(long)]
    year: Option<i16>,
}

/// Records read at once.
const PAGE: usize = 256;

pub async fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let year = arguments.year.unwrap_or_else(this_year);
    let log = Log::connect(&settings.event_store_url, "EVENT_STORE_URL").await?;
    let Some((size, note)) = checkpoint(&log.store, year).await? else {
        bail!("no checkpoint of {year} was signed yet: is a scheduler running?");
    };
    let mut export = Export::begin(&arguments.to)
        .with_context(|| format!("cannot export to {}", arguments.to.display()))?;
    let (stream, bar) = (log_stream(year), walk::bar(size, "exporting"));
    let mut next = 0;
    while next < size {
        let page =
            log.store.read_stream(&stream, next, PAGE).await.context("the log cannot be read")?;
        let left = usize::try_from(size - next).unwrap_or(PAGE);
        if page.is_empty() {
            bail!("{stream} ends at {next}, and {size} records are signed: the log is damaged");
        }
        for event in page.into_iter().take(left) {
            let Ok(AuditEvent::Recorded { record }) = AuditEvent::read(&event.kind, &event.data)
            else {
                bail!(
                    "revision {} of {stream} is not a record: the log is damaged",
                    event.revision
                );
            };
            export.push(record.into_bytes()).context("the export cannot be written")?;
            next += 1;
            bar.inc(1);
        }
    }
    export.end(&note).context("the export cannot be written")?;
    bar.finish_and_clear();
    show::say(format_args!("{size} records of {year} are in {}", arguments.to.display()))?;
    Ok(())
}

/// How many records the last checkpoint of a year signs, and itself.
async fn checkpoint(store: &Store, year: i16) -> anyhow::Result<Option<(u64, String)>> {
    let stream = checkpoint_stream(year);
    let last = store.read_stream_backwards(&stream, None, 1).await;
    let last = last.context("the log cannot be read")?;
    let Some(last) = last.first() else { return Ok(None) };
    match AuditEvent::read(&last.kind, &last.data) {
        Ok(AuditEvent::CheckpointSigned { size, note, .. }) => Ok(Some((size, note))),
        _ => {
            bail!("revision {} of {stream} is not a checkpoint: the log is damaged", last.revision)
        }
    }
}
