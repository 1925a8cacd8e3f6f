//! A log of millions: filling it set-wise, and catching up over it with the reader's memory watched.
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use sqlx::Connection;

use crate::Settings;
use crate::contestants::{Contestant, Kind};
use crate::facts::{self, Facts};
use crate::plan::PAGE;
use crate::protocol::{Read, ReadReply, Request};
use crate::report;
use crate::results::whole;
use crate::sample::Sample;
use crate::server::{Server, cpu};

/// Streams in one call of the filler, and events in each: an append of this size takes about a second.
const STREAMS: u64 = 500;
const EVENTS: u64 = 50;

/// What an event takes on the disk, its indexes and its share of the write-ahead log included, with room to spare.
const BYTES: u64 = 1_500;

const DATABASE: &str = "bench_growth";

/// How often the reader's memory is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// The same event in streams of fifty, by the function that all appends go through.
const FILL: &str = "
    WITH stream AS (
        SELECT array_agg('fill-' || number ORDER BY number) AS names,
               array_agg(-1::bigint) AS expected,
               array_agg($3::integer) AS counts
        FROM generate_series($1::bigint, $1 + $2 - 1) number
    ), event AS (
        SELECT array_agg((1 + it / $3)::integer ORDER BY it) AS command,
               array_agg((it % $3)::integer ORDER BY it) AS index,
               array_agg(gen_random_uuid()) AS id,
               array_agg($4::text) AS type,
               array_agg($5::bytea) AS data,
               array_agg($6::bytea) AS meta
        FROM generate_series(0, $2 * $3 - 1) it
    )
    SELECT max(position)
    FROM stream, event,
         append_events(names, expected, counts, command, index, id, type, data, meta)";

/// Fills a log that has its tables and no events yet, in calls of bounded size.
pub async fn fill(
    url: &str,
    settings: &Settings,
    events: u64,
    progress: impl Fn(u64),
) -> anyhow::Result<()> {
    ensure!(events.is_multiple_of(EVENTS), "a multiple of {EVENTS}, please");
    let sample = Sample::read(&settings.peers.join("event.json"))?;
    let (data, meta) = (sample.data().to_vec(), sample.meta()?);
    let mut connection = sqlx::PgConnection::connect(url).await?;
    let mut stream = 0;
    while stream < events / EVENTS {
        let streams = STREAMS.min(events / EVENTS - stream);
        let head: Option<i64> = sqlx::query_scalar(FILL)
            .bind(i64::try_from(stream)?)
            .bind(i64::try_from(streams)?)
            .bind(i64::try_from(EVENTS)?)
            .bind(&sample.kind)
            .bind(&data)
            .bind(&meta)
            .fetch_one(&mut connection)
            .await?;
        stream += streams;
        ensure!(head == i64::try_from(stream * EVENTS).ok(), "the log is at {head:?}");
        progress(stream * EVENTS);
    }
    sqlx::raw_sql("VACUUM ANALYZE events").execute(&mut connection).await?;
    Ok(())
}

pub async fn run(settings: &Settings, events: u64) -> anyhow::Result<()> {
    let free = free_bytes(settings)?;
    let need = events * BYTES;
    ensure!(
        need < free,
        "{events} events need about {} GB, and {} GB are free",
        need >> 30,
        free >> 30
    );
    eprintln!(
        "Filling a log with {} events, then reading it: about {} minutes, and up to {} GB of disk while it runs.",
        whole(events),
        2 + events / 1_500_000,
        1 + (need >> 30)
    );
    let server = Server::connect(&settings.url).await?;
    let facts = Facts::gather(&server, &settings.disk, facts::peers(settings)).await?;
    let url = server.database(DATABASE).await?;
    let mut reader = Contestant::start(Kind::Ours, &url, settings).await?;
    let begin = Instant::now();
    fill(&url, settings, events, |done| {
        if done % 500_000 == 0 {
            eprintln!("{} events after {:.0} s", whole(done), begin.elapsed().as_secs_f64());
        }
    })
    .await?;
    let filled = begin.elapsed();
    let pid = *reader.pids().first().context("the reader has ended")?;
    let mut resident = Vec::new();
    let request = Request::Read(Read { seconds: 3_600.0, batch: PAGE });
    let reply: ReadReply = {
        let mut asked = std::pin::pin!(reader.ask(&request));
        loop {
            tokio::select! {
                reply = &mut asked => break reply?,
                () = tokio::time::sleep(LOOK) => resident.extend(cpu::resident(pid)),
            }
        }
    };
    drop(reader);
    server.drop_database(DATABASE).await?;
    ensure!(reply.events == events, "{} of {events} events were read", reply.events);
    ensure!(reply.disorder == 0, "{} events out of order", reply.disorder);
    let growth = Growth { events, filled, reply, resident };
    report::tell_growth(settings, &facts, &growth)
}

pub struct Growth {
    pub events: u64,
    pub filled: Duration,
    pub reply: ReadReply,
    /// Of the reader, in bytes, from its first page to its last.
    pub resident: Vec<u64>,
}

fn free_bytes(settings: &Settings) -> anyhow::Result<u64> {
    let output = Command::new("df").arg("-Pk").arg(&settings.disk).output()?;
    let text = String::from_utf8(output.stdout)?;
    let kilobytes = text.lines().nth(1).and_then(|it| it.split_whitespace().nth(3)?.parse().ok());
    let kilobytes: u64 = kilobytes.with_context(|| format!("df said {text}"))?;
    Ok(kilobytes * 1024)
}
