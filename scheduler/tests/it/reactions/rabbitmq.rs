//! Timers over a real broker: on time, once, and never lost for good.
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::bookings::{BookingEvent, ExpiryCause};
use domain::ids::BookingId;
use jiff::SignedDuration;
use runtime::rabbitmq::{self, Topology};
use runtime::{Shutdown, ids};
use scheduler::timers::Timer;
use scheduler::timers::commands::Commands;
use scheduler::timers::rabbitmq::{DEAD, DUE, RabbitTransport, topology};
use scheduler::timers::transport::{Delay, DelayTransport};
use secrecy::SecretString;
use testing::cut::Cut;
use testing::eventually;

use crate::reactions::world::{SOON, Scheduler, World};

/// Names on the broker that are nobody else's.
struct Broker {
    url: SecretString,
    prefix: String,
}

const HOLD_SECONDS: u32 = 4;
const HOLD: &str = "timers.hold.4";

impl Broker {
    fn new() -> Self {
        Self { url: SecretString::from(url()), prefix: format!("{}.", ids::new().simple()) }
    }

    fn transport(&self, shutdown: &Shutdown) -> Arc<RabbitTransport> {
        Arc::new(RabbitTransport::start(&self.url, &self.prefix, &[HOLD_SECONDS], shutdown))
    }

    fn topology(&self) -> Topology {
        topology(&self.prefix, &[HOLD_SECONDS])
    }

    /// Takes everything away, with what is in it.
    async fn empty(&self) {
        rabbitmq::delete(&self.url, &self.topology()).await.unwrap();
    }

    async fn end(self, world: World) {
        world.shutdown.cancel();
        self.empty().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the test servers are named by the environment")]
fn url() -> String {
    std::env::var("TEST_AMQP_URL").expect("TEST_AMQP_URL names a RabbitMQ; ops/test starts one")
}

/// Hands on what is there, as soon as the broker can be reached.
async fn relay(scheduler: &Scheduler, timers: usize) {
    let handed = AtomicUsize::new(0);
    let all = async || {
        handed.fetch_add(scheduler.relay.round().await.unwrap_or(0), Ordering::SeqCst);
        handed.load(Ordering::SeqCst) == timers
    };
    eventually("the broker takes the timers", SOON, all).await;
}

async fn all_end(world: &World, bookings: &[BookingId]) {
    for booking in bookings {
        eventually("the hold ends", SOON, async || !world.ends(booking).await.is_empty()).await;
    }
    for booking in bookings {
        assert_eq!(world.ends(booking).await, ["booking.expired.v1"]);
    }
}

async fn holds(world: &World, count: usize) -> Vec<BookingId> {
    let mut bookings = Vec::with_capacity(count);
    for _ in 0..count {
        bookings.push(world.hold(HOLD_SECONDS).await);
    }
    world.follow().await;
    // They have just begun, however slow this machine is.
    world.later(-60);
    bookings
}

/// How long after its end it was recorded, and by whom.
async fn end(world: &World, booking: &BookingId) -> (SignedDuration, ExpiryCause) {
    let events = world.events(booking).await;
    let [BookingEvent::Held(held), BookingEvent::Expired { cause, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    let at = world.store.inner_events(booking).await[1].meta.at;
    (at.duration_since(held.expires_at.expect("a clock")), *cause)
}

#[tokio::test]
async fn a_hold_ends_by_a_message_that_waited_at_the_broker() {
    let (world, broker) = (World::new().await, Broker::new());
    let transport = broker.transport(&world.shutdown);
    let scheduler = world.scheduler(Arc::clone(&transport) as Arc<dyn DelayTransport>);
    let bookings = holds(&world, 20).await;
    relay(&scheduler, 20).await;
    assert_eq!(transport.depth(HOLD).await, Some(20), "it waits there, not here");
    world.later(0);
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    all_end(&world, &bookings).await;
    for booking in &bookings {
        let (late, cause) = end(&world, booking).await;
        assert_eq!(cause, ExpiryCause::Timer);
        assert!(!late.is_negative(), "never early");
    }
    broker.end(world).await;
}

#[tokio::test]
async fn a_message_is_kept_until_its_time_however_early_it_comes() {
    let (world, broker) = (World::new().await, Broker::new());
    let transport = broker.transport(&world.shutdown);
    let scheduler = world.scheduler(Arc::clone(&transport) as Arc<dyn DelayTransport>);
    let booking = world.hold(60).await;
    let BookingEvent::Held(held) = world.events(&booking).await.swap_remove(0) else {
        panic!("it was held")
    };
    world.later(59);
    let timer = Timer::hold(booking.clone(), 1, held.expires_at.expect("a clock"));
    eventually("it is sent", SOON, async || transport.arm(&timer, Delay::None).await.is_ok()).await;
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    eventually("the hold ends", SOON, async || world.is_expired(&booking).await).await;
    let (late, cause) = end(&world, &booking).await;
    assert_eq!(cause, ExpiryCause::Timer);
    assert!(!late.is_negative() && late < SignedDuration::from_secs(1), "{late}");
    broker.end(world).await;
}

#[tokio::test]
async fn a_broker_that_lost_everything_costs_ten_seconds_at_most() {
    let (world, broker) = (World::new().await, Broker::new());
    let transport = broker.transport(&world.shutdown);
    let scheduler = Arc::new(world.scheduler(Arc::clone(&transport) as Arc<dyn DelayTransport>));
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    let bookings = holds(&world, 20).await;
    relay(&scheduler, 20).await;
    broker.empty().await;
    eventually("the broker is set up again", SOON, async || transport.depth(HOLD).await == Some(0))
        .await;

    world.later(0);
    let (sweeping, shutdown) = (Arc::clone(&scheduler), world.shutdown.clone());
    tokio::spawn(async move { sweeping.sweep.run(shutdown).await });
    all_end(&world, &bookings).await;
    for booking in &bookings {
        let (late, cause) = end(&world, booking).await;
        assert_eq!(cause, ExpiryCause::Sweep);
        assert!(late < SignedDuration::from_secs(10), "{late}");
    }
    broker.end(world).await;
}

#[tokio::test]
async fn while_the_store_is_away_nothing_goes_to_the_dead_letters() {
    let (world, broker) = (World::new().await, Broker::new());
    let transport = broker.transport(&world.shutdown);
    let scheduler = world.scheduler(Arc::clone(&transport) as Arc<dyn DelayTransport>);
    let bookings = holds(&world, 50).await;
    relay(&scheduler, 50).await;
    world.later(60);
    world.store.away.store(true, Ordering::SeqCst);
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    // Each has failed many times more than the queue would deliver it.
    let attempts = || world.store.refused.load(Ordering::SeqCst);
    eventually("attempts fail", SOON, async || attempts() > 50 * 5).await;
    world.store.away.store(false, Ordering::SeqCst);
    all_end(&world, &bookings).await;
    assert_eq!(transport.depth(DEAD).await, Some(0));
    broker.end(world).await;
}

#[tokio::test]
async fn poison_goes_to_the_dead_letters() {
    let (world, broker) = (World::new().await, Broker::new());
    let transport = broker.transport(&world.shutdown);
    let scheduler = world.scheduler(Arc::clone(&transport) as Arc<dyn DelayTransport>);
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    let graveyard = Topology { consumed: DEAD.to_owned(), ..broker.topology() };
    let (publisher, dead) = rabbitmq::start(&broker.url, graveyard, &world.shutdown);
    eventually("it is sent", SOON, async || publisher.publish(DUE, b"not a timer").await.is_ok())
        .await;
    let found = tokio::time::timeout(SOON, dead.next()).await.expect("it lies with the dead");
    assert_eq!(found.payload, b"not a timer");
    assert_eq!(scheduler.metrics.poisoned.get(), 1);
    broker.end(world).await;
}

#[tokio::test]
async fn what_a_scheduler_was_at_when_it_died_another_takes_over_and_does_nothing_twice() {
    let (world, broker) = (World::new().await, Broker::new());
    let dying = Shutdown::new();
    let transport = broker.transport(&dying);
    let scheduler = world.scheduler(Arc::clone(&transport) as Arc<dyn DelayTransport>);
    let bookings = holds(&world, 2).await;
    relay(&scheduler, 2).await;
    world.later(60);
    // It takes both messages, ends one hold, and dies before it can acknowledge that.
    let commands = Commands::new(
        world.db(),
        world.executor.clone(),
        world.clock.clone(),
        scheduler.metrics.clone(),
        world.maintenance.clone(),
    );
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(tokio::time::timeout(SOON, transport.next()).await.expect("it comes"));
    }
    let timer: Timer = serde_json::from_slice(&held[0].payload).unwrap();
    commands.send(&timer, ExpiryCause::Timer, "rabbitmq").await.unwrap();
    dying.cancel();
    drop((held, scheduler, transport));

    let transport = broker.transport(&world.shutdown);
    let second = world.scheduler(transport);
    tokio::spawn(Arc::clone(&second.consumer).run());
    all_end(&world, &bookings).await;
    broker.end(world).await;
}

#[tokio::test]
async fn a_connection_that_breaks_under_waiting_timers_costs_nothing() {
    let (world, broker) = (World::new().await, Broker::new());
    let url = url();
    let (head, rest) = url.split_once('@').unwrap();
    let (authority, path) = rest.split_once('/').unwrap();
    let cut = Cut::before(authority).await;
    let through = Broker {
        url: SecretString::from(format!("{head}@127.0.0.1:{}/{path}", cut.port)),
        prefix: broker.prefix.clone(),
    };
    let transport = through.transport(&world.shutdown);
    let scheduler = world.scheduler(Arc::clone(&transport) as Arc<dyn DelayTransport>);
    let bookings = holds(&world, 20).await;
    relay(&scheduler, 20).await;
    // Half of them are taken and wait when the wire is cut: the second the queue leaves to the consumer is two here.
    world.later(-1);
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    eventually("they are taken out", SOON, async || transport.depth(HOLD).await == Some(0)).await;
    cut.now();
    world.later(0);
    all_end(&world, &bookings).await;
    let mut causes = HashSet::new();
    for booking in &bookings {
        causes.insert(format!("{:?}", end(&world, booking).await.1));
    }
    assert_eq!(causes, HashSet::from(["Timer".to_owned()]), "no sweep was needed");
    broker.end(world).await;
}

#[tokio::test]
async fn two_schedulers_on_one_broker_end_every_hold_once() {
    let (world, broker) = (World::new().await, Broker::new());
    let schedulers = [(); 2].map(|()| Arc::new(world.scheduler(broker.transport(&world.shutdown))));
    let bookings = holds(&world, 60).await;
    for scheduler in &schedulers {
        tokio::spawn(Arc::clone(&scheduler.consumer).run());
        let (running, shutdown) = (Arc::clone(scheduler), world.shutdown.clone());
        tokio::spawn(async move { running.relay.run(shutdown).await });
        let (running, shutdown) = (Arc::clone(scheduler), world.shutdown.clone());
        tokio::spawn(async move { running.sweep.run(shutdown).await });
    }
    let all_out = "SELECT count(*) FROM timers WHERE published_at IS NOT NULL";
    let are_out =
        async || sqlx::query_scalar::<_, i64>(all_out).fetch_one(&world.db()).await.unwrap() == 60;
    eventually("all are out", SOON, are_out).await;
    world.later(0);
    all_end(&world, &bookings).await;
    broker.end(world).await;
}
