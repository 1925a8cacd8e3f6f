//! Everything is killed with `-9`, frozen and cut off, one after another, while people book. Nothing acknowledged may be
//! lost, nothing done twice, no hold left open, and a webhook is told of everything. On servers of its own, because it
//! breaks those too. `ops/chaos` is the same with more faults, and with those of any seed.
use acceptance::chaos::{Fault, Load, Plan, Schedule, Webhook, World, every_promise_was_kept};

/// Each role and each server once.
const KILLS: [Fault; 8] = [
    Fault::Kill("command-api"),
    Fault::Kill("projector"),
    Fault::Kill("scheduler"),
    Fault::Kill("query-api"),
    Fault::KillServer("postgres"),
    Fault::KillServer("rabbitmq"),
    Fault::KillServer("redis"),
    Fault::Kill("command-api"),
];

/// Beside them freezes and cuts, which a kill does not show: whoever thaws must not go on where others have gone on since.
const OTHERS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_whatever_is_killed() {
    let seed = testing::seeds(20..21).start;
    eprintln!("TEST_SEED={seed}");
    let mut world = World::start().await;
    let webhook = Webhook::start(&world.client()).await;
    let load = Load::start(&world.client(), &Plan::default());
    load.under(&mut world, &KILLS.map(|it| (it, 10))).await;
    let others = Schedule::of(seed, Fault::ALL.len()).0.into_iter();
    let others: Vec<_> = others.filter(|(it, _)| !it.is_kill()).take(OTHERS).collect();
    load.under(&mut world, &others).await;
    let ledger = load.end().await;
    assert!(!ledger.all_lost().is_empty(), "the kills were noticed");
    let found = every_promise_was_kept(&world.client(), &world.environment, &ledger).await;
    assert!(20 <= found.holds && 5 <= found.logins, "enough to mean something: {found:?}");
    let faults = KILLS.len() + OTHERS;
    let (changes, again) = webhook.was_told_everything(&world.client(), faults).await;
    assert!(found.holds <= changes, "{changes} changes, {again} told once more: {found:?}");
}
