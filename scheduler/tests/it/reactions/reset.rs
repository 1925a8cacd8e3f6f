//! The log is restored to an earlier point: what was forgotten is waited for again, what was sent is not sent again.
use std::sync::Arc;

use domain::notices;
use event_store::{EventStore, Store};
use runtime::follow::{FollowError, step};
use scheduler::reset::{FOLLOWERS, astray, reset};
use uuid::Uuid;

use crate::reactions::notices::{People, ended};
use crate::reactions::world::World;

async fn head(world: &World) -> u64 {
    world.store.head().await.unwrap()
}

/// Insists that every follower stands before the restored log, and resets what needs it.
async fn noticed_and_reset(world: &World) {
    let store = Arc::clone(&world.store) as Store;
    for follower in world.followers() {
        let stepped = step(&world.db(), &store, world.log, &*follower).await;
        assert!(matches!(stepped, Err(FollowError::AnotherLog { .. })), "{stepped:?}");
        let said = stepped.unwrap_err().to_string();
        assert!(said.ends_with("run `courtside projections reset`"), "{said}");
    }
    let found = astray(&world.db(), &store, world.log).await.unwrap();
    assert_eq!(found, FOLLOWERS);
    for name in found {
        reset(&world.db(), world.log, &name).await.unwrap();
    }
    assert!(astray(&world.db(), &store, world.log).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_hold_whose_end_was_lost_is_armed_again_and_one_that_was_lost_is_forgotten() {
    let mut world = World::new().await;
    let again = world.hold(900).await;
    let kept = head(&world).await;
    world.confirm(&again).await;
    world.hold(900).await;
    world.follow().await;

    world.restore_to(kept).await;
    noticed_and_reset(&world).await;
    world.follow().await;
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT booking, state FROM timers WHERE kind = 'hold'")
            .fetch_all(&world.db())
            .await
            .unwrap();
    assert_eq!(rows, [(again.to_string(), "armed".to_owned())]);
}

#[tokio::test]
async fn what_was_sent_is_not_sent_again_though_the_log_forgot() {
    let mut people = People::new().await;
    let event = people.register(true).await;
    let kept = head(&people.world).await;
    people.world.follow().await;
    people.run(&people.worker()).await;
    assert_eq!(people.inbox().await.len(), 1);

    people.world.follow().await;
    people.world.restore_to(kept).await;
    let intent = Uuid::new_v5(&event, b"verify-email");
    let record = notices::stream(intent);
    assert!(people.world.store.read_stream(&record, 0, 9).await.unwrap().is_empty(), "forgotten");
    noticed_and_reset(&people.world).await;
    people.world.follow().await;
    people.run(&people.worker()).await;
    assert_eq!(people.inbox().await.len(), 1, "nothing is sent twice");
    assert_eq!(people.outbox().await, [ended("sent", None)]);
    let recorded = people.world.store.read_stream(&record, 0, 9).await.unwrap();
    assert_eq!(recorded.len(), 1, "and the log knows again");
}

#[tokio::test]
async fn what_was_not_sent_yet_is_sent_once_if_the_log_still_asks_for_it() {
    for remembered in [true, false] {
        let mut people = People::new().await;
        // The log goes on long enough to be shorter when it is restored.
        let before = head(&people.world).await;
        people.register(true).await;
        let registered = head(&people.world).await;
        people.world.hold(900).await;
        people.world.follow().await;
        people.world.restore_to(if remembered { registered } else { before }).await;
        noticed_and_reset(&people.world).await;
        people.world.follow().await;
        people.run(&people.worker()).await;
        assert_eq!(people.inbox().await.len(), usize::from(remembered), "{remembered}");
    }
}
