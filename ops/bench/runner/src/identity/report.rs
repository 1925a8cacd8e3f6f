//! What came out: a line for each measurement while it runs, and at the end tables, JSON, or the tables of its results.
use std::fmt::Write as _;

use serde::Serialize;

use super::storm::Who;
use super::{Settings, costs, storm};
use crate::facts::{self, Facts};
use crate::report::{tell, write_facts};
use crate::results::{Median, short, whole};
use crate::targets::{row, row_of};

#[derive(Serialize)]
pub struct Report {
    pub facts: Facts,
    pub costs: Vec<costs::Measurement>,
    pub storms: Vec<storm::Measurement>,
}

pub fn who_name(who: Who) -> &'static str {
    match who {
        Who::Pool => "courtside",
        Who::Unbounded => "spawn_blocking, no bound",
    }
}

pub fn storm_line(rounds: usize, it: &storm::Measurement) -> String {
    format!(
        "round {}/{rounds}  {:<26} {:>5} logins/s, bookings p99 {} ms quiet, {} ms in the storm, {} MB",
        it.round + 1,
        who_name(it.who),
        short(it.logins_a_second),
        short(it.quiet_p99_ms),
        short(it.storm_p99_ms),
        whole(it.peak_mb)
    )
}

pub fn costs_line(rounds: usize, it: &costs::Measurement) -> String {
    format!(
        "round {}/{rounds}  a hash {} ms, a token {} µs, decoding it {} µs",
        it.round + 1,
        short(it.hash_ms),
        short(it.token_us),
        short(it.decode_us)
    )
}

impl Report {
    pub fn new(facts: Facts) -> Self {
        Self { facts, costs: Vec::new(), storms: Vec::new() }
    }

    pub fn tell(&self, settings: &Settings) -> anyhow::Result<()> {
        tell(
            "identity",
            self,
            &self.tables()?,
            settings.common.json,
            settings.common.write.as_deref(),
        )
    }

    fn tables(&self) -> anyhow::Result<String> {
        let mut out = String::new();
        write_facts(&mut out, &self.facts)?;
        writeln!(out, "- load when it ended {}\n", facts::load().unwrap_or_default())?;
        self.write_targets(&mut out)?;
        writeln!(out, "Medians of the rounds (least–most).\n")?;
        self.write_storms(&mut out)?;
        self.write_costs(&mut out)?;
        Ok(out)
    }

    fn write_targets(&self, out: &mut String) -> anyhow::Result<()> {
        writeln!(out, "| target | expected | came (least–most) | |")?;
        writeln!(out, "|---|--:|--:|---|")?;
        let pool = || self.storms.iter().filter(|it| it.who == Who::Pool);
        let hashes =
            |round| self.costs.iter().find(|it| it.round == round).map(|it| 1_000.0 / it.hash_ms);
        let share = pool().filter_map(|it| Some(it.logins_a_second / hashes(it.round)?));
        let what = "logins a second in a storm of 400 against hashes a second by its one thread";
        row(out, what, "at least", 0.9, Median::of(share))?;
        let slower = Median::of(pool().map(|it| it.storm_p99_ms / it.quiet_p99_ms));
        row(out, "p99 of a booking in the storm against the quiet one", "at most", 2.0, slower)?;
        #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
        let peak = pool().map(|it| it.peak_mb).max().unwrap_or_default() as f64;
        row_of(out, "memory of the process, the most", 150.0, peak, "MB")?;
        writeln!(out)?;
        Ok(())
    }

    fn write_storms(&self, out: &mut String) -> anyhow::Result<()> {
        writeln!(
            out,
            "| 400 log in at once | logins/s | told to come again | bookings p50 ms, quiet | p99 | p50 ms, storm | p99 | most memory, MB |"
        )?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|--:|--:|")?;
        for who in [Who::Pool, Who::Unbounded] {
            let rounds = || self.storms.iter().filter(|it| it.who == who);
            let median = |of: fn(&storm::Measurement) -> f64| text(rounds().map(of));
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                who_name(who),
                median(|it| it.logins_a_second),
                whole(rounds().map(|it| it.busy).sum()),
                median(|it| it.quiet_p50_ms),
                median(|it| it.quiet_p99_ms),
                median(|it| it.storm_p50_ms),
                median(|it| it.storm_p99_ms),
                whole(rounds().map(|it| it.peak_mb).max().unwrap_or_default()),
            )?;
        }
        writeln!(out)?;
        Ok(())
    }

    fn write_costs(&self, out: &mut String) -> anyhow::Result<()> {
        let median = |of: fn(&costs::Measurement) -> f64| text(self.costs.iter().map(of));
        writeln!(out, "| one by one | |\n|---|--:|")?;
        writeln!(out, "| a password checked, ms | {} |", median(|it| it.hash_ms))?;
        writeln!(out, "| an access token checked, µs | {} |", median(|it| it.token_us))?;
        writeln!(out, "| the library's `decode` alone, µs | {} |", median(|it| it.decode_us))?;
        let kinds = self.costs.first().map(|it| it.takes.as_slice()).unwrap_or_default();
        for (index, kind) in kinds.iter().enumerate() {
            let rounds = self.costs.iter().filter_map(|it| it.takes.get(index));
            let takes = text(rounds.map(|it| it.a_second));
            writeln!(out, "| takes/s of 16 callers, {}, {} | {takes} |", kind.store, kind.keys)?;
        }
        writeln!(out)?;
        Ok(())
    }
}

fn text(numbers: impl Iterator<Item = f64>) -> String {
    Median::of(numbers).map(|it| it.to_string()).unwrap_or_default()
}
