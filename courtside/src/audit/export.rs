//! `courtside audit export`: from the log itself, up to its last checkpoint.
use std::path::PathBuf;

use anyhow::{Context, bail};
use audit::export::Export;
use audit::range::Range;
use clap::Args;
use domain::audit::{AuditEvent, checkpoint_stream, log_stream};
use domain::stored::StoredEvent;
use event_store::Store;
use jiff::Timestamp;
use runtime::Settings;

use super::{this_year, when};
use crate::events::log::Log;
use crate::events::{show, walk};

#[derive(Args)]
pub struct Arguments {
    /// A directory that is empty or not there yet.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// From this time on: 2026-03-01, or 2026-03-01T08:00:00Z. The hashes of all others are exported all the same.
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    from: Option<Timestamp>,
    /// Before this time.
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    to: Option<Timestamp>,
    /// The year whose log it is [default: that of --from or --to, else this one].
    #[arg(long)]
    year: Option<i16>,
}

/// Records read at once.
const PAGE: usize = 256;

pub async fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let Arguments { directory, from, to, year } = arguments;
    let range = Range { from: *from, to: *to };
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        bail!("--to is not after --from");
    }
    let year = match year {
        Some(year) => *year,
        None => when::year(&range)?.unwrap_or_else(this_year),
    };
    let log = Log::connect(&settings.event_store_url, "EVENT_STORE_URL").await?;
    let Some((size, note)) = checkpoint(&log.store, year).await? else {
        bail!("no checkpoint of {year} was signed yet: is a scheduler running?");
    };
    let is_part = range != Range::default();
    let begun =
        if is_part { Export::begin_range(directory, range) } else { Export::begin(directory) };
    let mut export = begun.with_context(|| format!("cannot export to {}", directory.display()))?;
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
    let what = if is_part { "the records of that time, and the hashes of all" } else { "all" };
    show::say(format_args!("{what} {size} records of {year} are in {}", directory.display()))?;
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
