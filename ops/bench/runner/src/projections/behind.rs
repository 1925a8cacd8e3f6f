//! How far the read models are behind the log while people book: from when an event was seen in the log until a
//! projection had passed it.
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde::Serialize;
use tokio::sync::watch;

use crate::booking::door::{Errand, steadily};
use crate::booking::places::Places;
use crate::booking::processes::Process;
use crate::booking::progress::Progress;
use crate::booking::scene::Scene;
use crate::results::{quantile, short};

/// Which are looked at: those that a booking shows in.
const WATCHED: [&str; 2] = ["availability", "bookings"];
/// How often the log and the checkpoints are looked at; no lag is seen that is shorter.
const LOOK: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(30);

/// How many hold a court a second, and how long.
#[derive(Clone, Copy)]
pub struct Rate {
    pub a_second: u32,
    pub seconds: u32,
}

impl Rate {
    pub fn of(quick: bool) -> Self {
        if quick { Self { a_second: 100, seconds: 4 } } else { Self { a_second: 500, seconds: 40 } }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Behind {
    pub projection: &'static str,
    pub holds: u32,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub most_ms: f64,
}

impl Behind {
    pub fn line(&self) -> String {
        let (p50, p99, most) = (short(self.p50_ms), short(self.p99_ms), short(self.most_ms));
        format!("{}: p50 {p50}, p99 {p99}, most {most} ms behind", self.projection)
    }
}

/// What was seen at a time: the end of the log, and where each projection was.
struct Sight {
    at: Instant,
    head: i64,
    reached: [i64; 2],
}

pub async fn measure(
    scene: &Scene,
    product: &Process,
    places: Places,
    rate: Rate,
    progress: &Progress,
) -> anyhow::Result<Vec<Behind>> {
    let errand = Errand { path: "/v1/bookings", places, tokens: scene.tokens.clone(), own: true };
    let (over, is_over) = watch::channel(false);
    let (held, seen) = tokio::join!(
        async {
            let it = steadily(product.address, errand, rate.a_second, rate.seconds, progress).await;
            over.send_replace(true);
            it
        },
        look(scene, is_over)
    );
    held?;
    let seen = seen?;
    let of = |(index, projection)| {
        let mut lags = lags(&seen, index);
        lags.sort_unstable();
        let ms = |share| {
            let us = quantile(&lags, share).unwrap_or_default();
            f64::from(u32::try_from(us).unwrap_or(u32::MAX)) / 1_000.0
        };
        let holds = rate.a_second * rate.seconds;
        Behind { projection, holds, p50_ms: ms(0.5), p99_ms: ms(0.99), most_ms: ms(1.0) }
    };
    Ok(WATCHED.into_iter().enumerate().map(of).collect())
}

/// Until nobody books any more and both have come to the end.
async fn look(scene: &Scene, is_over: watch::Receiver<bool>) -> anyhow::Result<Vec<Sight>> {
    let reached = "SELECT position FROM checkpoints
        JOIN builds ON name = projection || '@' || build
        WHERE state = 'live' AND projection = ANY ($1) ORDER BY projection";
    let mut seen = Vec::new();
    let mut ended = None;
    loop {
        // The log first: what a projection has by then is not counted against it.
        let head = i64::try_from(scene.platform.store.head().await?)?;
        let at = Instant::now();
        let positions: Vec<i64> =
            sqlx::query_scalar(reached).bind(WATCHED).fetch_all(&scene.read).await?;
        let reached = positions.try_into().ok();
        let Some(reached) = reached else { anyhow::bail!("not both have a live build") };
        seen.push(Sight { at, head, reached });
        if *is_over.borrow() {
            let end = *ended.get_or_insert_with(|| Instant::now() + PATIENCE);
            if reached.iter().all(|it| head <= *it) {
                return Ok(seen);
            }
            ensure!(Instant::now() < end, "{WATCHED:?} are at {reached:?}, the log at {head}");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// In microseconds, for each time that the log was longer than before.
fn lags(seen: &[Sight], projection: usize) -> Vec<u64> {
    let mut lags = Vec::new();
    let mut there = 0;
    let mut last = seen.first().map_or(0, |it| it.head);
    for it in seen {
        if it.head == last {
            continue;
        }
        last = it.head;
        while seen.get(there).is_some_and(|later| later.reached[projection] < it.head) {
            there += 1;
        }
        if let Some(later) = seen.get(there) {
            let lag = later.at.saturating_duration_since(it.at);
            lags.push(u64::try_from(lag.as_micros()).unwrap_or(u64::MAX));
        }
    }
    lags
}
