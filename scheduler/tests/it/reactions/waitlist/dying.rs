//! An offer is made once, whoever dies, whatever is told twice, late or anew.
use std::sync::atomic::Ordering;

use domain::bookings::BookingState;
use domain::ids::UserId;
use domain::waitlist::{Waitlist, stream};
use jiff::SignedDuration;
use runtime::Clock;
use testing::eventually;
use uuid::Uuid;

use super::{
    A, B, HOLD, ONE, TWO, booked, cancel, club, day, follow, held, join, live, nord, register,
    rows, run, settle, told, worker, worker_by,
};
use crate::reactions::world::SOON;

#[tokio::test]
async fn whoever_dies_after_any_step_another_one_finishes_it_once() {
    // A lease, a hold, and the word of it.
    const APPENDS: u32 = 3;
    for last in 1..=APPENDS {
        let world = club(&[ONE]).await;
        let taken = booked(&world, ONE, 10, 1).await;
        join(&world, A, 10, 11).await;
        join(&world, B, 10, 11).await;
        settle(&world, &worker(&world)).await;
        cancel(&world, &taken).await;
        follow(&world).await;
        *world.store.last_words.lock().unwrap() = Some(last);
        assert_eq!(worker(&world).round().await.unwrap(), 1);
        world.store.away.store(false, Ordering::SeqCst);
        *world.store.last_words.lock().unwrap() = None;
        assert_eq!(worker(&world).round().await.unwrap(), 0, "{last}: the claim stands");
        world.later(20);
        settle(&world, &worker(&world)).await;
        assert_eq!(told(&world).await[2..], ["A offered 0901"], "{last}");
        assert_eq!(live(&world, ONE).await, [(A, BookingState::Held)], "{last}");
        assert_eq!(held(&world, ONE).await, 2, "{last}: the one that was cancelled, and the offer");
    }
}

#[tokio::test]
async fn a_hold_that_ran_out_untold_goes_to_the_next_and_leaves_their_turn() {
    let world = club(&[ONE]).await;
    join(&world, A, 10, 12).await;
    follow(&world).await;
    *world.store.last_words.lock().unwrap() = Some(2);
    assert_eq!(worker(&world).round().await.unwrap(), 1);
    world.store.away.store(false, Ordering::SeqCst);
    *world.store.last_words.lock().unwrap() = None;
    assert_eq!((held(&world, ONE).await, told(&world).await.len()), (1, 1), "held, and not told");
    world.later(HOLD + 20);
    settle(&world, &worker(&world)).await;
    assert_eq!(told(&world).await[1..], ["A offered 0901"], "the next place");
    assert_eq!(held(&world, ONE).await, 2);
}

#[tokio::test]
async fn two_at_work_on_one_list_make_one_offer() {
    let world = club(&[ONE, TWO]).await;
    join(&world, A, 10, 11).await;
    follow(&world).await;
    // The second takes the first for dead.
    let late = Clock::new();
    late.correct(SignedDuration::from_secs(20));
    let (first, second) = (worker(&world), worker_by(&world, late));
    let gate = world.store.court_days.write().await;
    let waiting = async |count| {
        eventually("they are about to hold", SOON, async || {
            world.store.waiting.load(Ordering::SeqCst) == count
        })
        .await;
    };
    let another = async {
        waiting(1).await;
        second.round().await.unwrap()
    };
    let opens = async {
        waiting(2).await;
        drop(gate);
    };
    let (one, other, ()) = tokio::join!(first.round(), another, opens);
    assert_eq!((one.unwrap(), other), (1, 1), "both were at it");
    settle(&world, &worker(&world)).await;
    assert_eq!(told(&world).await, ["A joined", "A offered 0901"]);
    assert_eq!((held(&world, ONE).await, held(&world, TWO).await), (1, 0));
    assert_eq!(first.metrics.offers.get() + second.metrics.offers.get(), 1);
}

#[tokio::test]
async fn two_schedulers_share_the_lists() {
    let world = club(&[ONE, TWO]).await;
    let users: Vec<_> = (0..6).map(|n| UserId(Uuid::from_u128(0x100 + n))).collect();
    for user in &users {
        register(&world, *user).await;
        join(&world, *user, 10, 11).await;
    }
    follow(&world).await;
    let workers = [worker(&world), worker(&world)];
    let (one, other) = tokio::join!(workers[0].round(), workers[1].round());
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    settle(&world, &workers[0]).await;
    settle(&world, &workers[1]).await;
    let list = world.executor.load::<Waitlist>(&stream(&nord(), day(&world))).await.unwrap().state;
    let asked: Vec<_> = list.waiters.iter().map(|it| it.offers.len()).collect();
    assert_eq!(asked, [1, 1, 0, 0, 0, 0], "two courts, and those who came first");
    assert_eq!((held(&world, ONE).await, held(&world, TWO).await), (1, 1));
}

#[tokio::test]
async fn tables_made_anew_offer_nothing_again() {
    let world = club(&[ONE]).await;
    join(&world, A, 10, 11).await;
    join(&world, B, 10, 11).await;
    settle(&world, &worker(&world)).await;
    let before = told(&world).await;
    assert_eq!(before[2..], ["A offered 0901"]);
    run(&world, "TRUNCATE waitlist_days, waitlist_courts; DELETE FROM checkpoints").await;
    settle(&world, &worker(&world)).await;
    assert_eq!(told(&world).await, before);
    assert_eq!((held(&world, ONE).await, rows(&world).await), (1, 1));
}

#[tokio::test]
async fn a_store_that_is_away_is_waited_for() {
    let world = club(&[ONE]).await;
    let worker = worker(&world);
    join(&world, A, 10, 11).await;
    follow(&world).await;
    world.store.away.store(true, Ordering::SeqCst);
    assert_eq!(worker.round().await.unwrap(), 1);
    assert_eq!(rows(&world).await, 1);
    world.store.away.store(false, Ordering::SeqCst);
    world.later(20);
    settle(&world, &worker).await;
    assert_eq!(told(&world).await[1..], ["A offered 0901"]);
}
