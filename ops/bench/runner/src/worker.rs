//! A contestant in a process of its own, so that its CPU and its memory are its own.
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::bare::Bare;
use crate::contestants::Kind;
use crate::ours::Ours;
use crate::postgres_es::PostgresEs;
use crate::protocol::{Append, AppendReply, Followed, Read, ReadReply, Request};
use crate::sample::Sample;

/// What a contestant written in Rust can do. The names are those of the port's: one append, one new stream.
pub trait Contestant: Send + Sync + 'static {
    fn migrate(&self) -> impl Future<Output = anyhow::Result<()>> + Send;
    fn append(
        &self,
        stream: &str,
        events: usize,
    ) -> impl Future<Output = anyhow::Result<()>> + Send;
    /// Reads all there is, from the beginning.
    fn read(&self, read: Read) -> impl Future<Output = anyhow::Result<ReadReply>> + Send;
    /// Where a follower begins that is to see all that is written from now on.
    fn head(&self) -> impl Future<Output = anyhow::Result<u64>> + Send {
        async { anyhow::bail!("has no order over all streams to follow") }
    }
    /// Follows what is written after `after`, and after `done` until nothing is left.
    fn follow(
        &self,
        after: u64,
        done: Arc<AtomicBool>,
    ) -> impl Future<Output = anyhow::Result<Followed>> + Send {
        let _ = (after, done);
        async { anyhow::bail!("has no order over all streams to follow") }
    }
}

pub async fn run(kind: Kind, url: &str, sample: &Path, connections: u32) -> anyhow::Result<()> {
    let sample = Sample::read(sample)?;
    match kind {
        Kind::Ours => serve(Ours::connect(url, sample)?).await,
        Kind::PostgresEs => serve(PostgresEs::connect(url, sample, connections)?).await,
        Kind::Bare => serve(Bare::connect(url, &sample, connections)?).await,
        Kind::Emmett | Kind::Eventsourcing | Kind::Pgbench => {
            anyhow::bail!("has a worker of its own")
        }
    }
}

async fn serve(contestant: impl Contestant) -> anyhow::Result<()> {
    let contestant = Arc::new(contestant);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        match serde_json::from_str(&line)? {
            Request::Migrate => {
                contestant.migrate().await?;
                reply(&serde_json::json!({}))?;
            }
            Request::Append(it) => reply(&append(&contestant, it).await?)?,
            Request::Read(it) => reply(&contestant.read(it).await?)?,
        }
    }
    Ok(())
}

fn reply(it: &impl Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, it)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

async fn append(contestant: &Arc<impl Contestant>, request: Append) -> anyhow::Result<AppendReply> {
    let done = Arc::new(AtomicBool::new(false));
    let follower = if request.follow {
        // Looked up before the first caller begins, or it would begin behind what that one has written.
        let after = contestant.head().await?;
        let (contestant, done) = (contestant.clone(), done.clone());
        Some(tokio::spawn(async move { contestant.follow(after, done).await }))
    } else {
        None
    };
    let begin = Instant::now();
    let end = begin + Duration::from_secs_f64(request.seconds);
    let callers = (0..request.callers).map(|number| {
        let prefix = format!("{}-{number}", request.cell);
        tokio::spawn(call(contestant.clone(), prefix, request.events, end))
    });
    let mut reply = AppendReply::default();
    for it in join_all(callers).await {
        let it = it?;
        reply.acked += it.acked;
        reply.failed += it.failed;
        reply.error = reply.error.or(it.error);
        reply.latencies_us.extend(it.latencies_us);
    }
    reply.seconds = begin.elapsed().as_secs_f64();
    done.store(true, Ordering::Release);
    if let Some(follower) = follower {
        reply.followed = Some(follower.await??);
    }
    Ok(reply)
}

async fn call(
    contestant: Arc<impl Contestant>,
    prefix: String,
    events: usize,
    end: Instant,
) -> AppendReply {
    let mut reply = AppendReply::default();
    for number in 0_u64.. {
        let asked = Instant::now();
        if end <= asked {
            break;
        }
        match contestant.append(&format!("{prefix}-{number}"), events).await {
            Ok(()) => {
                reply.acked += 1;
                let took = u64::try_from(asked.elapsed().as_micros());
                reply.latencies_us.push(took.unwrap_or(u64::MAX));
            }
            Err(error) => {
                reply.failed += 1;
                reply.error = Some(format!("{error:#}"));
            }
        }
    }
    reply
}
