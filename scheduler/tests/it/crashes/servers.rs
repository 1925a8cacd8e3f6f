//! The servers are killed with `-9` while holds run out, and come back later.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use acceptance::Servers;
use domain::bookings::ExpiryCause;
use domain::ids::BookingId;
use jiff::SignedDuration;
use runtime::Shutdown;
use testing::eventually;
use testing::server::Services;
use tokio::task::JoinSet;

use crate::crashes::system::{CARRIED, SOON, System, readiness};

/// A message that is put back is delivered again within milliseconds, and given up after twenty times: a store that is
/// away for these few seconds after the holds' time says as much as one that is away for a minute.
const AWAY: SignedDuration = SignedDuration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_go_on_without_a_broker_and_their_timers_wait_for_a_store() {
    let private = tokio::task::spawn_blocking(|| Services::start(&[])).await.unwrap();
    let system = System::on(Servers::named(private.environment())).await;
    let scheduler = system.scheduler().await;

    // The store is away, and messages fall due.
    let waiting = system.holds(50, CARRIED).await;
    system.timers("published_at IS NOT NULL", 50).await;
    private.run(&["kill", "postgres"]);
    let over = system.platform.clock.now() + SignedDuration::from_secs(CARRIED.into()) + AWAY;
    eventually("their time is long over", SOON, async || over <= system.platform.clock.now()).await;
    let (status, said) = readiness(&scheduler).await.unwrap();
    assert_eq!((status, &said["checks"]["broker"]["ok"]), (503, &true.into()), "{said}");
    private.run(&["start", "postgres"]);
    let causes = system.all_end(&waiting).await;
    println!("after the store came back: {causes:?}");
    system.queues_are_empty().await;

    // The broker is away, and people go on.
    private.run(&["kill", "rabbitmq"]);
    let without = system.holds(50, CARRIED).await;
    assert_eq!(system.all_end(&without).await, [ExpiryCause::Sweep; 50]);
    let degraded = async || {
        let Some((status, said)) = readiness(&scheduler).await else { return false };
        let broker = &said["checks"]["broker"];
        status == 200 && said["status"] == "degraded" && broker["detail"] == "not connected"
    };
    eventually("it says so and goes on", SOON, degraded).await;
    private.run(&["start", "rabbitmq"]);
    let mended = async || readiness(&scheduler).await.is_some_and(|it| it.1["status"] == "ready");
    eventually("it has found the broker again", SOON, mended).await;
    let after = system.holds(5, CARRIED).await;
    assert_eq!(system.all_end(&after).await, [ExpiryCause::Timer; 5]);
    drop((scheduler, system));
}

/// How long each server is away while holds keep coming, in seconds: a few lifetimes of a hold. `TEST_AWAY_SECONDS=60`
/// asks for the whole minute.
const AWAY_UNDER_LOAD: i64 = 10;
/// Twenty holds a second.
const PEOPLE: usize = 4;
const EACH_EVERY: Duration = Duration::from_millis(200);

/// People who hold courts steadily, whatever is away.
struct Load {
    /// Those that were answered, and those that may have come to be.
    people: JoinSet<(Vec<BookingId>, Vec<BookingId>)>,
    held: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
    shutdown: Shutdown,
}

impl Load {
    fn begin(system: &Arc<System>) -> Self {
        let (held, failed) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let shutdown = Shutdown::new();
        let mut people = JoinSet::new();
        for _ in 0..PEOPLE {
            let (system, shutdown) = (Arc::clone(system), shutdown.clone());
            let (counts, failures) = (Arc::clone(&held), Arc::clone(&failed));
            people.spawn(async move {
                let (mut held, mut unknown) = (vec![], vec![]);
                let mut ticks = tokio::time::interval(EACH_EVERY);
                while !shutdown.is_cancelled() {
                    ticks.tick().await;
                    match system.try_hold(CARRIED).await {
                        Ok(booking) => {
                            held.push(booking);
                            counts.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(booking) => {
                            unknown.push(booking);
                            failures.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
                (held, unknown)
            });
        }
        Self { people, held, failed, shutdown }
    }

    /// Waits for so many more.
    async fn more(&self, count: usize) {
        let enough = self.held.load(Ordering::Relaxed) + count;
        let come = async || enough <= self.held.load(Ordering::Relaxed);
        eventually("holds come in", SOON, come).await;
    }

    async fn end(self) -> (Vec<BookingId>, Vec<BookingId>) {
        self.shutdown.cancel();
        let ended = self.people.join_all().await.into_iter();
        let (held, unknown): (Vec<_>, Vec<_>) = ended.unzip();
        (held.concat(), unknown.concat())
    }
}

/// Kills a server, and starts it again when it has been away for a while.
async fn away(private: &Arc<Services>, system: &System, server: &'static str) {
    let asked = std::env::var_os("TEST_AWAY_SECONDS");
    let asked = asked.map(|it| it.to_str().unwrap().parse::<i64>().unwrap());
    let away = SignedDuration::from_secs(asked.unwrap_or(AWAY_UNDER_LOAD));
    let services = async |what: &'static str| {
        let private = Arc::clone(private);
        tokio::task::spawn_blocking(move || private.run(&[what, server])).await.unwrap();
    };
    services("kill").await;
    let over = system.platform.clock.now() + away;
    let patience = SOON + Duration::from_secs(away.as_secs().unsigned_abs());
    eventually("it was away", patience, async || over <= system.platform.clock.now()).await;
    services("start").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_that_keep_coming_end_once_each_while_the_broker_and_then_the_store_is_away() {
    let private = tokio::task::spawn_blocking(|| Services::start(&[])).await.unwrap();
    let private = Arc::new(private);
    let system = Arc::new(System::on(Servers::named(private.environment())).await);
    let scheduler = system.scheduler().await;
    let ready = async || readiness(&scheduler).await.is_some_and(|it| it.1["status"] == "ready");
    let load = Load::begin(&system);
    load.more(20).await;

    away(&private, &system, "rabbitmq").await;
    eventually("the broker is found again", SOON, ready).await;
    load.more(20).await;
    assert_eq!(load.failed.load(Ordering::Relaxed), 0, "nobody who holds needs a broker");

    away(&private, &system, "postgres").await;
    eventually("the store is found again", SOON, ready).await;
    load.more(20).await;
    let (mut held, unknown) = load.end().await;
    let answered = held.len();
    for booking in unknown {
        if system.was_held(&booking).await {
            held.push(booking);
        }
    }
    let causes = system.all_end(&held).await;
    let by_timer = causes.iter().filter(|it| **it == ExpiryCause::Timer).count();
    println!("{answered} held, {} unanswered, {by_timer} by timer", held.len() - answered);
    system.queues_are_empty().await;
    drop((scheduler, system));
    tokio::task::spawn_blocking(move || drop(private)).await.unwrap();
}
