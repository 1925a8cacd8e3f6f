//! Holds end by themselves, once, whatever happens on the way. The transport here is in the process; what RabbitMQ
//! adds is in `rabbitmq.rs`.
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::bookings::{BookingCommand, BookingEvent, Canceller, ExpiryCause, Held};
use domain::ids::BookingId;
use domain::stored::StoredEvent;
use runtime::follow::{FollowError, step};
use scheduler::status;
use scheduler::timers::Timer;
use scheduler::timers::follower::TimersFollower;
use scheduler::timers::in_process::InProcess;
use scheduler::timers::relay::RelayError;
use scheduler::timers::transport::{Delay, DelayTransport, Delivery, NotArmed};
use testing::eventually;
use tokio::sync::Semaphore;

use crate::reactions::world::{SOON, VERIFICATION, World};

/// The rows of holds as text: booking, generation, state.
async fn rows(world: &World) -> Vec<(String, i32, String)> {
    sqlx::query_as("SELECT booking, generation, state FROM timers WHERE kind = 'hold' ORDER BY source_position")
        .fetch_all(&world.db())
        .await
        .unwrap()
}

async fn states(world: &World) -> Vec<String> {
    rows(world).await.into_iter().map(|(_, _, state)| state).collect()
}

fn message(booking: &BookingId, events: &[BookingEvent]) -> Vec<u8> {
    let Some(BookingEvent::Held(held)) = events.first() else { panic!("it was held") };
    let expires_at = held.expires_at.expect("a clock");
    serde_json::to_vec(&Timer::hold(booking.clone(), held.generation, expires_at)).unwrap()
}

#[tokio::test]
async fn a_hold_arms_a_timer_and_every_end_closes_it() {
    let world = World::new().await;
    let armed = world.hold(900).await;
    let confirmed = world.hold(900).await;
    let released = world.hold(900).await;
    let cancelled = world.hold(900).await;
    world.confirm(&confirmed).await;
    world.follow().await;
    assert_eq!(states(&world).await, ["armed", "closed", "armed", "armed"]);

    let at = world.clock.now();
    world.booking(&released, BookingCommand::Release { booking: released.clone(), at }).await;
    world.confirm(&cancelled).await;
    world
        .booking(
            &cancelled,
            BookingCommand::Cancel { booking: cancelled.clone(), by: Canceller::Player, at },
        )
        .await;
    world.follow().await;
    assert_eq!(states(&world).await, ["armed", "closed", "closed", "closed"]);

    world.later(901);
    let expire = BookingCommand::Expire {
        booking: armed.clone(),
        generation: 1,
        cause: ExpiryCause::Timer,
        at: world.clock.now(),
    };
    world.booking(&armed, expire).await;
    world.follow().await;
    assert_eq!(states(&world).await, ["closed"; 4]);
}

#[tokio::test]
async fn the_end_of_one_generation_leaves_the_next_one_armed() {
    let world = World::new().await;
    let booking = world.hold(900).await;
    let at = world.clock.now();
    world.booking(&booking, BookingCommand::Release { booking: booking.clone(), at }).await;
    let mut events = world.events(&booking).await;
    let BookingEvent::Held(held) = events.swap_remove(0) else { panic!("it was held") };
    // No rule holds a booking anew yet; the log can already say it.
    let (kind, data) =
        BookingEvent::Held(Box::new(Held { generation: 2, ..*held })).write().unwrap();
    world.append(&booking, 1, &kind, data).await;
    world.follow().await;
    let row = |generation, state: &str| (booking.to_string(), generation, state.to_owned());
    assert_eq!(rows(&world).await, [row(1, "closed"), row(2, "armed")]);
}

#[tokio::test]
async fn a_replay_from_nothing_gives_the_same_rows() {
    let world = World::new().await;
    for n in 0..10 {
        let booking = world.hold(900).await;
        if n % 3 == 0 {
            world.confirm(&booking).await;
        }
        // Some ends come in the batch of their hold, some later.
        if n % 2 == 0 {
            world.follow().await;
        }
    }
    world.follow().await;
    let followed = rows(&world).await;
    sqlx::raw_sql("TRUNCATE timers; DELETE FROM checkpoints").execute(&world.db()).await.unwrap();
    world.follow().await;
    assert_eq!(rows(&world).await, followed);
    sqlx::raw_sql("DELETE FROM checkpoints").execute(&world.db()).await.unwrap();
    world.follow().await;
    assert_eq!(rows(&world).await, followed, "told twice");
}

#[tokio::test]
async fn an_event_this_build_does_not_know_is_waited_for() {
    let world = World::new().await;
    let booking = world.hold(900).await;
    world.append(&booking, 0, "booking.confirmed.v9", b"{}".to_vec()).await;
    let store = Arc::clone(&world.store) as event_store::Store;
    assert_eq!(
        step(&world.db(), &store, world.log, &TimersFollower { verification: VERIFICATION })
            .await
            .unwrap(),
        1,
        "what is before it"
    );
    for _ in 0..2 {
        let stopped =
            step(&world.db(), &store, world.log, &TimersFollower { verification: VERIFICATION })
                .await;
        assert!(matches!(stopped, Err(FollowError::Event { position: 2, .. })), "{stopped:?}");
    }
    assert_eq!(states(&world).await, ["armed"]);
}

#[tokio::test]
async fn a_timer_goes_out_in_its_last_seconds_and_ends_its_hold_on_time() {
    let world = World::new().await;
    let queue = InProcess::default();
    let scheduler = world.scheduler(Arc::new(queue.clone()));
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    let booking = world.hold(900).await;
    world.follow().await;
    assert_eq!(scheduler.relay.round().await.unwrap(), 0, "it waits in the table");

    world.later(899);
    assert_eq!(scheduler.relay.round().await.unwrap(), 1);
    assert_eq!(scheduler.relay.round().await.unwrap(), 0, "once is enough");
    let held = world.events(&booking).await;
    eventually("the timer ends the hold", SOON, async || world.is_expired(&booking).await).await;

    let BookingEvent::Held(held) = &held[0] else { panic!("it was held") };
    let expired = world.store.inner_events(&booking).await;
    let expires_at = held.expires_at.expect("a clock");
    assert!(expires_at <= expired[1].meta.at, "not a moment too early");
    let late = expired[1].meta.at.duration_since(expires_at);
    assert!(late.as_millis() < 500, "{late}");
    let cause = &world.events(&booking).await[1];
    assert!(
        matches!(cause, BookingEvent::Expired { cause: ExpiryCause::Timer, generation: 1, .. }),
        "{cause:?}"
    );
}

#[tokio::test]
async fn a_message_that_comes_far_too_early_goes_back_to_the_table() {
    let world = World::new().await;
    let queue = InProcess::default();
    let scheduler = world.scheduler(Arc::new(queue.clone()));
    let booking = world.hold(900).await;
    world.follow().await;
    sqlx::raw_sql("UPDATE timers SET published_at = now()").execute(&world.db()).await.unwrap();
    assert_eq!(status::timers(&world.db()).await.unwrap().unpublished, 0);

    queue.put(message(&booking, &world.events(&booking).await));
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    let unpublished = async || status::timers(&world.db()).await.unwrap().unpublished == 1;
    eventually("the row is unpublished again", SOON, unpublished).await;
    eventually("and the message done with", SOON, async || queue.unsettled() == 0).await;
    assert_eq!(world.events(&booking).await.len(), 1, "still held");

    world.later(899);
    assert_eq!(scheduler.relay.round().await.unwrap(), 1, "and goes out in time");
    eventually("the hold ends", SOON, async || world.is_expired(&booking).await).await;
}

#[tokio::test]
async fn a_timer_of_a_confirmed_booking_does_nothing() {
    let world = World::new().await;
    let queue = InProcess::default();
    let scheduler = world.scheduler(Arc::new(queue.clone()));
    let (confirmed, expired) = (world.hold(900).await, world.hold(900).await);
    world.confirm(&confirmed).await;
    world.later(901);
    for booking in [&confirmed, &confirmed, &expired] {
        queue.put(message(booking, &world.events(booking).await));
    }
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    eventually("the one behind it ends", SOON, async || world.is_expired(&expired).await).await;
    assert_eq!(world.ends(&confirmed).await, ["booking.confirmed.v1"]);
}

#[tokio::test]
async fn a_message_that_comes_again_does_nothing() {
    let world = World::new().await;
    let queue = InProcess::default();
    let scheduler = world.scheduler(Arc::new(queue.clone()));
    let booking = world.hold(900).await;
    let message = message(&booking, &world.events(&booking).await);
    world.later(901);
    for _ in 0..20 {
        queue.put(message.clone());
    }
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    eventually("the hold ends", SOON, async || world.is_expired(&booking).await).await;
    let last = world.hold(0).await;
    queue.put(self::message(&last, &world.events(&last).await));
    eventually("all were taken", SOON, async || world.is_expired(&last).await).await;
    assert_eq!(world.ends(&booking).await, ["booking.expired.v1"]);
}

#[tokio::test]
async fn while_the_store_is_away_timers_are_kept_and_none_is_lost() {
    let world = World::new().await;
    let queue = InProcess::default();
    let scheduler = world.scheduler(Arc::new(queue.clone()));
    let mut bookings = Vec::new();
    for _ in 0..200 {
        bookings.push(world.hold(900).await);
    }
    let mut messages = Vec::new();
    for booking in &bookings {
        messages.push(message(booking, &world.events(booking).await));
    }
    world.follow().await;
    world.later(905);
    world.store.away.store(true, Ordering::SeqCst);
    for message in messages {
        queue.put(message);
    }
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    // The sweep gives up at the first that gets no answer, and tries again in its next round.
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 0);
    eventually("attempts fail", SOON, async || world.store.refused.load(Ordering::SeqCst) > 1_000)
        .await;

    world.store.away.store(false, Ordering::SeqCst);
    for booking in &bookings {
        eventually("the hold ends", SOON, async || world.is_expired(booking).await).await;
    }
    eventually("every message is done with", SOON, async || queue.unsettled() == 0).await;
    assert_eq!(queue.dead(), Vec::<Vec<u8>>::new());
}

#[tokio::test]
async fn what_is_no_timer_goes_to_the_dead_letters_and_the_sweep_ends_its_hold() {
    let world = World::new().await;
    let queue = InProcess::default();
    let scheduler = world.scheduler(Arc::new(queue.clone()));
    let booking = world.hold(900).await;
    let good = String::from_utf8(message(&booking, &world.events(&booking).await)).unwrap();
    world.follow().await;
    let poison = [
        String::new(),
        "{}".to_owned(),
        good.replace(r#""hold""#, r#""of-a-later-build""#),
        good.replace(&booking.to_string(), "not-a-booking"),
        good[..good.len() - 1].to_owned(),
    ];
    for message in &poison {
        queue.put(message.clone().into_bytes());
    }
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    eventually("all are rejected", SOON, async || queue.dead().len() == poison.len()).await;
    assert_eq!(scheduler.metrics.poisoned.get(), 5);

    world.later(904);
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 1);
    assert!(world.is_expired(&booking).await);
}

#[tokio::test]
async fn the_sweep_ends_what_is_overdue_and_nothing_else() {
    let world = World::new().await;
    let scheduler = world.scheduler(Arc::new(InProcess::default()));
    let mut overdue = Vec::new();
    for _ in 0..300 {
        overdue.push(world.hold(10).await);
    }
    let confirmed = world.hold(10).await;
    let due = world.hold(60).await;
    world.follow().await;
    // The follower has not heard of this yet; the court-day has.
    world.confirm(&confirmed).await;
    sqlx::raw_sql("UPDATE timers SET published_at = now()").execute(&world.db()).await.unwrap();

    world.later(9);
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 0, "nothing is due");
    world.later(14);
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 301);
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 0, "none is found twice");
    world.later(30);
    let again = scheduler.sweep.round(&world.shutdown).await.unwrap();
    assert_eq!(again, 0, "nor later, while the follower is behind");
    for booking in &overdue {
        let events = world.events(booking).await;
        assert!(
            matches!(events[1..], [BookingEvent::Expired { cause: ExpiryCause::Sweep, .. }]),
            "{events:?}"
        );
    }
    assert_eq!(world.ends(&confirmed).await, ["booking.confirmed.v1"]);
    assert_eq!(world.ends(&due).await, [""; 0], "its time has not come");
}

#[tokio::test]
async fn a_timer_of_a_kind_this_build_does_not_know_is_left_to_a_newer_one() {
    let world = World::new().await;
    let scheduler = world.scheduler(Arc::new(InProcess::default()));
    world.hold(900).await;
    world.follow().await;
    sqlx::raw_sql("UPDATE timers SET kind = 'of-a-later-build'")
        .execute(&world.db())
        .await
        .unwrap();
    world.later(899);
    assert_eq!(scheduler.relay.round().await.unwrap(), 0);
    world.later(904);
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 0);
    let armed = "SELECT count(*) FROM timers WHERE state = 'armed'";
    let armed = sqlx::query_scalar::<_, i64>(armed).fetch_one(&world.db()).await.unwrap();
    assert_eq!(armed, 1);
}

#[tokio::test]
async fn two_schedulers_end_every_hold_once() {
    let world = Arc::new(World::new().await);
    let queue = InProcess::default();
    let schedulers = [(); 2].map(|()| Arc::new(world.scheduler(Arc::new(queue.clone()))));
    let mut bookings = Vec::new();
    for _ in 0..100 {
        bookings.push(world.hold(10).await);
    }
    world.follow().await;
    world.later(9);
    let (first, second) = tokio::join!(schedulers[0].relay.round(), schedulers[1].relay.round());
    assert_eq!(first.unwrap() + second.unwrap(), 100, "each row was claimed once");

    world.later(14);
    for scheduler in &schedulers {
        tokio::spawn(Arc::clone(&scheduler.consumer).run());
        let (scheduler, shutdown) = (Arc::clone(scheduler), world.shutdown.clone());
        tokio::spawn(async move { scheduler.sweep.run(shutdown).await });
    }
    for booking in &bookings {
        eventually("the hold ends", SOON, async || !world.ends(booking).await.is_empty()).await;
    }
    for booking in &bookings {
        assert_eq!(world.ends(booking).await, ["booking.expired.v1"]);
    }
}

/// A transport that takes its time.
struct Slow(Arc<Semaphore>);

#[async_trait::async_trait]
impl DelayTransport for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn carried_seconds(&self) -> &[u32] {
        &[]
    }

    async fn arm(&self, _: &Timer, _: Delay) -> Result<(), NotArmed> {
        self.0.acquire().await.unwrap().forget();
        Ok(())
    }

    async fn next(&self) -> Delivery {
        std::future::pending().await
    }
}

#[tokio::test]
async fn what_one_relay_is_handing_on_another_leaves_alone() {
    let world = World::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let schedulers = [(); 2].map(|()| world.scheduler(Arc::new(Slow(Arc::clone(&gate)))));
    world.hold(900).await;
    world.follow().await;
    world.later(899);
    let first = schedulers[0].relay.round();
    let second = async {
        let claimed = "SELECT count(*) FROM timers WHERE claimed_until IS NOT NULL";
        let is_claimed = async || {
            sqlx::query_scalar::<_, i64>(claimed).fetch_one(&world.db()).await.unwrap() == 1
        };
        eventually("the first is at it", SOON, is_claimed).await;
        let second = tokio::time::timeout(SOON, schedulers[1].relay.round()).await;
        // The court-day goes on meanwhile: no lock is held while a broker is waited for.
        let closing = "UPDATE timers SET state = 'closed'";
        sqlx::raw_sql(closing).execute(&world.db()).await.unwrap();
        gate.add_permits(1);
        second
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(second.expect("it had nothing to wait for").unwrap(), 0);
    assert_eq!(first.unwrap(), 1);
}

/// A broker that nobody can reach.
struct Away;

#[async_trait::async_trait]
impl DelayTransport for Away {
    fn name(&self) -> &'static str {
        "away"
    }

    fn carried_seconds(&self) -> &[u32] {
        &[900]
    }

    async fn arm(&self, _: &Timer, _: Delay) -> Result<(), NotArmed> {
        Err(NotArmed("away".into()))
    }

    async fn next(&self) -> Delivery {
        std::future::pending().await
    }
}

#[tokio::test]
async fn without_a_broker_timers_wait_in_the_table_and_the_sweep_ends_their_holds() {
    let world = World::new().await;
    let scheduler = world.scheduler(Arc::new(Away));
    let booking = world.hold(900).await;
    world.follow().await;
    // The hold has just begun, however slow this machine is.
    world.later(-10);
    let refused = scheduler.relay.round().await;
    assert!(matches!(refused, Err(RelayError::NotArmed { failed: 1, .. })), "{refused:?}");
    assert_eq!(status::timers(&world.db()).await.unwrap().unpublished, 1);
    let again = scheduler.relay.round().await;
    assert!(again.is_err(), "the row is free for the next round");

    world.later(904);
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 1);
    assert!(world.is_expired(&booking).await);
    world.follow().await;
    assert_eq!(status::timers(&world.db()).await.unwrap().armed, 0);
}
