//! `courtside events read`.
use anyhow::{Context, bail};
use clap::Args;
use event_store::limits::{MAX_NAME_BYTES, is_name};
use event_store::{Store, StreamEvent};

use super::log::Log;
use super::show;

#[derive(Args)]
pub struct Arguments {
    /// The stream's name, as in `court-7FK2`.
    stream: String,
    /// The revision to begin at; revisions count from 0.
    #[arg(long, value_name = "REVISION")]
    from: Option<u64>,
    /// Newest first.
    #[arg(long)]
    backwards: bool,
    /// The most events.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

/// Events in one read.
const PAGE: usize = 500;

pub async fn run(log: &Log, arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { stream, from, backwards, .. } = arguments;
    if !is_name(stream) {
        bail!(
            "{stream:?} is no stream's name, which is 1 to {MAX_NAME_BYTES} visible ASCII characters"
        );
    }
    let last = log.store.read_stream_backwards(stream, None, 1).await;
    let last = last.context("the stream cannot be read")?.first().map(|it| it.revision);
    let Some(last) = last else {
        bail!("there is no stream {stream} in this log");
    };
    if let Some(from) = from.filter(|it| last < *it) {
        bail!("{stream} ends at revision {last}: there is no revision {from}");
    }
    let begin = from.unwrap_or(if *backwards { last } else { 0 });
    let left = if *backwards { begin + 1 } else { last - begin + 1 };
    let limit = usize::try_from(left).unwrap_or(usize::MAX).min(arguments.limit);
    print(&log.store, arguments, begin, limit).await?;
    if (limit as u64) < left {
        let step = limit as u64;
        let next = if *backwards { begin - step } else { begin + step };
        eprintln!("{} more: --from {next}", left - step);
    }
    Ok(())
}

async fn print(
    store: &Store,
    arguments: &Arguments,
    mut next: u64,
    limit: usize,
) -> anyhow::Result<()> {
    let Arguments { stream, backwards, json, .. } = arguments;
    let mut table = show::table(std::iter::once("REVISION").chain(show::COLUMNS));
    let mut printed = 0;
    while printed < limit {
        let page = page(store, arguments, next, PAGE.min(limit - printed)).await;
        let page = page.context("the stream cannot be read")?;
        let Some(edge) = page.last().map(|it| it.revision) else { break };
        printed += page.len();
        for it in &page {
            if *json {
                show::say(show::line(None, stream, it)?)?;
            } else {
                let cells = std::iter::once(it.revision.to_string()).chain(show::cells(it));
                show::row(&mut table, cells);
            }
        }
        match if *backwards { edge.checked_sub(1) } else { edge.checked_add(1) } {
            Some(it) => next = it,
            None => break,
        }
    }
    if !json {
        show::align_right(&mut table, [0]);
        show::say(table)?;
    }
    Ok(())
}

async fn page(
    store: &Store,
    Arguments { stream, backwards, .. }: &Arguments,
    from: u64,
    limit: usize,
) -> Result<Vec<StreamEvent>, event_store::ReadError> {
    if *backwards {
        store.read_stream_backwards(stream, Some(from), limit).await
    } else {
        store.read_stream(stream, from, limit).await
    }
}
