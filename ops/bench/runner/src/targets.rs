//! What was expected, and what came: ratios within a round, so that a slow minute of the machine cancels out.
use std::fmt::Write as _;

use crate::contestants::Kind;
use crate::report::name;
use crate::results::{Measurement, Median, Work, short};

type Cell = (Kind, Work);

pub fn write(out: &mut String, all: &[Measurement]) -> anyhow::Result<()> {
    writeln!(out, "| target | expected | came (least–most) | |")?;
    writeln!(out, "|---|--:|--:|---|")?;
    let single = |callers| Work::Append { events: 1, callers };
    if let Some(best) = best_peer(all) {
        let what = format!(
            "64 callers against the best peer at its own best ({}, {})",
            best.0.name(),
            name(best.1)
        );
        let ratio = compare(all, (Kind::Ours, single(64)), best, |it| Some(it.events_a_second));
        row(out, &what, "at least", 4.0, ratio)?;
    }
    let p50 =
        |it: &Measurement| it.p50_us.map(|it| f64::from(u32::try_from(it).unwrap_or(u32::MAX)));
    let ratio = compare(all, (Kind::Ours, single(1)), (Kind::Pgbench, single(1)), p50);
    row(out, "1 caller, p50 against pgbench's single insert", "at most", 1.5, ratio)?;
    for (events, callers) in [(50, 1), (50, 16)] {
        let work = Work::Append { events, callers };
        let ratio =
            compare(all, (Kind::Ours, work), (Kind::Bare, work), |it| Some(it.events_a_second));
        let what = format!("{} against a bare lock and insert of the same", name(work));
        row(out, &what, "at least", 0.6, ratio)?;
    }
    let ratio = compare(all, (Kind::Ours, Work::CatchUp), (Kind::Bare, Work::CatchUp), |it| {
        Some(it.events_a_second)
    });
    row(out, "catching up against COPY … TO STDOUT", "at least", 0.4, ratio)?;
    writeln!(out)?;
    Ok(())
}

/// The peer and the number of callers that together append most single events.
fn best_peer(all: &[Measurement]) -> Option<Cell> {
    let mut cells: Vec<Cell> = all
        .iter()
        .filter(|it| Kind::PEERS.contains(&it.kind))
        .filter(|it| matches!(it.work, Work::Append { events: 1, .. }))
        .map(|it| (it.kind, it.work))
        .collect();
    cells.sort_unstable();
    cells.dedup();
    let middle = |cell: &Cell| {
        let rounds = all.iter().filter(|it| (it.kind, it.work) == *cell);
        Median::of(rounds.map(|it| it.events_a_second)).map_or(0.0, |it| it.middle)
    };
    cells.into_iter().max_by(|a, b| middle(a).total_cmp(&middle(b)))
}

fn compare(
    all: &[Measurement],
    ours: Cell,
    theirs: Cell,
    of: impl Fn(&Measurement) -> Option<f64>,
) -> Option<Median> {
    let find = |cell: Cell, round| {
        let it = all.iter().find(|it| (it.kind, it.work) == cell && it.round == round)?;
        of(it)
    };
    let rounds = all.iter().map(|it| it.round).max()?;
    Median::of((0..=rounds).filter_map(|round| Some(find(ours, round)? / find(theirs, round)?)))
}

pub fn row(
    out: &mut String,
    what: &str,
    bound: &str,
    expected: f64,
    came: Option<Median>,
) -> anyhow::Result<()> {
    let Some(came) = came else {
        return Ok(());
    };
    let met = if bound == "at least" { expected <= came.middle } else { came.middle <= expected };
    let verdict = if met { "reached" } else { "**missed**" };
    writeln!(out, "| {what} | {bound} {} × | {came} × | {verdict} |", short(expected))?;
    Ok(())
}

/// A time that is not to be passed.
pub fn row_ms(out: &mut String, what: &str, expected: f64, came: f64) -> anyhow::Result<()> {
    row_of(out, what, expected, came, "ms")
}

/// A figure that is not to be passed.
pub fn row_of(
    out: &mut String,
    what: &str,
    expected: f64,
    came: f64,
    unit: &str,
) -> anyhow::Result<()> {
    let verdict = if came <= expected { "reached" } else { "**missed**" };
    let (expected, came) = (short(expected), short(came));
    writeln!(out, "| {what} | at most {expected} {unit} | {came} {unit} | {verdict} |")?;
    Ok(())
}
