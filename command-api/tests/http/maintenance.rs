//! What goes on while an operator works, and what does not.
use std::time::Duration;

use domain::maintenance::{Maintenance, MaintenanceCommand, STREAM};
use event_store::Metadata;
use runtime::ids;
use serde_json::json;
use testing::eventually;

use crate::world::{World, registration};

async fn decide(world: &World, command: MaintenanceCommand) {
    let meta = Metadata::new(ids::new(), world.platform.clock.now());
    world.platform.executor.execute::<Maintenance>(STREAM, command, &meta).await.unwrap();
}

#[tokio::test]
async fn commands_wait_and_sessions_go_on() {
    let world = World::new().await;
    let anna = world.join("anna").await;
    let at = world.platform.clock.now();
    let until = Some(at + jiff::SignedDuration::from_mins(2));
    let reason = "the event store moves".to_owned();
    decide(&world, MaintenanceCommand::Begin { reason, until, at }).await;
    let refused = async || {
        let reply = world.post("/v1/registrations", registration("berta")).await;
        reply.summary() == "503 maintenance"
    };
    eventually("registrations are refused", Duration::from_secs(20), refused).await;

    let known = world.all().await.len();
    let reply = world.post("/v1/registrations", registration("berta")).await;
    let detail = reply.body["detail"].as_str().unwrap();
    assert!(detail.contains("the event store moves, probably until"), "{detail}");
    let seconds: u32 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((100..=121).contains(&seconds), "{seconds}");
    for path in ["/v1/password-resets", "/v1/payment-events", "/v1/bookings/x/confirm"] {
        assert_eq!(world.post(path, json!({})).await.summary(), "503 maintenance", "{path}");
    }
    assert_eq!(world.all().await.len(), known, "nothing happened");

    // Whoever reads needs a session, whoever is there already as well as whoever comes now.
    assert_eq!(world.refresh(&anna.refresh_token).await.summary(), "200");
    let again = world.log_in(anna.user, "anna").await;
    let reply = world.send(again.delete("/v1/sessions/current")).await;
    assert_eq!(reply.summary(), "204");

    decide(&world, MaintenanceCommand::End).await;
    let taken = async || {
        let reply = world.post("/v1/registrations", registration("clara")).await;
        reply.summary() == "202"
    };
    eventually("registrations are taken", Duration::from_secs(20), taken).await;
}
