//! Canaries measure the way and leave nothing in the log.
use std::sync::Arc;

use event_store::EventStore;
use scheduler::status;
use scheduler::timers::canary::Canaries;
use scheduler::timers::in_process::InProcess;
use testing::eventually;

use crate::reactions::world::{SOON, World};

fn canaries(world: &World) -> Canaries {
    Canaries { db: world.db(), clock: world.clock.clone(), carried_seconds: Vec::new() }
}

/// Arms one, at the beginning of a half minute, and returns how far time was moved for that.
async fn one_flies(world: &World) -> i64 {
    let canaries = canaries(world);
    let moved = std::cell::Cell::new(0);
    let armed = async || {
        world.later(0);
        moved.set(30 - world.clock.now().as_second().rem_euclid(30));
        world.later(moved.get());
        canaries.round().await.unwrap()
    };
    eventually("a canary flies", SOON, armed).await;
    moved.get()
}

async fn closed_by(world: &World) -> Option<String> {
    let asked = sqlx::query_scalar("SELECT closed_by FROM timers WHERE kind = 'canary'");
    asked.fetch_one(&world.db()).await.unwrap()
}

#[tokio::test]
async fn one_canary_flies_however_many_schedulers_there_are_and_the_log_knows_nothing_of_it() {
    let world = World::new().await;
    let queue = InProcess::default();
    let scheduler = world.scheduler(Arc::new(queue.clone()));
    let moved = one_flies(&world).await;
    assert!(!canaries(&world).round().await.unwrap(), "another scheduler finds it flying");

    world.later(moved + 4);
    assert_eq!(scheduler.relay.round().await.unwrap(), 1, "it goes the way of every timer");
    tokio::spawn(Arc::clone(&scheduler.consumer).run());
    eventually("it comes", SOON, async || closed_by(&world).await.as_deref() == Some("timer"))
        .await;
    eventually("its message is done with", SOON, async || queue.unsettled() == 0).await;

    world.later(moved + 60);
    assert_eq!(scheduler.sweep.round(&world.shutdown).await.unwrap(), 0, "it is not missed");
    let stats = status::timers(&world.db()).await.unwrap();
    assert!(stats.canary_late_seconds.is_some_and(|it| 0.0 <= it), "{stats:?}");
    assert_eq!((stats.armed, stats.canaries_lost, stats.swept), (0, 0, 0));
    assert_eq!(world.store.inner.head().await.unwrap(), 0);
}

#[tokio::test]
async fn a_canary_that_does_not_come_is_counted_once_and_is_no_swept_timer() {
    let world = World::new().await;
    let queue = InProcess::default();
    let schedulers = [(); 2].map(|()| world.scheduler(Arc::new(queue.clone())));
    let moved = one_flies(&world).await;
    world.later(moved + 4);
    assert_eq!(schedulers[0].relay.round().await.unwrap(), 1);
    world.later(moved + 9);
    for scheduler in &schedulers {
        scheduler.sweep.round(&world.shutdown).await.unwrap();
    }
    let lost: Vec<_> = schedulers.iter().map(|it| it.metrics.canaries_lost.get()).collect();
    let swept: Vec<_> = schedulers.iter().map(|it| it.metrics.swept.get()).collect();
    assert_eq!((lost, swept), (vec![1, 0], vec![0, 0]));

    // It comes after all, and changes nothing.
    tokio::spawn(Arc::clone(&schedulers[1].consumer).run());
    eventually("its message is done with", SOON, async || queue.unsettled() == 0).await;
    assert_eq!(closed_by(&world).await.as_deref(), Some("sweep"));
    let stats = status::timers(&world.db()).await.unwrap();
    assert_eq!((stats.canaries_lost, stats.swept), (1, 0));
}
