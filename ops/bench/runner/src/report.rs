//! What came out: a line while it runs, and at the end a table, JSON, or the tables of its results.
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use crate::Settings;
use crate::contestants::Kind;
use crate::facts::{self, Facts};
use crate::growth::Growth;
use crate::results::{Measurement, Median, Work, quantile, short, whole};
use crate::targets;

#[derive(Serialize)]
pub struct Report {
    pub facts: Facts,
    pub flush_us: Vec<u64>,
    pub measurements: Vec<Measurement>,
    /// Our log has no holes after all that was done to it.
    pub sound: bool,
}

pub fn progress(rounds: usize, it: &Measurement) -> String {
    let p50 = it.p50_us.map(|it| format!(", p50 {}", milliseconds(Some(it)))).unwrap_or_default();
    format!(
        "round {}/{rounds}  {:<28} {:<14} {:>9} events/s{p50}",
        it.round + 1,
        name(it.work),
        it.kind.name(),
        short(it.events_a_second)
    )
}

impl Report {
    pub fn tell(&self, settings: &Settings) -> anyhow::Result<()> {
        tell("event-store", self, &self.table()?, settings.json, settings.write.as_deref())
    }

    /// What must never be: an acknowledged event that is not there, one too many, one out of order.
    pub fn faults(&self) -> Vec<String> {
        let mut faults: Vec<_> = self
            .measurements
            .iter()
            .filter(|it| it.kind == Kind::Ours)
            .filter(|it| {
                let followed = it.followed;
                it.missing != 0
                    || it.failed != 0
                    || followed.is_some_and(|seen| seen.disorder != 0 || seen.seen != it.acked)
            })
            .map(|it| format!("ours, {}, round {}: {it:?}", name(it.work), it.round + 1))
            .collect();
        if !self.sound {
            faults.push("ours: the positions have a hole".to_owned());
        }
        faults
    }

    fn table(&self) -> anyhow::Result<String> {
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
        targets::write(&mut out, &self.measurements)?;
        let mut works: Vec<Work> = self.measurements.iter().map(|it| it.work).collect();
        works.sort_unstable();
        works.dedup();
        writeln!(out, "Medians of the rounds (least–most); CPU is per event, in µs.\n")?;
        writeln!(out, "| work | who | events/s | p50 ms | p99 ms | client CPU | server CPU |")?;
        writeln!(out, "|---|---|--:|--:|--:|--:|--:|")?;
        for work in works {
            for kind in self.kinds(work) {
                self.write_row(&mut out, work, kind)?;
            }
        }
        writeln!(out)?;
        self.write_correctness(&mut out)?;
        Ok(out)
    }

    fn kinds(&self, work: Work) -> Vec<Kind> {
        let mut kinds: Vec<_> =
            self.measurements.iter().filter(|it| it.work == work).map(|it| it.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    fn write_row(&self, out: &mut String, work: Work, kind: Kind) -> anyhow::Result<()> {
        let rounds = || self.measurements.iter().filter(|it| it.work == work && it.kind == kind);
        let median = |of: fn(&Measurement) -> Option<f64>| Median::of(rounds().filter_map(of));
        let text = |it: Option<Median>| it.map(|it| it.to_string()).unwrap_or_default();
        let middle = |it: Option<Median>| it.map(|it| short(it.middle)).unwrap_or_default();
        let who = if work == Work::CatchUp && kind == Kind::Bare { "COPY" } else { kind.name() };
        writeln!(
            out,
            "| {} | {who} | {} | {} | {} | {} | {} |",
            name(work),
            text(median(|it| Some(it.events_a_second))),
            text(median(|it| it.p50_us.map(in_milliseconds))),
            middle(median(|it| it.p99_us.map(in_milliseconds))),
            middle(median(|it| it.client_cpu_us)),
            middle(median(|it| it.server_cpu_us)),
        )?;
        Ok(())
    }

    fn write_correctness(&self, out: &mut String) -> anyhow::Result<()> {
        writeln!(
            out,
            "| who | appends acknowledged | failed | events missing | seen by a follower | lost to it | out of order |"
        )?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|--:|")?;
        for kind in [Kind::Ours].into_iter().chain(Kind::PEERS) {
            let all = || {
                self.measurements.iter().filter(|it| it.kind == kind && it.work != Work::CatchUp)
            };
            let followed = || all().filter_map(|it| Some((it.acked, it.followed?)));
            let acked: u64 = all().map(|it| it.acked).sum();
            let failed: u64 = all().map(|it| it.failed).sum();
            let missing: i64 = all().map(|it| it.missing).sum();
            let seen: u64 = followed().map(|it| it.1.seen).sum();
            let lost: u64 = followed().map(|it| it.0.saturating_sub(it.1.seen)).sum();
            let disorder: u64 = followed().map(|it| it.1.disorder).sum();
            let by_follower = if followed().next().is_some() {
                format!("{} | {lost} | {disorder}", whole(seen))
            } else {
                "none: it has no order over all streams | | ".to_owned()
            };
            writeln!(
                out,
                "| {} | {} | {failed} | {missing} | {by_follower} |",
                kind.name(),
                whole(acked)
            )?;
        }
        Ok(())
    }
}

pub fn tell_growth(settings: &Settings, facts: &Facts, growth: &Growth) -> anyhow::Result<()> {
    let megabytes = |it: Option<&u64>| whole(it.copied().unwrap_or_default() >> 20);
    let resident = &growth.resident;
    let quarter = resident.len() / 4;
    let (first, last) = resident.split_at(resident.len().min(quarter.max(1)));
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let events = growth.events as f64;
    let mut out = String::new();
    write_facts(&mut out, facts)?;
    writeln!(
        out,
        "\nA log of {} events was filled in {:.0} s ({} events/s) and followed from its beginning to its end in \
         {:.0} s ({} events/s), in order and without a hole. Memory of the reader: at most {} MB in the first \
         quarter, at most {} MB after it.",
        whole(growth.events),
        growth.filled.as_secs_f64(),
        short(events / growth.filled.as_secs_f64()),
        growth.reply.seconds,
        short(events / growth.reply.seconds),
        megabytes(first.iter().max()),
        megabytes(last.iter().max()),
    )?;
    println!("{out}");
    if let Some(path) = &settings.write {
        write_section(path, "event-store, ten million", &out)?;
    }
    Ok(())
}

pub fn write_facts(out: &mut String, facts: &Facts) -> anyhow::Result<()> {
    let list = |it: Vec<String>| it.join("; ");
    let machine = facts.machine.iter().map(|(name, it)| format!("{name}: {it}")).collect();
    let postgres = facts.postgres.iter().map(|(name, it)| format!("{name} {it}")).collect();
    let versions = facts.versions.iter().map(|(name, it)| format!("{name} {it}")).collect();
    writeln!(out, "- machine: {}", list(machine))?;
    writeln!(out, "- Postgres: {}", list(postgres))?;
    writeln!(out, "- versions: {}", list(versions))?;
    Ok(())
}

/// To whoever asked, as tables or every measurement, and to the file that keeps the tables.
pub fn tell(
    section: &str,
    report: &impl Serialize,
    tables: &str,
    json: bool,
    write: Option<&Path>,
) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(report)?);
    } else {
        println!("{tables}");
    }
    write.map_or(Ok(()), |path| write_section(path, section, tables))
}

/// Writes between a section's two marks, and leaves everything else as it is.
fn write_section(path: &Path, section: &str, text: &str) -> anyhow::Result<()> {
    let all = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let (begin, end) =
        (format!("<!-- {section}: measured -->"), format!("<!-- {section}: end -->"));
    let missing = || format!("{} has no marks of {section}", path.display());
    let (before, rest) = all.split_once(&begin).with_context(missing)?;
    let (_, after) = rest.split_once(&end).with_context(missing)?;
    std::fs::write(path, format!("{before}{begin}\n{}\n{end}{after}", text.trim_end()))?;
    Ok(())
}

pub fn name(work: Work) -> String {
    match work {
        Work::Append { events: 1, callers } => format!("1 event, {callers} callers"),
        Work::Append { events, callers } => format!("{events} events, {callers} callers"),
        Work::Followed { callers } => format!("1 event, {callers} callers, followed"),
        Work::CatchUp => "catch up".to_owned(),
    }
}

fn in_milliseconds(it: u64) -> f64 {
    f64::from(u32::try_from(it).unwrap_or(u32::MAX)) / 1_000.0
}

pub fn milliseconds(it: Option<u64>) -> String {
    it.map(|it| format!("{} ms", short(in_milliseconds(it)))).unwrap_or_default()
}
