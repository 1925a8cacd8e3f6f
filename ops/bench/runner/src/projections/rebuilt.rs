//! A projection built anew while it serves, asked for as operators do; and what searches feel of it.
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use jiff::civil::Date;
use serde::Serialize;
use sqlx::AssertSqlSafe;
use tokio::process::Command;

use super::history::per_second;
use crate::booking::crowd::{Tally, Turnstile, Until, let_in};
use crate::booking::http::Connection;
use crate::booking::processes::Process;
use crate::booking::scene::Scene;
use crate::booking::search::Searcher;
use crate::results::short;
use crate::server::cpu;

/// Searches under way at one time: few enough that a second core is left.
const SEARCHERS: usize = 2;
/// Those that share a rebuild that is timed: one for each of the cores of the machine that the target speaks of.
pub const WORKERS: u8 = 2;
/// What is searched while, and before.
const SEARCHED: &str = "availability";

#[derive(Clone, Debug, Serialize)]
pub struct Rebuilt {
    pub round: usize,
    pub projection: String,
    pub events: u64,
    pub seconds: f64,
    pub peak_mb: u64,
}

impl Rebuilt {
    pub fn a_second(&self) -> f64 {
        per_second(self.events, self.seconds)
    }

    pub fn line(&self, rounds: usize) -> String {
        let (seconds, a_second) = (short(self.seconds), short(self.a_second()));
        let Self { round, projection, peak_mb, .. } = self;
        format!(
            "round {}/{rounds}  {projection} anew in {seconds} s, {a_second} events/s, at most {peak_mb} MB",
            round + 1
        )
    }
}

/// The searches of some quiet seconds, and those of a rebuild.
#[derive(Clone, Debug, Serialize)]
pub struct Felt {
    pub round: usize,
    /// That share the rebuild.
    pub workers: u8,
    pub quiet: u64,
    pub quiet_p99_ms: f64,
    pub meanwhile: u64,
    pub meanwhile_p99_ms: f64,
    pub failed: u64,
}

impl Felt {
    pub fn line(&self, rounds: usize) -> String {
        format!(
            "round {}/{rounds}  searches p99 {} ms quiet, {} ms during a rebuild by {}, {} failed",
            self.round + 1,
            short(self.quiet_p99_ms),
            short(self.meanwhile_p99_ms),
            self.workers,
            self.failed
        )
    }
}

pub struct Rebuilds<'a> {
    pub scene: &'a Scene,
    pub courtside: &'a Path,
    pub projector: &'a Process,
    pub query_api: &'a Process,
}

impl Rebuilds<'_> {
    /// From the request until the new build is live, and then counted.
    pub async fn measure(
        &self,
        round: usize,
        projection: &str,
        rows: i64,
    ) -> anyhow::Result<Rebuilt> {
        let events = self.scene.platform.store.head().await?;
        let began = Instant::now();
        self.rebuild(projection, WORKERS).await?;
        let seconds = began.elapsed().as_secs_f64();
        let found = self.rows(projection).await?;
        ensure!(found == rows, "{projection} has {found} rows, not {rows}");
        let peak_mb = self.projector.pid().and_then(cpu::peak).unwrap_or_default() >> 20;
        let projection = projection.to_owned();
        Ok(Rebuilt { round, projection, events, seconds, peak_mb })
    }

    async fn rebuild(&self, projection: &str, workers: u8) -> anyhow::Result<()> {
        let said = Command::new(self.courtside)
            .args(["projections", "rebuild", projection, "--parallel", &workers.to_string()])
            .envs(&self.scene.environment)
            .stdin(Stdio::null())
            .output()
            .await
            .context("courtside does not start")?;
        ensure!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        Ok(())
    }

    /// Of the table with the most rows in the live build.
    async fn rows(&self, projection: &str) -> anyhow::Result<i64> {
        let table = match projection {
            "availability" => "taken",
            other => other,
        };
        let schema: String = sqlx::query_scalar(
            "SELECT projection || '_b' || build FROM builds WHERE projection = $1 AND state = 'live'",
        )
        .bind(projection)
        .fetch_one(&self.scene.read)
        .await?;
        let count = AssertSqlSafe(format!("SELECT count(*) FROM {schema}.{table}"));
        Ok(sqlx::query_scalar(count).fetch_one(&self.scene.read).await?)
    }

    /// Of a rebuild by so many workers.
    pub async fn felt_by_searches(
        &self,
        round: usize,
        workers: u8,
        quick: bool,
    ) -> anyhow::Result<Felt> {
        let quiet = Duration::from_secs(if quick { 1 } else { 8 });
        let mut before = self.search(0, Instant::now() + quiet).await?;
        ensure!(before.failed == 0, "{} searches failed: {:?}", before.failed, before.error);
        let over = Arc::new(tokio::sync::Notify::new());
        let (rebuilt, searched) = tokio::join!(
            async {
                let it = self.rebuild(SEARCHED, workers).await;
                over.notify_one();
                it
            },
            self.search_until(&over)
        );
        rebuilt?;
        let mut meanwhile = searched?;
        ensure!(meanwhile.failed == 0, "{} failed: {:?}", meanwhile.failed, meanwhile.error);
        Ok(Felt {
            round,
            workers,
            quiet: before.held,
            quiet_p99_ms: before.quantile_ms(0.99),
            meanwhile: meanwhile.held,
            meanwhile_p99_ms: meanwhile.quantile_ms(0.99),
            failed: meanwhile.failed,
        })
    }

    /// In short turns, until it is over.
    async fn search_until(&self, over: &tokio::sync::Notify) -> anyhow::Result<Tally> {
        let mut all = Tally::default();
        let over = over.notified();
        tokio::pin!(over);
        loop {
            let turn = Instant::now() + Duration::from_millis(500);
            let first = all.latencies_us.len();
            all.add(self.search(first, turn).await?);
            if tokio::time::timeout(Duration::ZERO, &mut over).await.is_ok() {
                return Ok(all);
            }
        }
    }

    async fn search(&self, first: usize, until: Instant) -> anyhow::Result<Tally> {
        let dates: Arc<[Date]> = self.scene.dates().into();
        let connections = Connection::open_many(self.query_api.address, SEARCHERS).await?;
        let callers = connections
            .into_iter()
            .map(|connection| Searcher { connection, dates: dates.clone() })
            .collect();
        let_in(callers, Turnstile::new(first, 1, Until::Time(until))).await
    }
}
