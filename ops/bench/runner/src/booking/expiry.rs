//! How late a hold ends: from the moment it is over until that stands in the log. With a broker, while it is killed,
//! and when thousands are over at once.
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use domain::ids::CourtCode;
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sqlx::PgPool;
use tokio::process::Command;
use tokio::task::JoinHandle;

use super::crowd::Told;
use super::direct::Product;
use super::door::{Errand, steadily};
use super::places::Places;
use super::processes::Process;
use super::progress::Progress;
use super::scene::Scene;
use crate::results::quantile;

/// What a hold here lasts; it has a queue of its own.
pub const HOLD_SECONDS: u32 = 30;
/// Courts of holds one after the other, and of those that end at once: the first letters of their codes tell them apart.
pub const COURTS: std::ops::Range<usize> = 0..200;
pub const BURST_COURTS: std::ops::Range<usize> = 1_000..1_100;
/// After the broker is back, everything has to find its way again.
const RECOVERY: SignedDuration = SignedDuration::from_secs(10);
/// Holds of the burst that are written at one time.
const AT_ONCE: usize = 64;
/// The sweep promises ten seconds; this is for a machine that is not ours alone.
const PATIENCE: Duration = Duration::from_mins(1);

/// How much of it.
#[derive(Clone, Copy)]
pub struct Plan {
    pub a_second: u32,
    pub seconds: u32,
    pub at_once: usize,
}

impl Plan {
    pub fn of(quick: bool) -> Self {
        if quick {
            Self { a_second: 20, seconds: 45, at_once: 200 }
        } else {
            Self { a_second: 200, seconds: 120, at_once: 5_000 }
        }
    }

    /// Of holding, waiting for the last to end, and the burst.
    pub fn duration(self) -> u32 {
        self.seconds + 2 * HOLD_SECONDS + 30
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    pub what: String,
    pub holds: usize,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub most_ms: f64,
    /// Whose message never came.
    pub swept: usize,
}

/// What became of one hold.
struct End {
    due: Timestamp,
    late_us: i64,
    swept: bool,
}

pub async fn run(
    scene: &Scene,
    product: &Process,
    services: &Services<'_>,
    plan: Plan,
    progress: &Progress,
) -> anyhow::Result<Vec<Measurement>> {
    let kill = services.kill_after(Duration::from_secs(u64::from(plan.seconds) / 2));
    let courts = COURTS.map(super::places::court).collect::<anyhow::Result<Vec<_>>>()?;
    let places = Places { cell: "expiry".to_owned(), courts, dates: scene.dates() };
    let tokens = scene.tokens.clone();
    let errand = Errand { path: "/v1/bookings", places, tokens, own: true };
    steadily(product.address, errand, plan.a_second, plan.seconds, progress).await?;
    let (killed, back) = kill.await??;
    let ends = all_ended(&scene.log, "C0", progress).await?;
    let expected = usize::try_from(plan.a_second * plan.seconds)?;
    ensure!(ends.len() == expected, "{expected} were held, {} are in the log", ends.len());
    let away = killed..back + RECOVERY;
    let (during, with): (Vec<_>, Vec<_>) = ends.iter().partition(|it| away.contains(&it.due));
    let a_second = plan.a_second;
    let mut all = vec![
        measure(format!("{a_second} holds/s, the broker there"), &with)?,
        measure(
            format!("{a_second} holds/s, the broker killed, and 10 s after it is back"),
            &during,
        )?,
    ];
    progress.say(&format!("{} holds that end at one time", plan.at_once));
    hold_at_once(scene, plan).await?;
    let ends = all_ended(&scene.log, "C1", progress).await?;
    ensure!(ends.len() == plan.at_once, "{} are in the log", ends.len());
    all.push(measure(format!("{} due at once", plan.at_once), &ends.iter().collect::<Vec<_>>())?);
    Ok(all)
}

/// All at the same time by the command's clock, so that all end at the same time.
async fn hold_at_once(scene: &Scene, plan: Plan) -> anyhow::Result<()> {
    let courts: Vec<CourtCode> =
        BURST_COURTS.map(super::places::court).collect::<anyhow::Result<Vec<_>>>()?;
    let places = Places { cell: "burst".to_owned(), courts, dates: scene.dates() };
    let product = Product::on(&scene.platform);
    let at = scene.platform.clock.now();
    let people = scene.tokens.len();
    let mut holding = futures::stream::iter(0..plan.at_once)
        .map(|n| {
            let (product, wish) = (product.clone(), places.own(n, people));
            async move { product.hold_at(wish?, at).await }
        })
        .buffer_unordered(AT_ONCE);
    while let Some(told) = holding.next().await {
        ensure!(told? == Told::Held, "a place that nobody wants is taken");
    }
    Ok(())
}

/// Waits until every hold on courts that begin like this has ended, and once.
async fn all_ended(log: &PgPool, prefix: &str, progress: &Progress) -> anyhow::Result<Vec<End>> {
    let mut left = usize::MAX;
    let mut since = Instant::now();
    loop {
        let rows: Vec<(jiff_sqlx::Timestamp, Option<i64>, Option<String>, i64)> =
            sqlx::query_as(include_str!("expiry/ends.sql")).bind(prefix).fetch_all(log).await?;
        let open = rows.iter().filter(|it| it.3 == 0).count();
        let twice = rows.iter().filter(|it| 1 < it.3).count();
        ensure!(twice == 0, "{twice} holds have ended more than once");
        if open == 0 {
            let ends = rows.into_iter().map(|(due, late, cause, _)| {
                let late_us = late.context("a hold that has ended has its lateness")?;
                let swept = cause.as_deref() != Some("timer");
                Ok(End { due: due.to_jiff(), late_us, swept })
            });
            return ends.collect();
        }
        if open < left {
            (left, since) = (open, Instant::now());
        }
        // Before the first is due nothing moves.
        let patience = PATIENCE + Duration::from_secs(u64::from(HOLD_SECONDS));
        ensure!(since.elapsed() < patience, "{open} holds have not ended");
        progress.tick();
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

fn measure(what: String, ends: &[&End]) -> anyhow::Result<Measurement> {
    let mut late: Vec<u64> = ends
        .iter()
        .map(|it| u64::try_from(it.late_us))
        .collect::<Result<_, _>>()
        .with_context(|| format!("{what}: a hold ended before its time"))?;
    late.sort_unstable();
    let at = |share| {
        let it = quantile(&late, share).unwrap_or_default();
        f64::from(u32::try_from(it).unwrap_or(u32::MAX)) / 1_000.0
    };
    let swept = ends.iter().filter(|it| it.swept).count();
    let (p50_ms, p99_ms, most_ms) = (at(0.5), at(0.99), at(1.0));
    Ok(Measurement { what, holds: ends.len(), p50_ms, p99_ms, most_ms, swept })
}

/// The bench's own servers, to be killed.
pub struct Services<'a> {
    pub scene: &'a Scene,
    pub state: &'a Path,
}

impl Services<'_> {
    /// Kills the broker then, and starts it again at once. Says when it was killed, and when it was ready again.
    fn kill_after(&self, time: Duration) -> JoinHandle<anyhow::Result<(Timestamp, Timestamp)>> {
        let (state, clock) = (self.state.to_owned(), self.scene.platform.clock.clone());
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            let killed = clock.now();
            for it in ["kill", "start"] {
                let mut command = Command::new("ops/services");
                command.args([it, "rabbitmq", "--state"]).arg(&state);
                let output = command.output().await.context("ops/services does not run")?;
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                ensure!(output.status.success(), "ops/services {it} rabbitmq: {said}");
            }
            Ok((killed, clock.now()))
        })
    }
}
