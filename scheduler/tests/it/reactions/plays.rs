//! The end of play, and moves that a crash left half-done.
use std::sync::Arc;

use domain::bookings::{BookingCommand, BookingEvent, Canceller, CourtDay, Held, HoldMoved};
use domain::ids::BookingId;
use event_store::Metadata;
use jiff::{SignedDuration, Timestamp};
use runtime::ids;
use scheduler::timers::in_process::InProcess;
use testing::eventually;

use crate::reactions::world::{SOON, World, new_hold};

/// Kind and state of a booking's timers, but for its reminders.
async fn timers(world: &World, booking: &BookingId) -> Vec<(String, String)> {
    sqlx::query_as("SELECT kind, state FROM timers WHERE booking = $1 AND kind NOT LIKE 'reminder%' ORDER BY kind")
        .bind(booking.to_string())
        .fetch_all(&world.db())
        .await
        .unwrap()
}

async fn held(world: &World, booking: &BookingId) -> Held {
    match world.events(booking).await.into_iter().next() {
        Some(BookingEvent::Held(held)) => *held,
        other => panic!("it was held: {other:?}"),
    }
}

/// Moves time into the last second before `at`: nearly due for whatever is due then, and not over yet.
fn move_time(world: &World, at: Timestamp) {
    world.later(0);
    world.later(at.duration_since(world.clock.now()).as_secs());
}

fn rows<const N: usize>(rows: [(&str, &str); N]) -> Vec<(String, String)> {
    rows.map(|(kind, state)| (kind.to_owned(), state.to_owned())).into()
}

#[tokio::test]
async fn the_end_of_play_is_awaited_from_the_confirmation_until_it_is_of_no_interest() {
    let world = World::new().await;
    let [cancelled, present, expired] =
        [world.hold(900).await, world.hold(900).await, world.hold(900).await];
    world.follow().await;
    assert_eq!(timers(&world, &cancelled).await, rows([("hold", "armed"), ("miss", "waiting")]));
    for booking in [&cancelled, &present] {
        world.confirm(booking).await;
    }
    world.follow().await;
    for booking in [&cancelled, &present] {
        assert_eq!(timers(&world, booking).await, rows([("hold", "closed"), ("miss", "armed")]));
    }

    let (booking, at) = (cancelled.clone(), world.clock.now());
    let cancel = BookingCommand::Cancel { booking, by: Canceller::Player, at };
    world.booking(&cancelled, cancel).await;
    move_time(&world, held(&world, &present).await.starts_at);
    let check_in = BookingCommand::CheckIn { booking: present.clone(), at: world.clock.now() };
    world.booking(&present, check_in).await;
    let scheduler = world.scheduler(Arc::new(InProcess::default()));
    scheduler.sweep.round(&world.shutdown).await.unwrap();
    world.follow().await;
    for booking in [&cancelled, &present, &expired] {
        assert_eq!(timers(&world, booking).await, rows([("hold", "closed"), ("miss", "closed")]));
    }
    assert!(world.is_expired(&expired).await);

    // From nothing it all comes in one batch, and to the same.
    sqlx::raw_sql("TRUNCATE timers; DELETE FROM checkpoints").execute(&world.db()).await.unwrap();
    world.follow().await;
    for booking in [&cancelled, &present, &expired] {
        assert_eq!(timers(&world, booking).await, rows([("hold", "closed"), ("miss", "closed")]));
    }
}

#[tokio::test]
async fn who_confirmed_and_never_came_is_told_so_by_a_timer_when_play_is_over() {
    let world = World::new().await;
    let queue = InProcess::default();
    let scheduler = world.scheduler(Arc::new(queue.clone()));
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    let booking = world.hold(900).await;
    world.confirm(&booking).await;
    world.follow().await;
    assert_eq!(scheduler.relay.round().await.unwrap(), 0, "it waits in the table");

    move_time(&world, held(&world, &booking).await.ends_at);
    assert_eq!(scheduler.relay.round().await.unwrap(), 1);
    let missed =
        async || world.ends(&booking).await.last().is_some_and(|it| it == "booking.missed.v1");
    eventually("the booking is missed", SOON, missed).await;
    let ends_at = held(&world, &booking).await.ends_at;
    let recorded = world.store.inner_events(&booking).await.pop().unwrap();
    assert!(ends_at <= recorded.meta.at, "not a moment too early");
    world.follow().await;
    assert_eq!(timers(&world, &booking).await, rows([("hold", "closed"), ("miss", "closed")]));
}

/// A confirmed booking, and its new place on another court, held for the move.
async fn half_moved(world: &World) -> (BookingId, BookingId) {
    let from = world.hold(900).await;
    world.confirm(&from).await;
    let at = world.clock.now();
    let mut place = new_hold(900, 900, at).place;
    place.starts_at += SignedDuration::from_hours(1);
    place.ends_at += SignedDuration::from_hours(1);
    let to = place.booking.clone();
    let held = held(world, &from).await;
    let hold = HoldMoved { from: held, place, overridden: None };
    let hold = BookingCommand::HoldMoved(Box::new(hold));
    let meta = Metadata::new(ids::new(), at);
    world.executor.execute::<CourtDay>(&to.stream(), hold, &meta).await.unwrap();
    world.follow().await;
    assert_eq!(timers(world, &to).await, rows([("miss", "waiting"), ("move", "armed")]));
    (from, to)
}

#[tokio::test]
async fn a_move_that_was_not_committed_within_a_minute_is_given_up_and_its_new_place_is_free() {
    let world = World::new().await;
    let scheduler = world.scheduler(Arc::new(InProcess::default()));
    let (from, to) = half_moved(&world).await;
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 0, "it has a minute");
    world.later(64);
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 1);
    assert_eq!(world.ends(&from).await, ["booking.confirmed.v1", "booking.move-abandoned.v1"]);
    assert_eq!(world.ends(&to).await, ["booking.released.v1"]);
    world.follow().await;
    assert_eq!(timers(&world, &to).await, rows([("miss", "closed"), ("move", "closed")]));
    assert_eq!(timers(&world, &from).await, rows([("hold", "closed"), ("miss", "armed")]));
}

#[tokio::test]
async fn a_move_that_was_committed_is_finished_at_its_new_place() {
    let world = World::new().await;
    let scheduler = world.scheduler(Arc::new(InProcess::default()));
    let (from, to) = half_moved(&world).await;
    let at = world.clock.now();
    let price = held(&world, &to).await.price;
    let (booking, there) = (from.clone(), to.clone());
    let commit = BookingCommand::CommitMove { booking, to: there, price, at };
    world.booking(&from, commit).await;
    world.follow().await;
    world.later(64);
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 1);
    assert_eq!(world.ends(&to).await, ["booking.confirmed.v1"]);
    world.follow().await;
    assert_eq!(timers(&world, &from).await, rows([("hold", "closed"), ("miss", "closed")]));
    assert_eq!(timers(&world, &to).await, rows([("miss", "armed"), ("move", "closed")]));
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 0, "once is enough");
}
