//! Many people log in at the same moment, while others go on booking at a steady pace.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use futures::future::try_join_all;
use serde::Serialize;
use serde_json::json;
use sqlx::PgPool;
use tokio::task::JoinHandle;

use crate::booking::crowd::{Caller, Tally, Told};
use crate::booking::door::{Door, Errand};
use crate::booking::http::{Connection, post_openly};
use crate::booking::places::Places;
use crate::booking::processes::Process;
use crate::booking::scene::Scene;
use crate::server::cpu;

/// Everybody's.
pub const PASSWORD: &str = "correct horse battery staple of the bench";

/// Bookings come at 40 a second.
const BOOKING_CONNECTIONS: usize = 8;
const BOOKING_EVERY: Duration = Duration::from_millis(200);
/// How long it is quiet before a storm.
const QUIET: Duration = Duration::from_secs(8);
/// Who is told to come again does so after a while, not all at once.
const COME_AGAIN: Duration = Duration::from_millis(800);
const SPREAD: Duration = Duration::from_millis(2);
/// Nobody here waits longer for everybody.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The product: threads of its own, and a queue that says no.
    Pool,
    /// `spawn_blocking`, as many as come.
    Unbounded,
}

#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    pub round: usize,
    pub who: Who,
    pub logins_a_second: f64,
    /// How often somebody was told to come again.
    pub busy: u64,
    pub quiet_p50_ms: f64,
    pub quiet_p99_ms: f64,
    pub storm_p50_ms: f64,
    pub storm_p99_ms: f64,
    /// The most memory the process had resident.
    pub peak_mb: u64,
}

pub struct Storm {
    log: PgPool,
    people: usize,
    product: Process,
    rival: Process,
    places: Places,
    tokens: Arc<Vec<String>>,
    /// The first place nobody asked for yet, by whom it is asked for.
    next: [Arc<AtomicUsize>; 2],
}

impl Storm {
    /// Everybody registers.
    pub async fn prepare(
        scene: &Scene,
        places: Places,
        product: Process,
        rival: Process,
        people: usize,
    ) -> anyhow::Result<Self> {
        let mut door = Connection::open(product.address).await?;
        for n in 0..people {
            let name = name(n);
            let body = json!({
                "email": format!("{name}@bench.example"), "username": name, "display_name": "Somebody",
                "password": PASSWORD,
            });
            let request = post_openly("/v1/registrations", n, &body.to_string());
            let (status, said) = door.send(&request).await?;
            ensure!(status == 202, "{status}: {}", String::from_utf8_lossy(said));
        }
        Ok(Self {
            log: scene.log.clone(),
            people,
            product,
            rival,
            places,
            tokens: scene.tokens.clone(),
            next: Default::default(),
        })
    }

    pub async fn run(&self, round: usize, who: Who, quick: bool) -> anyhow::Result<Measurement> {
        let server = if who == Who::Pool { &self.product } else { &self.rival };
        let quiet = Bookings::begin(self, who, server).await?;
        tokio::time::sleep(if quick { QUIET / 8 } else { QUIET }).await;
        let mut quiet = quiet.end().await?;
        let before = self.succeeded().await?;
        let bookings = Bookings::begin(self, who, server).await?;
        let memory = Memory::watch(server.pid());
        let (seconds, busy) = self.log_in(who, server).await?;
        let peak = memory.end().await?;
        let mut storm = bookings.end().await?;
        let logged_in = self.succeeded().await? - before;
        let expected = if who == Who::Pool { self.people } else { 0 };
        ensure!(logged_in == i64::try_from(expected)?, "{logged_in} logins are in the log");
        #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
        let people = self.people as f64;
        Ok(Measurement {
            round,
            who,
            logins_a_second: people / seconds,
            busy,
            quiet_p50_ms: quiet.quantile_ms(0.5),
            quiet_p99_ms: quiet.quantile_ms(0.99),
            storm_p50_ms: storm.quantile_ms(0.5),
            storm_p99_ms: storm.quantile_ms(0.99),
            peak_mb: peak >> 20,
        })
    }

    /// Until everybody is in. Each comes with a connection of its own.
    async fn log_in(&self, who: Who, server: &Process) -> anyhow::Result<(f64, u64)> {
        let path = if who == Who::Pool { "/v1/sessions" } else { "/v1/unbounded-logins" };
        let doors = Connection::open_many(server.address, self.people).await?;
        let busy = Arc::new(AtomicU64::new(0));
        let began = Instant::now();
        let people = doors.into_iter().enumerate().map(|(n, mut door)| {
            let busy = busy.clone();
            tokio::spawn(async move {
                let body = json!({ "identifier": name(n), "password": PASSWORD }).to_string();
                let request = post_openly(path, n, &body);
                loop {
                    match door.send(&request).await? {
                        (201, _) => return anyhow::Ok(()),
                        (503, _) => busy.fetch_add(1, Ordering::Relaxed),
                        (other, said) => bail!("{other}: {}", String::from_utf8_lossy(said)),
                    };
                    ensure!(began.elapsed() < PATIENCE, "somebody never came in");
                    tokio::time::sleep(COME_AGAIN + SPREAD * u32::try_from(n % 200)?).await;
                }
            })
        });
        for it in try_join_all(people).await? {
            it?;
        }
        Ok((began.elapsed().as_secs_f64(), busy.load(Ordering::Relaxed)))
    }

    async fn succeeded(&self) -> anyhow::Result<i64> {
        let count = "SELECT count(*) FROM events WHERE type LIKE 'login.succeeded.%'";
        Ok(sqlx::query_scalar(count).fetch_one(&self.log).await?)
    }

    pub async fn leave(self) -> anyhow::Result<()> {
        self.product.stop().await?;
        self.rival.stop().await
    }
}

fn name(n: usize) -> String {
    format!("somebody-{n}")
}

/// Who book at a steady pace, whatever the answers take.
struct Bookings {
    over: Arc<AtomicBool>,
    people: Vec<JoinHandle<anyhow::Result<Tally>>>,
}

impl Bookings {
    async fn begin(storm: &Storm, who: Who, server: &Process) -> anyhow::Result<Self> {
        let path = if who == Who::Pool { "/v1/bookings" } else { "/v1/two-appends" };
        let (places, tokens) = (storm.places.clone(), storm.tokens.clone());
        let errand = Arc::new(Errand { path, places, tokens, own: true });
        let over = Arc::new(AtomicBool::new(false));
        let mut people = Vec::new();
        for door in Connection::open_many(server.address, BOOKING_CONNECTIONS).await? {
            let next = storm.next[usize::from(who == Who::Unbounded)].clone();
            let mut door = Door::new(door, errand.clone());
            let over = over.clone();
            people.push(tokio::spawn(async move {
                let mut tally = Tally::default();
                let mut ticks = tokio::time::interval(BOOKING_EVERY);
                while !over.load(Ordering::Relaxed) {
                    // From when it should have been asked: who is not let in waits too.
                    let asked = ticks.tick().await;
                    let told = door.ask(next.fetch_add(1, Ordering::Relaxed)).await?;
                    ensure!(told == Told::Held, "{told:?}");
                    tally.note(Ok(told), asked.elapsed());
                }
                Ok(tally)
            }));
        }
        Ok(Self { over, people })
    }

    async fn end(self) -> anyhow::Result<Tally> {
        self.over.store(true, Ordering::Relaxed);
        let mut all = Tally::default();
        for it in try_join_all(self.people).await? {
            all.add(it?);
        }
        Ok(all)
    }
}

/// The most that a process has resident.
struct Memory {
    over: Arc<AtomicBool>,
    watching: JoinHandle<u64>,
}

impl Memory {
    fn watch(pid: Option<u32>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let ended = over.clone();
        let watching = tokio::spawn(async move {
            let mut peak = 0;
            while !ended.load(Ordering::Relaxed) {
                peak = peak.max(pid.and_then(cpu::resident).unwrap_or_default());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            peak
        });
        Self { over, watching }
    }

    async fn end(self) -> anyhow::Result<u64> {
        self.over.store(true, Ordering::Relaxed);
        Ok(self.watching.await?)
    }
}
