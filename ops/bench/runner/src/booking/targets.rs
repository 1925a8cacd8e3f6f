//! What was expected, and what came: ratios within a round, so that a slow minute of the machine cancels out.
use std::fmt::Write as _;

use super::report::{Report, cell_name, who_name};
use super::stampede::{Cell, Layer};
use super::worker::Who;
use crate::results::Median;
use crate::targets::{row, row_ms};

pub fn write(out: &mut String, report: &Report) -> anyhow::Result<()> {
    writeln!(out, "| target | expected | came (least–most) | |")?;
    writeln!(out, "|---|--:|--:|---|")?;
    let mut cells: Vec<Cell> = report.stampedes.iter().map(|it| it.cell).collect();
    cells.sort_unstable();
    cells.dedup();
    for cell in cells {
        for rival in [Who::Lock, Who::Constraint] {
            let what = format!("{}: wall time against the {}", cell_name(cell), who_name(rival));
            // Without HTTP nothing is shared but the database.
            let expected = if cell.layer == Layer::Http { 1.0 } else { 0.5 };
            row(out, &what, "at most", expected, against(report, cell, rival))?;
        }
    }
    let holds = |round, decides| {
        report
            .steady
            .iter()
            .find(|it| it.round == round && it.decides == decides)
            .map(|it| it.a_second)
    };
    let ratio = ratios(report.steady.iter().map(|it| it.round), |round| {
        Some(holds(round, true)? / holds(round, false)?)
    });
    row(out, "holds a second against two appends behind the same layer", "at least", 0.5, ratio)?;
    let search =
        |round, route| report.searches.iter().find(|it| it.round == round && it.route == route);
    let rounds = || report.searches.iter().map(|it| it.round);
    let ratio = ratios(rounds(), |round| {
        Some(search(round, true)?.a_second / search(round, false)?.a_second)
    });
    row(out, "searches a second against pgbench with the same SQL", "at least", 0.4, ratio)?;
    let ratio =
        ratios(rounds(), |round| Some(search(round, true)?.p99_ms / search(round, false)?.p99_ms));
    row(out, "p99 of a search against pgbench with the same SQL", "at most", 3.0, ratio)?;
    write_expiries(out, report)?;
    writeln!(out)?;
    Ok(())
}

/// Milliseconds with the broker there; the sweep's ten seconds whatever becomes of it.
fn write_expiries(out: &mut String, report: &Report) -> anyhow::Result<()> {
    let [steady, killed, burst] = report.expiries.as_slice() else { return Ok(()) };
    for (what, it, expected) in [("p50", steady.p50_ms, 5.0), ("p99", steady.p99_ms, 25.0)] {
        row_ms(out, &format!("{}: {what} late", steady.what), expected, it)?;
    }
    row_ms(out, &format!("{}: the latest", killed.what), 10_000.0, killed.most_ms)?;
    row_ms(out, &format!("{}: p99 late", burst.what), 1_000.0, burst.p99_ms)
}

fn against(report: &Report, cell: Cell, rival: Who) -> Option<Median> {
    let wall = |round, who| {
        let mut all = report.stampedes.iter();
        all.find(|it| it.cell == cell && it.who == who && it.round == round).map(|it| it.wall_ms)
    };
    let rounds = report.stampedes.iter().map(|it| it.round);
    ratios(rounds, |round| Some(wall(round, Who::Courtside)? / wall(round, rival)?))
}

fn ratios(
    rounds: impl Iterator<Item = usize>,
    of: impl Fn(usize) -> Option<f64>,
) -> Option<Median> {
    let last = rounds.max()?;
    Median::of((0..=last).filter_map(of))
}
