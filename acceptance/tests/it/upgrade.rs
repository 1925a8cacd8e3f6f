//! Processes are exchanged under load, two of each role behind `ops/proxy/nginx.conf`, and nobody notices. With another
//! version in the place of this one: `ops/chaos upgrade --from REV`.
use acceptance::chaos::{End, Fleet, Load, Plan, World, every_promise_was_kept};

#[tokio::test(flavor = "multi_thread")]
async fn processes_are_exchanged_one_after_the_other_and_no_request_fails() {
    let world = World::without_roles().await;
    let mut fleet = Fleet::start(&world).await;
    let plan = Plan::default();
    let load = Load::start(&fleet.client(), &plan);
    fleet.roll(End::Asked, &load.ledger).await;
    let lost = load.ledger.all_lost();
    assert!(lost.is_empty(), "asked to end, a process lets nobody down: {lost:?}");

    fleet.roll(End::Killed, &load.ledger).await;
    let lost = load.ledger.all_lost();
    // Whoever asks has one request under way, and a killed process answers none; what only reads is asked again for them.
    let killed = fleet.processes.iter().filter(|it| it.role() == "command-api").count();
    assert!(lost.len() <= killed * plan.people, "more than were under way: {lost:?}");
    assert!(lost.iter().all(|it| !["search", "booking"].contains(&it.what.as_str())), "{lost:?}");

    let ledger = load.end().await;
    every_promise_was_kept(&fleet.client(), &world.environment, &ledger).await;
}
