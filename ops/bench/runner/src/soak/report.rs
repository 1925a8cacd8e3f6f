//! A row a minute, and whether the last of them are as those before.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use acceptance::chaos::{Found, ROLES, Took};
use serde::Serialize;

use super::Settings;
use super::minute::{Minute, POSTGRES, micros};
use crate::facts::{self, Facts};
use crate::report::{milliseconds, tell, write_facts};
use crate::results::{Median, quantile, short, whole};
use crate::targets::{row, row_of};

#[derive(Serialize)]
pub struct Report {
    pub facts: Facts,
    pub seed: u64,
    /// Requests a second.
    pub capacity: f64,
    pub asked: f64,
    pub minute: Duration,
    pub minutes: Vec<Minute>,
    /// By kind of request, in microseconds.
    pub waits: BTreeMap<&'static str, Vec<u64>>,
}

/// What is flat is in the last quarter of the minutes at most so much of what it was in the second.
const FLAT: f64 = 1.2;

impl Report {
    pub fn add(&mut self, (minute, took): (Minute, Vec<Took>)) {
        self.minutes.push(minute);
        for it in took {
            self.waits.entry(it.what).or_default().push(micros(it.wait));
        }
    }

    pub fn tell(mut self, settings: &Settings, found: Found) -> anyhow::Result<()> {
        for it in self.waits.values_mut() {
            it.sort_unstable();
        }
        tell("soak", &self, &self.tables(found)?, settings.json, settings.write.as_deref())
    }

    fn tables(&self, found: Found) -> anyhow::Result<String> {
        let mut out = String::new();
        write_facts(&mut out, &self.facts)?;
        writeln!(out, "- load when it ended {}", facts::load().unwrap_or_default())?;
        writeln!(
            out,
            "- {} requests a second at most, {} asked for, over {} minutes of {} s; seed {}\n",
            short(self.capacity),
            short(self.asked),
            self.minutes.len(),
            self.minute.as_secs(),
            self.seed
        )?;
        self.write_targets(&mut out)?;
        let Found { holds, logins, events, projections } = found;
        let [holds, logins, events] = [holds, logins, events].map(|it| whole(it as u64));
        writeln!(
            out,
            "Looked up afterwards: {holds} holds and {logins} logins that were answered, in {events} events. Each is there, once; \
             {projections} projections are as built anew.\n"
        )?;
        self.write_waits(&mut out)?;
        self.write_minutes(&mut out)?;
        Ok(out)
    }

    fn write_targets(&self, out: &mut String) -> anyhow::Result<()> {
        writeln!(out, "| target | expected | came (least–most) | |")?;
        writeln!(out, "|---|--:|--:|---|")?;
        for who in ROLES.into_iter().chain([POSTGRES]) {
            let what = format!("memory of {who}, the last quarter against the second");
            let came = self.last_against_second(|it| it.memory.get(who).copied());
            row(out, &what, "at most", FLAT, came)?;
        }
        let p50 = self.last_against_second(|it| it.p50_us);
        row(out, "p50 of a minute, likewise", "at most", FLAT, p50)?;
        let p99 = self.last_against_second(|it| it.p99_us);
        row(out, "p99 of a minute, likewise", "at most", FLAT, p99)?;
        let lost: usize = self.minutes.iter().map(|it| it.lost_in_peace).sum();
        #[expect(clippy::cast_precision_loss, reason = "few")]
        let lost = lost as f64;
        row_of(out, "without an answer while nobody was killed", 0.0, lost, "requests")?;
        writeln!(out)?;
        Ok(())
    }

    /// The first quarter fills caches and pools.
    #[expect(clippy::cast_precision_loss, reason = "bytes of a process, and microseconds")]
    fn last_against_second(&self, of: impl Fn(&Minute) -> Option<u64>) -> Option<Median> {
        let quarter = self.minutes.len() / 4;
        let part = |from: usize| -> Vec<f64> {
            let minutes = self.minutes.iter().skip(from).take(quarter);
            minutes.filter_map(&of).map(|it| it as f64).collect()
        };
        let second = Median::of(part(quarter))?.middle;
        Median::of(part(self.minutes.len() - quarter).into_iter().map(|it| it / second))
    }

    fn write_waits(&self, out: &mut String) -> anyhow::Result<()> {
        writeln!(out, "| request | answers | p50 | p99 | most |")?;
        writeln!(out, "|---|--:|--:|--:|--:|")?;
        for (what, waits) in &self.waits {
            let of = |share| milliseconds(quantile(waits, share));
            let count = whole(waits.len() as u64);
            writeln!(out, "| {what} | {count} | {} | {} | {} |", of(0.5), of(0.99), of(1.0))?;
        }
        writeln!(out)?;
        Ok(())
    }

    fn write_minutes(&self, out: &mut String) -> anyhow::Result<()> {
        let who: Vec<&str> = ROLES.into_iter().chain([POSTGRES]).collect();
        let heads = who.iter().map(|it| format!("{it} MB")).collect::<Vec<_>>().join(" | ");
        writeln!(
            out,
            "| minute | killed | back after s | answers | without one | p50 | p99 | {heads} |"
        )?;
        writeln!(out, "|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for (number, it) in self.minutes.iter().enumerate() {
            let memory = |who: &&str| it.memory.get(who).map(|it| whole(it / 1_000_000));
            let memory: Vec<String> = who.iter().map(|it| memory(it).unwrap_or_default()).collect();
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                number + 1,
                it.killed,
                short(it.away),
                whole(it.answers),
                it.lost,
                milliseconds(it.p50_us),
                milliseconds(it.p99_us),
                memory.join(" | ")
            )?;
        }
        Ok(())
    }
}
