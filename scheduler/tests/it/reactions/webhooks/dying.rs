//! What was taken is not told again, whoever dies, whatever is dropped, replayed, copied or restored.
use std::sync::atomic::Ordering;

use event_store::EventStore;
use runtime::Shutdown;
use scheduler::timers::pruning::Pruning;
use scheduler::webhooks::follower::NAME;
use testing::eventually;

use super::receiver::{Plan, Receiver};
use super::{add, add_court, delivered, deliveries, follow, row, tell, worker};
use crate::reactions::world::{SOON, World};

/// Somebody who was told of one court.
async fn told() -> (World, Receiver) {
    let (world, receiver) = (World::new().await, Receiver::new().await);
    add(&world, &receiver.url, &[]).await;
    add_court(&world, "RV01").await;
    assert_eq!(tell(&world, &worker(&world)).await, 1);
    assert_eq!(deliveries(&world).await, [delivered(1)]);
    (world, receiver)
}

#[tokio::test]
async fn dropping_the_tables_and_replaying_the_log_tells_nothing_again() {
    let (world, receiver) = told().await;
    sqlx::raw_sql("TRUNCATE webhooks, webhook_deliveries; DELETE FROM checkpoints")
        .execute(&world.db())
        .await
        .unwrap();
    assert_eq!(tell(&world, &worker(&world)).await, 0);
    assert_eq!(deliveries(&world).await, [delivered(1)], "the log says so");

    // As if the follower had not come to the record yet: the worker looks it up before it sends.
    sqlx::raw_sql(
        "UPDATE webhook_deliveries SET state = 'pending', attempts = 0, accepted_at = NULL",
    )
    .execute(&world.db())
    .await
    .unwrap();
    assert_eq!(tell(&world, &worker(&world)).await, 1);
    assert_eq!(receiver.came().len(), 1);
    let states: Vec<_> = deliveries(&world).await.into_iter().map(|it| it.0).collect();
    assert_eq!(states, ["delivered"]);
}

#[tokio::test]
async fn after_forty_days_nothing_is_left_to_tell_and_a_replay_makes_none() {
    const DAY: i64 = 24 * 60 * 60;
    let (world, receiver) = told().await;
    let pruning = Pruning { db: world.db(), clock: world.clock.clone() };
    world.later(39 * DAY);
    assert_eq!(pruning.round().await.unwrap(), 0);
    world.later(41 * DAY);
    assert_eq!(pruning.round().await.unwrap(), 1);
    sqlx::raw_sql("TRUNCATE webhooks; DELETE FROM checkpoints").execute(&world.db()).await.unwrap();
    assert_eq!(tell(&world, &worker(&world)).await, 0);
    assert_eq!(deliveries(&world).await, []);
    assert_eq!(receiver.came().len(), 1);
}

#[tokio::test]
async fn a_log_that_was_restored_forgot_the_record_and_nothing_is_told_again() {
    let (mut world, receiver) = (World::new().await, Receiver::new().await);
    add(&world, &receiver.url, &[]).await;
    add_court(&world, "RV01").await;
    let kept = world.store.head().await.unwrap();
    assert_eq!(tell(&world, &worker(&world)).await, 1);
    world.restore_to(kept).await;
    scheduler::reset::reset(&world.db(), world.log, NAME).await.unwrap();
    assert_eq!(tell(&world, &worker(&world)).await, 1, "recorded");
    assert_eq!(receiver.came().len(), 1, "and not sent");
    assert_eq!(deliveries(&world).await, [delivered(1)]);
    assert_eq!(world.store.head().await.unwrap(), kept + 1, "the log knows again");
}

#[tokio::test]
async fn what_was_taken_and_could_not_be_recorded_is_recorded_later_and_not_sent_again() {
    let (world, receiver) = (World::new().await, Receiver::new().await);
    add(&world, &receiver.url, &[]).await;
    add_court(&world, "RV01").await;
    follow(&world).await;
    receiver.plan(&[Plan::Answer(202)]);
    world.store.full.store(true, Ordering::SeqCst);
    let (first, stop) = (worker(&world), Shutdown::new());
    let round = async { first.round(&stop).await.unwrap() };
    let kill = async {
        let refused = || world.store.refused.load(Ordering::SeqCst);
        eventually("it is taken, and cannot be recorded", SOON, async || refused() > 0).await;
        stop.cancel();
    };
    tokio::join!(round, kill);
    let waits = row("pending", 0, Some(202), Some("taken, and not recorded yet"));
    assert_eq!(deliveries(&world).await, [waits]);
    world.store.full.store(false, Ordering::SeqCst);
    world.later(60);
    assert_eq!(tell(&world, &worker(&world)).await, 1);
    assert_eq!(deliveries(&world).await, [row("delivered", 1, Some(202), None)]);
    assert_eq!(receiver.came().len(), 1);
}

#[tokio::test]
async fn who_dies_while_the_receiver_takes_it_sends_it_once_more_under_the_same_id() {
    let (world, receiver) = (World::new().await, Receiver::new().await);
    add(&world, &receiver.url, &[]).await;
    add_court(&world, "RV01").await;
    follow(&world).await;
    receiver.plan(&[Plan::Silence]);
    let (first, second) = (worker(&world), worker(&world));
    let shutdown = &world.shutdown;
    tokio::select! {
        _ = first.round(shutdown) => panic!("nobody answered it"),
        () = eventually("it came", SOON, async || receiver.came().len() == 1) => {}
    }
    // The first is dead here, and nobody knows whether the receiver took it.
    world.later(20);
    assert_eq!(second.round(shutdown).await.unwrap(), 0, "it could be slow");
    world.later(61);
    assert_eq!(tell(&world, &second).await, 1);
    let came = receiver.came();
    assert_eq!(came.len(), 2);
    assert_eq!((&came[0].id, &came[0].body), (&came[1].id, &came[1].body));
    assert_eq!(deliveries(&world).await, [delivered(1)]);
}

#[tokio::test]
async fn two_workers_tell_it_once() {
    let (world, receiver) = (World::new().await, Receiver::new().await);
    add(&world, &receiver.url, &[]).await;
    add_court(&world, "RV01").await;
    follow(&world).await;
    let workers = [worker(&world), worker(&world)];
    let shutdown = &world.shutdown;
    let (one, two) = tokio::join!(workers[0].round(shutdown), workers[1].round(shutdown));
    assert_eq!(one.unwrap() + two.unwrap(), 1);
    assert_eq!(receiver.came().len(), 1);
}

#[tokio::test]
async fn without_the_event_store_nothing_is_sent_and_no_attempt_is_lost() {
    let (world, receiver) = (World::new().await, Receiver::new().await);
    add(&world, &receiver.url, &[]).await;
    add_court(&world, "RV01").await;
    follow(&world).await;
    world.store.away.store(true, Ordering::SeqCst);
    assert_eq!(worker(&world).round(&world.shutdown).await.unwrap(), 1);
    world.store.away.store(false, Ordering::SeqCst);
    let waits = row("pending", 0, None, Some("the event store is away"));
    assert_eq!(deliveries(&world).await, [waits]);
    assert_eq!(receiver.came(), []);
    world.later(6);
    assert_eq!(tell(&world, &worker(&world)).await, 1);
    assert_eq!(deliveries(&world).await, [delivered(1)]);
}
