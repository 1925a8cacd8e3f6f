//! `courtside events verify`: the whole log, event by event, in the memory of its streams' names.
mod checker;

use anyhow::{Context, bail};
use clap::Args;
use event_store::Position;
use serde::Serialize;

use self::checker::{Checker, Fault};
use super::log::Log;
use super::show;
use super::walk::Walk;

#[derive(Args)]
pub struct Arguments {
    /// Begins with this position. What came before is then taken on trust.
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    from: Position,
    /// One JSON object a line: the first faults, then what was counted.
    #[arg(long)]
    json: bool,
}

/// Faults that are shown; the others are counted. Damage seldom comes alone.
const SHOWN: usize = 20;

#[derive(Serialize)]
struct Summary {
    events: u64,
    streams: usize,
    head: Position,
    faults: u64,
}

pub async fn run(log: &Log, arguments: &Arguments) -> anyhow::Result<()> {
    let after = arguments.from.saturating_sub(1);
    let mut checker = Checker::new(after, log.counts());
    let walking = Walk::begin(&log.store, after, "verifying").await;
    let mut walk = walking.context("the log cannot be read")?;
    let mut summary = Summary { events: 0, streams: 0, head: walk.until(), faults: 0 };
    let mut first: Vec<Fault> = Vec::new();
    loop {
        let steps = walk.next().await.context("the log cannot be read")?;
        if steps.is_empty() {
            break;
        }
        summary.events += steps.len() as u64;
        for fault in steps.iter().flat_map(|it| checker.see(it)) {
            summary.faults += 1;
            if first.len() < SHOWN {
                first.push(fault);
            }
        }
    }
    summary.streams = checker.streams();
    show(&first, &summary, arguments.json)?;
    match summary.faults {
        0 => Ok(()),
        1 => bail!("the log has 1 fault"),
        faults => bail!("the log has {faults} faults"),
    }
}

fn show(faults: &[Fault], summary: &Summary, json: bool) -> anyhow::Result<()> {
    if json {
        for fault in faults {
            show::say(serde_json::to_string(fault)?)?;
        }
        show::say(serde_json::to_string(summary)?)?;
        return Ok(());
    }
    let Summary { events, streams, head, faults: all } = summary;
    if !faults.is_empty() {
        let mut table = show::table(["POSITION", "STREAM", "REVISION", "FAULT"]);
        for it in faults {
            let place = [it.position.to_string(), it.stream.clone(), it.revision.to_string()];
            show::row(&mut table, place.into_iter().chain([it.detail.clone()]));
        }
        show::align_right(&mut table, [0, 2]);
        show::say(table)?;
    }
    let hidden = all - faults.len() as u64;
    if 0 < hidden {
        show::say(format_args!("and {hidden} more"))?;
    }
    if *all == 0 {
        show::say(format_args!(
            "{events} events in {streams} streams up to position {head}: no fault"
        ))?;
    }
    Ok(())
}
