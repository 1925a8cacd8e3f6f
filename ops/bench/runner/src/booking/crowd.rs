//! Many people at once, each waiting for an answer before the next one behind them is let in.
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde::{Deserialize, Serialize};

use crate::results::quantile;

/// What somebody was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Held,
    Taken,
    /// Nothing happened; come again: others were faster each time, or too many are here.
    Busy,
}

/// Asks for one person after the other. It has what only one at a time can use: a connection, say.
pub trait Caller: Send + 'static {
    fn ask(&mut self, n: usize) -> impl Future<Output = anyhow::Result<Told>> + Send;
}

/// When the last one is let in.
#[derive(Clone, Copy)]
pub enum Until {
    Number(usize),
    Time(Instant),
}

/// What all of them were told.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    pub held: u64,
    pub taken: u64,
    pub busy: u64,
    pub failed: u64,
    /// One of the failures.
    pub error: Option<String>,
    /// How often somebody was not first and had to begin again, where that can be seen.
    pub conflicts: Option<u64>,
    pub seconds: f64,
    pub latencies_us: Vec<u64>,
}

/// Numbers that callers take turns to draw: `first`, `first + step`, …
#[derive(Clone)]
pub struct Turnstile {
    next: Arc<AtomicUsize>,
    step: usize,
    until: Until,
}

impl Turnstile {
    pub fn new(first: usize, step: usize, until: Until) -> Self {
        Self { next: Arc::new(AtomicUsize::new(first)), step, until }
    }

    fn draw(&self) -> ControlFlow<(), usize> {
        let n = self.next.fetch_add(self.step, Ordering::Relaxed);
        let over = match self.until {
            Until::Number(count) => count <= n,
            Until::Time(end) => end <= Instant::now(),
        };
        if over { ControlFlow::Break(()) } else { ControlFlow::Continue(n) }
    }
}

/// Lets everybody in, each caller one at a time, and waits for the last answer.
pub async fn let_in<C: Caller>(callers: Vec<C>, turnstile: Turnstile) -> anyhow::Result<Tally> {
    let begin = Instant::now();
    let calling = callers.into_iter().map(|it| tokio::spawn(call(it, turnstile.clone())));
    let mut all = Tally::default();
    for it in join_all(calling).await {
        all.add(it?);
    }
    all.seconds = begin.elapsed().as_secs_f64();
    Ok(all)
}

async fn call<C: Caller>(mut caller: C, turnstile: Turnstile) -> Tally {
    let mut tally = Tally::default();
    while let ControlFlow::Continue(n) = turnstile.draw() {
        let asked = Instant::now();
        let told = caller.ask(n).await;
        tally.note(told, asked.elapsed());
    }
    tally
}

impl Tally {
    pub fn note(&mut self, told: anyhow::Result<Told>, took: Duration) {
        match told {
            Ok(Told::Held) => self.held += 1,
            Ok(Told::Taken) => self.taken += 1,
            Ok(Told::Busy) => self.busy += 1,
            Err(error) => {
                self.failed += 1;
                self.error.get_or_insert(format!("{error:#}"));
            }
        }
        self.latencies_us.push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Of others who came at the same time.
    pub fn add(&mut self, it: Self) {
        self.held += it.held;
        self.taken += it.taken;
        self.busy += it.busy;
        self.failed += it.failed;
        self.error = self.error.take().or(it.error);
        self.conflicts = match (self.conflicts, it.conflicts) {
            (Some(ours), Some(theirs)) => Some(ours + theirs),
            (one, other) => one.or(other),
        };
        self.seconds = self.seconds.max(it.seconds);
        self.latencies_us.extend(it.latencies_us);
    }

    /// Milliseconds; sorts what it has.
    pub fn quantile_ms(&mut self, share: f64) -> f64 {
        self.latencies_us.sort_unstable();
        let it = quantile(&self.latencies_us, share).unwrap_or_default();
        f64::from(u32::try_from(it).unwrap_or(u32::MAX)) / 1_000.0
    }
}
