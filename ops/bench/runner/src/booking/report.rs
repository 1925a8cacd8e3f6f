//! What came out: a line for each measurement while it runs, and at the end tables, JSON, or the tables of its results.
use std::fmt::Write as _;

use serde::Serialize;

use super::expiry;
use super::search;
use super::stampede::{self, Cell, Layer};
use super::steady;
use super::worker::Who;
use super::{Settings, targets};
use crate::facts::{self, Facts};
use crate::report::{milliseconds, tell, write_facts};
use crate::results::{Median, quantile, short, whole};

#[derive(Serialize)]
pub struct Report {
    pub facts: Facts,
    pub flush_us: Vec<u64>,
    pub stampedes: Vec<stampede::Measurement>,
    pub steady: Vec<steady::Measurement>,
    pub expiries: Vec<expiry::Measurement>,
    pub searches: Vec<search::Measurement>,
    /// In the read model that is searched.
    pub bookings: u64,
}

pub fn who_name(who: Who) -> &'static str {
    match who {
        Who::Courtside => "courtside",
        Who::Lock => "advisory lock",
        Who::Constraint => "exclusion constraint",
    }
}

pub fn cell_name(cell: Cell) -> String {
    let layer = match cell.layer {
        Layer::Http => "HTTP",
        Layer::Direct => "no HTTP",
    };
    let courts =
        if cell.courts == 1 { "1 court".to_owned() } else { format!("{} courts", cell.courts) };
    let processes = if cell.processes == 1 { "1 process" } else { "2 processes" };
    let people = u64::try_from(cell.people).unwrap_or_default();
    format!("{} on {courts}, {layer}, {processes}", whole(people))
}

pub fn stampede_name(cell: Cell, who: Who) -> String {
    format!("{}: {}", cell_name(cell), who_name(who))
}

pub fn stampede_line(rounds: usize, it: &stampede::Measurement) -> String {
    format!(
        "round {}/{rounds}  {:<40} {:<20} {:>6} ms, p99 {:>5} ms",
        it.round + 1,
        cell_name(it.cell),
        who_name(it.who),
        short(it.wall_ms),
        short(it.p99_ms)
    )
}

pub fn steady_line(rounds: usize, it: &steady::Measurement) -> String {
    let what = if it.decides { "holds" } else { "two appends" };
    by_second_line(rounds, it.round, what, it.a_second, it.p99_ms)
}

pub fn search_line(rounds: usize, it: &search::Measurement) -> String {
    let what = if it.route { "searches" } else { "the same SQL by pgbench" };
    by_second_line(rounds, it.round, what, it.a_second, it.p99_ms)
}

fn by_second_line(rounds: usize, round: usize, what: &str, a_second: f64, p99_ms: f64) -> String {
    let round = round + 1;
    format!(
        "round {round}/{rounds}  {what:<24} {:>6} /s, p99 {} ms",
        short(a_second),
        short(p99_ms)
    )
}

pub fn expiry_line(it: &expiry::Measurement) -> String {
    let (p50, p99, most) = (short(it.p50_ms), short(it.p99_ms), short(it.most_ms));
    format!("{}: {} holds, p50 {p50}, p99 {p99}, most {most} ms late", it.what, it.holds)
}

impl Report {
    pub fn new(facts: Facts) -> Self {
        Self {
            facts,
            flush_us: Vec::new(),
            stampedes: Vec::new(),
            steady: Vec::new(),
            expiries: Vec::new(),
            searches: Vec::new(),
            bookings: 0,
        }
    }

    pub fn tell(&self, settings: &Settings) -> anyhow::Result<()> {
        tell(
            "booking",
            self,
            &self.tables()?,
            settings.common.json,
            settings.common.write.as_deref(),
        )
    }

    /// What was found only after everything had run.
    pub fn faults(&self) -> Vec<String> {
        let late = self.expiries.iter().filter(|it| 10_000.0 < it.most_ms);
        late.map(|it| format!("a hold ended more than ten seconds late: {it:?}")).collect()
    }

    fn tables(&self) -> anyhow::Result<String> {
        let mut out = String::new();
        write_facts(&mut out, &self.facts)?;
        let mut flushes = self.flush_us.clone();
        flushes.sort_unstable();
        writeln!(
            out,
            "- flush of a page to this disk (write and fdatasync): p50 {}, p99 {}; load when it ended {}\n",
            milliseconds(quantile(&flushes, 0.5)),
            milliseconds(quantile(&flushes, 0.99)),
            facts::load().unwrap_or_default()
        )?;
        targets::write(&mut out, self)?;
        writeln!(
            out,
            "Medians of the rounds (least–most); a target is the median of the ratios within rounds.\n"
        )?;
        self.write_stampedes(&mut out)?;
        self.write_by_second(&mut out)?;
        self.write_expiries(&mut out)?;
        Ok(out)
    }

    fn write_stampedes(&self, out: &mut String) -> anyhow::Result<()> {
        let mut rows: Vec<(Cell, Who)> =
            self.stampedes.iter().map(|it| (it.cell, it.who)).collect();
        rows.sort_unstable();
        rows.dedup();
        if rows.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "| stampede | who | wall ms | p50 ms | p99 ms | held of possible | overlaps | conflicts | told to come again |"
        )?;
        writeln!(out, "|---|---|--:|--:|--:|--:|--:|--:|--:|")?;
        for (cell, who) in rows {
            let rounds = || self.stampedes.iter().filter(|it| it.cell == cell && it.who == who);
            let median = |of: fn(&stampede::Measurement) -> f64| text(rounds().map(of));
            let sum = |of: fn(&stampede::Measurement) -> u64| whole(rounds().map(of).sum());
            let conflicts: Option<u64> = rounds().map(|it| it.conflicts).sum();
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} of {} | {} | {} | {} |",
                cell_name(cell),
                who_name(who),
                median(|it| it.wall_ms),
                middle(rounds().map(|it| it.p50_ms)),
                middle(rounds().map(|it| it.p99_ms)),
                sum(|it| it.found),
                sum(|it| it.possible),
                sum(|it| it.overlaps),
                conflicts.map(whole).unwrap_or_default(),
                sum(|it| it.busy),
            )?;
        }
        writeln!(out)?;
        Ok(())
    }

    fn write_by_second(&self, out: &mut String) -> anyhow::Result<()> {
        if self.steady.is_empty() && self.searches.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "| by the second | a second | p50 ms | p99 ms | CPU of the process, µs each |"
        )?;
        writeln!(out, "|---|--:|--:|--:|--:|")?;
        let bookings = whole(self.bookings);
        let search = format!("searches over {bookings} bookings");
        let steady = |it: &steady::Measurement| (it.a_second, it.p50_ms, it.p99_ms, it.cpu_us);
        let searched = |it: &search::Measurement| (it.a_second, it.p50_ms, it.p99_ms, it.cpu_us);
        for (what, decides) in [("holds", true), ("two appends, nothing decided", false)] {
            row(out, what, self.steady.iter().filter(|it| it.decides == decides).map(steady))?;
        }
        for (what, route) in [(search.as_str(), true), ("the same SQL by pgbench", false)] {
            row(out, what, self.searches.iter().filter(|it| it.route == route).map(searched))?;
        }
        writeln!(out)?;
        Ok(())
    }

    fn write_expiries(&self, out: &mut String) -> anyhow::Result<()> {
        if self.expiries.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "| holds that end | holds | p50 ms late | p99 ms | most ms | found by the sweep |"
        )?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|")?;
        for it in &self.expiries {
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} |",
                it.what,
                whole(u64::try_from(it.holds)?),
                short(it.p50_ms),
                short(it.p99_ms),
                short(it.most_ms),
                whole(u64::try_from(it.swept)?),
            )?;
        }
        writeln!(out, "\nEvery one of them ended exactly once.")?;
        Ok(())
    }
}

/// A second's, p50, p99, and CPU.
type BySecond = (f64, f64, f64, Option<f64>);

fn row(out: &mut String, what: &str, rounds: impl Iterator<Item = BySecond>) -> anyhow::Result<()> {
    let rounds: Vec<BySecond> = rounds.collect();
    if rounds.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "| {what} | {} | {} | {} | {} |",
        text(rounds.iter().map(|it| it.0)),
        middle(rounds.iter().map(|it| it.1)),
        middle(rounds.iter().map(|it| it.2)),
        middle(rounds.iter().filter_map(|it| it.3)),
    )?;
    Ok(())
}

fn text(numbers: impl Iterator<Item = f64>) -> String {
    Median::of(numbers).map(|it| it.to_string()).unwrap_or_default()
}

fn middle(numbers: impl Iterator<Item = f64>) -> String {
    Median::of(numbers).map(|it| short(it.middle)).unwrap_or_default()
}
