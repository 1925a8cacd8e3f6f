//! Holds by the second, nobody in anybody's way, beside a route behind the same HTTP layer that writes the same two
//! events and decides nothing.
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde::Serialize;

use super::crowd::{Tally, Turnstile, Until, let_in};
use super::door::{Door, Errand};
use super::http::Connection;
use super::places::Places;
use super::processes::Process;
use super::scene::Scene;
use super::stampede::held_in;
use crate::server::cpu;

/// Enough to keep both sides busy, few enough that nobody waits in a line.
pub const CONNECTIONS: usize = 64;

#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    pub round: usize,
    /// The product, or the route that decides nothing.
    pub decides: bool,
    pub a_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Of the serving process, for each request.
    pub cpu_us: Option<f64>,
}

pub struct Steady<'a> {
    scene: &'a Scene,
    places: Places,
    /// The first place that nobody wanted yet, by whom it is asked for.
    next: [usize; 2],
}

impl<'a> Steady<'a> {
    pub fn new(scene: &'a Scene, places: Places) -> Self {
        Self { scene, places, next: [0, 0] }
    }

    pub async fn run(
        &mut self,
        round: usize,
        decides: bool,
        server: &Process,
        seconds: f64,
    ) -> anyhow::Result<Measurement> {
        let path = if decides { "/v1/bookings" } else { "/v1/two-appends" };
        let tokens = self.scene.tokens.clone();
        let errand = Arc::new(Errand { path, places: self.places.clone(), tokens, own: true });
        let connections = Connection::open_many(server.address, CONNECTIONS).await?;
        let callers = connections.into_iter().map(|it| Door::new(it, errand.clone())).collect();
        let next = &mut self.next[usize::from(decides)];
        let until = Until::Time(Instant::now() + Duration::from_secs_f64(seconds));
        let before = held_in(&self.scene.log, &self.places).await?.0;
        let cpu = server.pid().and_then(cpu::of);
        let mut tally = let_in(callers, Turnstile::new(*next, 1, until)).await?;
        let cpu = server.pid().and_then(cpu::of).zip(cpu).map(|(after, before)| after - before);
        let asked = tally.latencies_us.len();
        // Each caller draws one more before it sees that it is too late.
        *next += asked + CONNECTIONS;
        self.check(decides, before, &tally).await?;
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let asked = asked as f64;
        Ok(Measurement {
            round,
            decides,
            a_second: asked / tally.seconds,
            p50_ms: tally.quantile_ms(0.5),
            p99_ms: tally.quantile_ms(0.99),
            cpu_us: cpu.map(|it| it * 1_000_000.0 / asked),
        })
    }

    async fn check(&self, decides: bool, before: u64, tally: &Tally) -> anyhow::Result<()> {
        let Tally { held, taken, busy, failed, error, .. } = tally;
        let refused = taken + busy + failed;
        ensure!(refused == 0, "{refused} of {held} were refused what nobody has: {error:?}");
        let (after, overlaps) = held_in(&self.scene.log, &self.places).await?;
        let added = after - before;
        ensure!(!decides || added == *held, "{held} were told, {added} are in the log");
        ensure!(overlaps == 0, "{overlaps} overlap");
        Ok(())
    }
}
