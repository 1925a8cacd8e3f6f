//! Leases follow court-days, whoever dies, whatever is told twice, late or anew.
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::bookings::{BookingCommand, Canceller};
use domain::ids::BookingId;
use domain::players::{Lease, LeaseState, Player};
use runtime::follow::{Follower, step};
use runtime::metrics::Metrics;
use scheduler::leases::follower::LeasesFollower;
use scheduler::leases::metrics::LeaseMetrics;
use scheduler::leases::worker::Worker;

use crate::reactions::world::{PLAYER, World};

fn worker(world: &World) -> Worker {
    Worker {
        db: world.db(),
        executor: world.executor.clone(),
        clock: world.clock.clone(),
        metrics: LeaseMetrics::register(&Metrics::default()),
    }
}

/// Reads the log to its end and works on all that is due.
async fn settle(world: &World, worker: &Worker) {
    follow(world).await;
    while worker.round().await.unwrap() > 0 {}
}

async fn follow(world: &World) {
    let store = Arc::clone(&world.store) as event_store::Store;
    let follower = LeasesFollower { clock: world.clock.clone() };
    let follower = &follower as &dyn Follower;
    while step(&world.db(), &store, world.log, follower).await.unwrap() > 0 {}
}

async fn lease(world: &World, booking: &BookingId) -> Lease {
    let player = world.executor.load::<Player>(&PLAYER.player_stream()).await.unwrap();
    player.state.leases[booking].clone()
}

async fn told(world: &World) -> usize {
    world.store.inner_stream(&PLAYER.player_stream()).await.len()
}

async fn rows(world: &World) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM lease_news").fetch_one(&world.db()).await.unwrap()
}

async fn run(world: &World, statement: &'static str) {
    sqlx::query(statement).execute(&world.db()).await.unwrap();
}

async fn cancel(world: &World, booking: &BookingId) {
    let (by, at) = (Canceller::Player, world.clock.now());
    world.booking(booking, BookingCommand::Cancel { booking: booking.clone(), by, at }).await;
}

async fn release(world: &World, booking: &BookingId) {
    let at = world.clock.now();
    world.booking(booking, BookingCommand::Release { booking: booking.clone(), at }).await;
}

#[tokio::test]
async fn a_lease_is_held_confirmed_and_returned_as_its_booking_is() {
    let world = World::new().await;
    let worker = worker(&world);
    let (sold, given_back) = (world.hold(900).await, world.hold(900).await);
    settle(&world, &worker).await;
    assert!(matches!(lease(&world, &sold).await.state, LeaseState::Held { .. }));

    world.confirm(&sold).await;
    release(&world, &given_back).await;
    settle(&world, &worker).await;
    assert!(matches!(lease(&world, &sold).await.state, LeaseState::Confirmed { .. }));
    assert_eq!(lease(&world, &given_back).await.state, LeaseState::Returned);

    cancel(&world, &sold).await;
    settle(&world, &worker).await;
    assert_eq!(lease(&world, &sold).await.state, LeaseState::Returned);
    assert_eq!((told(&world).await, rows(&world).await), (5, 0));
}

#[tokio::test]
async fn a_log_that_is_read_anew_changes_nothing() {
    let world = World::new().await;
    let worker = worker(&world);
    let (sold, over, open) = (world.hold(900).await, world.hold(900).await, world.hold(900).await);
    settle(&world, &worker).await;
    world.confirm(&sold).await;
    release(&world, &over).await;
    settle(&world, &worker).await;
    let before = told(&world).await;

    run(&world, "DELETE FROM checkpoints").await;
    settle(&world, &worker).await;
    // And only the old half of it, as a worker that slept would tell it.
    run(&world, "UPDATE checkpoints SET position = 3 WHERE name = 'leases'").await;
    settle(&world, &worker).await;
    assert_eq!((told(&world).await, rows(&world).await), (before, 0));
    assert!(matches!(lease(&world, &sold).await.state, LeaseState::Confirmed { .. }));
    assert!(matches!(lease(&world, &open).await.state, LeaseState::Held { .. }));
    assert_eq!(lease(&world, &over).await.state, LeaseState::Returned);
}

#[tokio::test]
async fn who_dies_in_the_middle_leaves_its_rows_to_the_next() {
    let world = World::new().await;
    let booking = world.hold(900).await;
    follow(&world).await;
    // Claimed, and never done.
    run(&world, "UPDATE lease_news SET next_attempt_at = next_attempt_at + interval '15 s'").await;
    let next = worker(&world);
    assert_eq!(next.round().await.unwrap(), 0);
    world.later(20);
    assert_eq!(next.round().await.unwrap(), 1);
    assert!(matches!(lease(&world, &booking).await.state, LeaseState::Held { .. }));
    assert_eq!(rows(&world).await, 0);
}

#[tokio::test]
async fn a_store_that_is_away_is_waited_for() {
    let world = World::new().await;
    let worker = worker(&world);
    let booking = world.hold(900).await;
    follow(&world).await;
    world.store.away.store(true, Ordering::SeqCst);
    assert_eq!(worker.round().await.unwrap(), 1);
    assert_eq!(rows(&world).await, 1, "nobody was told");
    world.store.away.store(false, Ordering::SeqCst);
    world.later(20);
    assert_eq!(worker.round().await.unwrap(), 1);
    assert!(matches!(lease(&world, &booking).await.state, LeaseState::Held { .. }));
    assert_eq!(rows(&world).await, 0);
}

#[tokio::test]
async fn news_that_come_while_a_row_is_worked_on_keep_it() {
    let world = World::new().await;
    let worker = worker(&world);
    let booking = world.hold(900).await;
    follow(&world).await;
    // As if a worker had claimed the row and read the booking already.
    run(&world, "UPDATE lease_news SET next_attempt_at = next_attempt_at + interval '15 s'").await;
    let claimed: i64 =
        sqlx::query_scalar("SELECT position FROM lease_news").fetch_one(&world.db()).await.unwrap();
    release(&world, &booking).await;
    follow(&world).await;
    let done = sqlx::query("DELETE FROM lease_news WHERE position = $1").bind(claimed);
    assert_eq!(done.execute(&world.db()).await.unwrap().rows_affected(), 0);
    assert_eq!(worker.round().await.unwrap(), 1);
    assert_eq!(lease(&world, &booking).await.state, LeaseState::Returned);
}

#[tokio::test]
async fn two_at_once_tell_it_once() {
    let world = World::new().await;
    let workers = [worker(&world), worker(&world)];
    for _ in 0..30 {
        world.hold(900).await;
    }
    follow(&world).await;
    let (one, other) = tokio::join!(workers[0].round(), workers[1].round());
    assert_eq!(one.unwrap() + other.unwrap(), 30);
    assert_eq!((told(&world).await, rows(&world).await), (30, 0));
}

#[tokio::test]
async fn days_that_are_over_are_nobodys_business() {
    let world = World::new().await;
    world.hold(900).await;
    world.later(5 * 24 * 3_600);
    follow(&world).await;
    assert_eq!(rows(&world).await, 0);
}
