//! A scheduler is killed.
use domain::bookings::ExpiryCause;
use testing::cut::{Cut, Swallowed};
use testing::eventually;

use crate::crashes::system::{CARRIED, SOON, System};

#[tokio::test]
async fn what_was_committed_before_a_scheduler_saw_it_is_seen_by_the_next() {
    let system = System::new().await;
    let mut scheduler = system.scheduler().await;
    scheduler.kill();
    let bookings = system.holds(3, CARRIED).await;
    scheduler.restart();
    system.all_end(&bookings).await;
    system.queues_are_empty().await;
    system.end().await;
}

#[tokio::test]
async fn a_row_whose_relay_died_is_handed_on_by_another() {
    let system = System::new().await;
    let mut scheduler = system.scheduler().await;
    // Of a duration that waits in the table until its last seconds.
    let bookings = system.holds(3, CARRIED + 3).await;
    system.timers("published_at IS NULL", 3).await;
    scheduler.kill();
    system.timers("state = 'armed'", 3).await;
    scheduler.restart();
    system.all_end(&bookings).await;
    system.queues_are_empty().await;
    system.end().await;
}

#[tokio::test]
async fn what_was_published_and_not_confirmed_is_published_again_and_the_second_does_nothing() {
    let system = System::new().await;
    system.without_canaries().await;
    let wire = Cut::before(&system.broker()).await;
    let mut scheduler = system.scheduler_through(wire.port).await;
    // Longer than a dead relay's claim. One after the other, the first may be published alone: what is not answered then
    // holds the others up until they are swept.
    let bookings = system.holds_as_one(3, 12).await;
    system.timers("state = 'armed'", 3).await;
    wire.swallow(Swallowed::Answers);
    // The broker has them; nobody tells the relay, nor the consumer.
    eventually("they are published", SOON, async || system.depth("timers.due").await == Some(3))
        .await;
    system.timers("published_at IS NULL", 3).await;
    scheduler.kill();
    let second = system.scheduler().await;
    let causes = system.all_end(&bookings).await;
    system.queues_are_empty().await;
    assert_eq!(causes.len(), 3);
    drop(second);
    system.end().await;
}

#[tokio::test]
async fn a_consumer_that_died_between_the_append_and_the_ack_leaves_a_message_that_does_nothing() {
    let system = System::new().await;
    system.without_canaries().await;
    let wire = Cut::before(&system.broker()).await;
    let mut scheduler = system.scheduler_through(wire.port).await;
    let bookings = system.holds(5, CARRIED).await;
    system.timers("published_at IS NOT NULL", 5).await;
    wire.swallow(Swallowed::Requests);
    let causes = system.all_end(&bookings).await;
    assert_eq!(causes, [ExpiryCause::Timer; 5], "by messages that were taken");
    scheduler.kill();
    wire.now();
    eventually("no acknowledgement came", SOON, async || {
        system.depth("timers.due").await == Some(5)
    })
    .await;

    let second = system.scheduler().await;
    system.queues_are_empty().await;
    system.all_end(&bookings).await;
    drop(second);
    system.end().await;
}
