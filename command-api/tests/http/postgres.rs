//! Races on the log as it is run: in Postgres, from two processes.
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use event_store::postgres::{MIGRATOR, PostgresStore};
use futures::future::join_all;
use serde_json::json;
use testing::Scratch;

use crate::world::{Reply, World, post, registration, send_to};

/// As a client does: after a 503, again. On a busy machine somebody's patience may end.
async fn insist(router: &Router, request: impl Fn() -> Request<Body>) -> Reply {
    for _ in 0..20 {
        let reply = send_to(router, request()).await;
        if reply.status != 503 {
            return reply;
        }
        assert!(reply.header("retry-after").is_some());
    }
    panic!("twenty times 503");
}

#[tokio::test]
async fn one_hour_goes_to_one_of_fifty_and_one_address_to_one_of_twenty() {
    let log = Scratch::new(&MIGRATOR).await;
    let world = World::on(Arc::new(PostgresStore::new(log.pool.clone())), &[]).await;
    world.open_riverside().await;
    let (here, there) = (world.another_process().await, world.another_process().await);
    let eva = world.join("eva").await;
    let asked = (0..50).map(|n| {
        let (router, eva, key) = (if n % 2 == 0 { &here } else { &there }, &eva, format!("k{n}"));
        insist(router, move || eva.hold("11:00", "12:00", &key))
    });
    let mut outcomes: Vec<String> = join_all(asked).await.iter().map(Reply::summary).collect();
    outcomes.sort();
    assert_eq!(outcomes[0], "201");
    assert_eq!(outcomes[1..], ["409 slot-taken"; 49]);
    assert_eq!(world.names("courtday-RV01-2026-11-22").await, ["booking.held.v2"]);

    let before = world.all().await.len();
    let asked = (0..20).map(|n| {
        let mut body = registration(&format!("ida{n}"));
        body["email"] = json!("ida@example.org");
        insist(if n % 2 == 0 { &here } else { &there }, move || post("/v1/registrations", &body))
    });
    for reply in join_all(asked).await {
        assert_eq!(reply.summary(), "202");
    }
    world.registered_since(before).await;
}
