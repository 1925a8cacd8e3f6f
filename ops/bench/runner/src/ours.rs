//! Our log, through its port.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{EventStore, Expected, Store, Subscription};

use crate::protocol::{Followed, Read, ReadReply};
use crate::sample::Sample;
use crate::worker::Contestant;

/// Connections that read, as a role in production has a few.
const READERS: u32 = 4;

pub struct Ours {
    log: Arc<PostgresStore>,
    sample: Sample,
}

impl Ours {
    pub fn connect(url: &str, sample: Sample) -> anyhow::Result<Self> {
        Ok(Self { log: Arc::new(PostgresStore::connect(url, READERS)?), sample })
    }
}

impl Contestant for Ours {
    async fn migrate(&self) -> anyhow::Result<()> {
        Ok(MIGRATOR.run(self.log.pool()).await?)
    }

    async fn append(&self, stream: &str, events: usize) -> anyhow::Result<()> {
        let events = self.sample.events(stream, events);
        self.log.append(stream, Expected::NoStream, events).await?;
        Ok(())
    }

    /// As a projection catches up: page after page, each event decoded, and no page left out.
    async fn read(&self, read: Read) -> anyhow::Result<ReadReply> {
        let begin = Instant::now();
        let end = begin + Duration::from_secs_f64(read.seconds);
        let log: Store = self.log.clone();
        // The end as it is now: behind it the subscription would wait for more.
        let head = self.log.head().await?;
        let mut subscription = Subscription::new(log, 0, read.batch);
        let mut reply = ReadReply::default();
        while subscription.position() < head && Instant::now() < end {
            let page = subscription.next().await?;
            for it in &page.events {
                reply.events += 1;
                reply.disorder += u64::from(it.position != reply.events);
            }
        }
        reply.seconds = begin.elapsed().as_secs_f64();
        Ok(reply)
    }

    async fn head(&self) -> anyhow::Result<u64> {
        Ok(self.log.head().await?)
    }

    async fn follow(&self, after: u64, done: Arc<AtomicBool>) -> anyhow::Result<Followed> {
        let mut last = after;
        let log: Store = self.log.clone();
        let mut subscription = Subscription::new(log, last, 1_000);
        let mut followed = Followed::default();
        loop {
            let ending = done.load(Ordering::Acquire);
            let page = subscription.next().await?;
            for it in &page.events {
                followed.seen += 1;
                followed.disorder += u64::from(it.position != last + 1);
                last = it.position;
            }
            if ending && page.events.is_empty() {
                return Ok(followed);
            }
        }
    }
}
