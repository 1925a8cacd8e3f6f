//! Every credential that can be exchanged is, by the steps of `ops/runbooks/rotation.md`, while people are answered behind
//! `ops/proxy/nginx.conf`, and nobody notices. Here one restart does what it can for all of them; each by itself, which takes
//! longer: `ops/chaos rotation`.
use acceptance::chaos::{
    Credential, Fleet, Load, Plan, Rotation, World, every_promise_was_kept, with_all_credentials,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_credential_is_exchanged_and_no_request_fails() {
    let mut world = World::without_roles().await;
    with_all_credentials(&mut world);
    let mut fleet = Fleet::start(&world).await;
    // Enough to be asked all the time; the machine is to be busy with restarts.
    let load = Load::start(&fleet.client(), &Plan { people: 3, ..Plan::default() });
    load.ledger.progress(50).await;
    Rotation::new(&mut world, &mut fleet, &load.ledger).exchange(&Credential::ALL).await;
    let lost = load.ledger.all_lost();
    assert!(lost.is_empty(), "a rotation lets nobody down: {lost:?}");

    let ledger = load.end().await;
    every_promise_was_kept(&fleet.client(), &world.environment, &ledger).await;
}
