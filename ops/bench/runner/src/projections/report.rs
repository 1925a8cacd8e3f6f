//! What came out: at the end tables, JSON, or the tables of its results.
use std::fmt::Write as _;

use serde::Serialize;

use super::Settings;
use super::behind::Behind;
use super::copies::Copied;
use super::followed::Followed;
use super::history::{Filled, per_second};
use super::rebuilt::{Felt, Rebuilt, WORKERS};
use crate::facts::{self, Facts};
use crate::report::{tell, write_facts};
use crate::results::{Median, short, whole};
use crate::targets::{row, row_ms};

#[derive(Serialize)]
pub struct Report {
    pub facts: Facts,
    pub filled: Filled,
    pub followed: Option<Followed>,
    pub rebuilds: Vec<Rebuilt>,
    pub copies: Vec<Copied>,
    pub felt: Vec<Felt>,
    pub behind: Vec<Behind>,
}

/// `logins` opens sealed fields, which no copy does: it is told, and no target.
const TARGETS: [&str; 2] = ["availability", "bookings"];

impl Report {
    pub fn new(facts: Facts, filled: Filled) -> Self {
        let (rebuilds, copies, felt) = (Vec::new(), Vec::new(), Vec::new());
        Self { facts, filled, followed: None, rebuilds, copies, felt, behind: Vec::new() }
    }

    pub fn tell(&self, settings: &Settings) -> anyhow::Result<()> {
        tell(
            "projections",
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
        self.write_rebuilds(&mut out)?;
        self.write_live(&mut out)?;
        Ok(out)
    }

    /// A rebuild's time against that of its copies in the same round.
    fn ratio(&self, projection: &str) -> Option<Median> {
        Median::of(self.of(projection).map(|(rebuilt, copied)| rebuilt.seconds / copied.seconds()))
    }

    fn of(&self, projection: &str) -> impl Iterator<Item = (&Rebuilt, &Copied)> {
        let all = self.rebuilds.iter().filter(move |it| it.projection == projection);
        all.filter_map(|it| {
            let same =
                |other: &&Copied| other.round == it.round && other.projection == it.projection;
            Some((it, self.copies.iter().find(same)?))
        })
    }

    fn write_targets(&self, out: &mut String) -> anyhow::Result<()> {
        writeln!(out, "| target | expected | came (least–most) | |")?;
        writeln!(out, "|---|--:|--:|---|")?;
        for it in TARGETS {
            let what = format!("{it} anew, against COPY of its events out and of its rows in");
            row(out, &what, "at most", 2.0, self.ratio(it))?;
        }
        for workers in [1, WORKERS] {
            let felt = self.felt_of(workers).map(|it| it.meanwhile_p99_ms / it.quiet_p99_ms);
            let what =
                format!("p99 of a search during a rebuild by {workers}, against the quiet one");
            row(out, &what, "at most", 1.5, Median::of(felt))?;
        }
        for it in &self.behind {
            row_ms(out, &format!("{} behind the log, p99", it.projection), 100.0, it.p99_ms)?;
        }
        writeln!(out)?;
        Ok(())
    }

    fn write_rebuilds(&self, out: &mut String) -> anyhow::Result<()> {
        writeln!(
            out,
            "| {} events | anew, s | events/s | its copies, s | ratio | most memory, MB |",
            whole(self.filled.events)
        )?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|")?;
        for it in ["availability", "bookings", "logins"] {
            let peak = self.of(it).map(|(rebuilt, _)| rebuilt.peak_mb).max().unwrap_or_default();
            writeln!(
                out,
                "| {it} | {} | {} | {} | {} | {} |",
                text(self.of(it).map(|(rebuilt, _)| rebuilt.seconds)),
                text(self.of(it).map(|(rebuilt, _)| rebuilt.a_second())),
                text(self.of(it).map(|(_, copied)| copied.seconds())),
                self.ratio(it).map(|it| it.to_string()).unwrap_or_default(),
                whole(peak),
            )?;
        }
        writeln!(out)?;
        Ok(())
    }

    fn felt_of(&self, workers: u8) -> impl Iterator<Item = &Felt> {
        self.felt.iter().filter(move |it| it.workers == workers)
    }

    fn write_live(&self, out: &mut String) -> anyhow::Result<()> {
        writeln!(out, "| searches | p99 ms, quiet | p99 ms, during a rebuild | failed |")?;
        writeln!(out, "|---|--:|--:|--:|")?;
        for workers in [1, WORKERS] {
            let felt = || self.felt_of(workers);
            writeln!(
                out,
                "| of availability, by {workers}, {} and {} | {} | {} | {} |",
                whole(felt().map(|it| it.quiet).sum()),
                whole(felt().map(|it| it.meanwhile).sum()),
                text(felt().map(|it| it.quiet_p99_ms)),
                text(felt().map(|it| it.meanwhile_p99_ms)),
                whole(felt().map(|it| it.failed).sum()),
            )?;
        }
        writeln!(out)?;
        writeln!(out, "| behind the log | holds | p50 ms | p99 ms | most ms |")?;
        writeln!(out, "|---|--:|--:|--:|--:|")?;
        for Behind { projection, holds, p50_ms, p99_ms, most_ms } in &self.behind {
            let (p50, p99, most) = (short(*p50_ms), short(*p99_ms), short(*most_ms));
            let holds = whole(u64::from(*holds));
            writeln!(out, "| {projection} | {holds} | {p50} | {p99} | {most} |")?;
        }
        writeln!(out)?;
        if let Some(it) = &self.followed {
            writeln!(
                out,
                "New to the log, all {} projections together came to its end in {} s: {} events a second, each of them, with at most {} MB.",
                it.projections,
                short(it.seconds),
                short(per_second(it.events, it.seconds)),
                whole(it.peak_mb)
            )?;
        }
        Ok(())
    }
}

fn text(numbers: impl Iterator<Item = f64>) -> String {
    Median::of(numbers).map(|it| it.to_string()).unwrap_or_default()
}
