//! The rounds: every cell by every contestant, then all of it again, so that a slow minute of the machine hits all.
use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::ensure;
use tokio::process::Command;

use crate::Settings;
use crate::contestants::{Contestant, Kind};
use crate::facts::{self, Facts};
use crate::growth;
use crate::pgbench::Pgbench;
use crate::protocol::{Append, AppendReply, Read, ReadReply, Request};
use crate::report::{self, Report};
use crate::results::{Measurement, Work, quantiles};
use crate::server::{Ledger, Server, cpu};

/// Events in one page of a reader that catches up: as many as a projection takes.
pub const PAGE: usize = 5_000;

pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    let plan = plan(settings);
    eprintln!("{}", announce(settings, &plan));
    let server = Server::connect(&settings.url).await?;
    let facts = Facts::gather(&server, &settings.disk, facts::peers(settings)).await?;
    let mut field = Field::enter(&server, settings).await?;
    let mut report = Report { facts, flush_us: Vec::new(), measurements: Vec::new(), sound: true };
    field.warm_up().await?;
    for round in 0..settings.rounds {
        server.checkpoint().await?;
        report.flush_us.extend(facts::flush_us(&settings.disk)?);
        for (number, (work, kinds)) in plan.iter().enumerate() {
            for kind in kinds {
                let cell = format!("r{round}c{number}");
                let it = field.measure(settings, &cell, round, *work, *kind).await?;
                eprintln!("{}", report::progress(settings.rounds, &it));
                report.measurements.push(it);
            }
        }
    }
    report.sound = field.ledgers[&Kind::Ours].has_no_holes().await?;
    drop(field);
    for kind in ALL {
        server.drop_database(&database(kind)).await?;
    }
    server.drop_database(LONG).await?;
    report.tell(settings)?;
    ensure!(report.faults().is_empty(), "{}", report.faults().join("\n"));
    Ok(())
}

const ALL: [Kind; 5] =
    [Kind::Ours, Kind::PostgresEs, Kind::Emmett, Kind::Eventsourcing, Kind::Bare];

/// The log that is caught up with.
const LONG: &str = "bench_catch_up";

fn database(kind: Kind) -> String {
    format!("bench_{}", kind.name().replace('-', "_"))
}

fn plan(settings: &Settings) -> Vec<(Work, Vec<Kind>)> {
    let with = |last: Kind| {
        let mut kinds = vec![Kind::Ours];
        kinds.extend(Kind::PEERS);
        kinds.push(last);
        kinds
    };
    let callers: &[usize] = if settings.quick { &[1, 16, 64] } else { &[1, 8, 16, 64, 256] };
    let mut plan = Vec::new();
    for callers in callers.iter().copied() {
        let mut kinds = with(Kind::Pgbench);
        // It connects anew for each cell, and at this many that is all it would do.
        kinds.retain(|it| *it != Kind::Pgbench || callers <= 64);
        plan.push((Work::Append { events: 1, callers }, kinds));
    }
    for events in [10, 50] {
        let callers: &[usize] = if settings.quick { &[1] } else { &[1, 16] };
        for callers in callers {
            plan.push((Work::Append { events, callers: *callers }, with(Kind::Bare)));
        }
    }
    plan.push((
        Work::Followed { callers: 16 },
        vec![Kind::Ours, Kind::Emmett, Kind::Eventsourcing],
    ));
    plan.push((Work::CatchUp, with(Kind::Bare)));
    plan
}

fn announce(settings: &Settings, plan: &[(Work, Vec<Kind>)]) -> String {
    let cells: usize = plan.iter().map(|it| it.1.len()).sum();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    // A third more: counting afterwards, and connections for pgbench.
    let seconds = (cells * settings.rounds) as f64 * seconds(settings) * 1.35 + 20.0;
    format!("{} × {cells} cells: about {:.0} min.", settings.rounds, (seconds / 60.0).ceil())
}

fn seconds(settings: &Settings) -> f64 {
    if settings.quick { 0.5 } else { settings.seconds }
}

/// All who take part, started and warm.
struct Field<'a> {
    server: &'a Server,
    contestants: BTreeMap<Kind, Contestant>,
    pgbench: Pgbench,
    ledgers: BTreeMap<Kind, Ledger>,
    /// Ours once more, on the log that is caught up with.
    reader: Contestant,
    /// Events in that log.
    long: u64,
}

impl<'a> Field<'a> {
    async fn enter(server: &'a Server, settings: &Settings) -> anyhow::Result<Self> {
        let mut contestants = BTreeMap::new();
        let mut ledgers = BTreeMap::new();
        for kind in ALL {
            let url = server.database(&database(kind)).await?;
            contestants.insert(kind, Contestant::start(kind, &url, settings).await?);
            ledgers.insert(kind, Ledger::open(kind, &url).await?);
        }
        let bare = server.at(&database(Kind::Bare))?;
        let pgbench = Pgbench::prepare(&bare, settings).await?;
        ledgers.insert(Kind::Pgbench, Ledger::open(Kind::Pgbench, &bare).await?);
        let url = server.database(LONG).await?;
        let reader = Contestant::start(Kind::Ours, &url, settings).await?;
        let long = if settings.quick { 50_000 } else { 300_000 };
        growth::fill(&url, settings, long, |_| ()).await?;
        Ok(Self { server, contestants, pgbench, ledgers, reader, long })
    }

    /// Plans, caches and compilers settle before anything counts.
    async fn warm_up(&mut self) -> anyhow::Result<()> {
        for it in self.contestants.values_mut() {
            for (callers, events) in [(64, 1), (4, 10)] {
                let cell = format!("warm{events}");
                it.append(&Append { cell, callers, events, seconds: 0.3, follow: false }).await?;
            }
        }
        Ok(())
    }

    async fn measure(
        &mut self,
        settings: &Settings,
        cell: &str,
        round: usize,
        work: Work,
        kind: Kind,
    ) -> anyhow::Result<Measurement> {
        let seconds = seconds(settings);
        let append = |events, callers, follow| Append {
            cell: cell.to_owned(),
            callers,
            events,
            seconds,
            follow,
        };
        match work {
            Work::Append { events, callers } => {
                self.appends(round, work, kind, &append(events, callers, false)).await
            }
            Work::Followed { callers } => {
                self.appends(round, work, kind, &append(1, callers, true)).await
            }
            Work::CatchUp => self.catch_up(settings, round, kind).await,
        }
    }

    async fn appends(
        &mut self,
        round: usize,
        work: Work,
        kind: Kind,
        request: &Append,
    ) -> anyhow::Result<Measurement> {
        let before = self.ledgers[&kind].rows().await?;
        let cpu = self.cpu(kind);
        let mut reply = match self.contestants.get_mut(&kind) {
            Some(it) => it.append(request).await?,
            None => self.pgbench.append(request).await?,
        };
        let cpu = self.cpu(kind).since(&cpu);
        let found = self.ledgers[&kind].rows().await? - before;
        let AppendReply { acked, failed, seconds, followed, .. } = reply;
        let events = acked * u64::try_from(request.events)?;
        let (p50_us, p99_us) = quantiles(&mut reply);
        Ok(Measurement {
            round,
            work,
            kind,
            events_a_second: ratio(events, seconds),
            p50_us,
            p99_us,
            client_cpu_us: cpu.client_per(events),
            // It logs in anew each time, which costs more than many a cell.
            server_cpu_us: if kind == Kind::Pgbench { None } else { cpu.server_per(events) },
            acked,
            failed,
            error: reply.error,
            missing: i64::try_from(events)? - i64::try_from(found)?,
            followed,
        })
    }

    async fn catch_up(
        &mut self,
        settings: &Settings,
        round: usize,
        kind: Kind,
    ) -> anyhow::Result<Measurement> {
        let cpu = self.cpu(kind);
        // Ours and COPY read the same log to its end; the others as much of their own as they can in some time.
        let whole = Request::Read(Read { seconds: 60.0, batch: PAGE });
        let part = Request::Read(Read { seconds: seconds(settings), batch: PAGE });
        let reply: ReadReply = match kind {
            Kind::Ours => self.reader.ask(&whole).await?,
            Kind::Bare => self.copy(settings).await?,
            peer => match self.contestants.get_mut(&peer) {
                Some(it) => it.ask(&part).await?,
                None => ReadReply::default(),
            },
        };
        let cpu = self.cpu(kind).since(&cpu);
        let short = if kind == Kind::Ours { self.long - reply.events } else { 0 };
        Ok(Measurement {
            round,
            work: Work::CatchUp,
            kind,
            events_a_second: ratio(reply.events, reply.seconds),
            p50_us: None,
            p99_us: None,
            client_cpu_us: cpu.client_per(reply.events),
            server_cpu_us: cpu.server_per(reply.events),
            acked: reply.events,
            failed: reply.disorder,
            error: None,
            missing: i64::try_from(short)?,
            followed: None,
        })
    }

    /// All of the log's columns to nowhere, by Postgres's own client: what no reader can be faster than.
    async fn copy(&self, settings: &Settings) -> anyhow::Result<ReadReply> {
        let begin = Instant::now();
        let status = Command::new(settings.pg_bin.join("psql"))
            .args(["-X", "-q", "-c", "COPY events TO STDOUT", &self.server.at(LONG)?])
            .stdout(std::process::Stdio::null())
            .status()
            .await?;
        ensure!(status.success(), "COPY failed");
        Ok(ReadReply { events: self.long, disorder: 0, seconds: begin.elapsed().as_secs_f64() })
    }

    fn cpu(&self, kind: Kind) -> Cpu {
        let contestant = self.contestants.get(&kind);
        let pids = contestant.into_iter().flat_map(Contestant::pids);
        // Whoever catches up with ours is another process than whoever appends.
        let reader = if kind == Kind::Ours { self.reader.pids() } else { Vec::new() };
        let client = pids.chain(reader).map(cpu::of).sum();
        Cpu { client, server: self.server.cpu() }
    }
}

/// Seconds of it, used since they were started.
struct Cpu {
    client: Option<f64>,
    server: Option<f64>,
}

impl Cpu {
    fn since(self, before: &Self) -> Self {
        let less = |it: Option<f64>, before: Option<f64>| Some(it? - before?);
        Self { client: less(self.client, before.client), server: less(self.server, before.server) }
    }

    fn client_per(&self, events: u64) -> Option<f64> {
        // COPY and pgbench are no process that lives on: nothing was seen of theirs.
        self.client.filter(|it| 0.0 < *it).map(|it| micros_per(it, events))
    }

    fn server_per(&self, events: u64) -> Option<f64> {
        self.server.map(|it| micros_per(it, events))
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn ratio(events: u64, seconds: f64) -> f64 {
    events as f64 / seconds.max(f64::EPSILON)
}

fn micros_per(seconds: f64, events: u64) -> f64 {
    ratio(1_000_000, 1.0) * seconds / ratio(events.max(1), 1.0)
}
