use axum::body::to_bytes;
use serde_json::Value;
use testing::eventually;

use crate::ear::Ear;
use crate::world::{DAY, LONG, World, ask_from};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_are_so_many_seats_and_no_more() {
    let (world, _projector) = World::running().await;
    let router = world.another_process().await;
    let from = |n: usize| format!("198.51.100.{}:4711", n / 50 + 1).parse().expect("an address");
    let mut seats = vec![];
    for n in 0..1_000 {
        seats.push(Ear::of(ask_from(&router, DAY, &[], from(n)).await));
        if n == 49 {
            let refused = ask_from(&router, DAY, &[], from(n)).await;
            assert_eq!(refused.status(), 429);
            assert_eq!(refused.headers()["retry-after"], "30");
            assert!(problem(refused).await.contains("/problems/quota-exceeded"));
        }
    }
    let refused = ask_from(&router, DAY, &[], from(1_100)).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (503, &"10".parse().expect("a header"))
    );
    assert!(problem(refused).await.contains("/problems/overloaded"));
    // A house has many addresses of the sixth version.
    seats.truncate(900);
    let sixth = |n: usize| format!("[2001:db8:7::{n:x}]:4711").parse().expect("an address");
    for n in 0..50 {
        seats.push(Ear::of(ask_from(&router, DAY, &[], sixth(n)).await));
    }
    assert_eq!(ask_from(&router, DAY, &[], sixth(50)).await.status(), 429);
    seats.clear();
    eventually("a seat is free again", LONG, async || {
        ask_from(&router, DAY, &[], from(1_100)).await.status() == 200
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_cannot_be_listened_to() {
    let world = World::new().await;
    let building = world.ask(DAY, &[]).await;
    assert_eq!(building.status(), 503);
    assert!(problem(building).await.contains("/problems/projection-behind"));
    let _projector = world.project();
    world.caught_up().await;
    for (path, status) in [
        ("/v1/venues/nowhere/days/2026-03-02/events", 404),
        ("/v1/venues/riverside/days/2026-02-30/events", 400),
        ("/v1/venues/riverside/days/2026-03-02/events?court=RV01", 400),
    ] {
        assert_eq!(world.ask(path, &[]).await.status(), status, "{path}");
    }
}

async fn problem(response: axum::response::Response) -> String {
    let bytes = to_bytes(response.into_body(), 10_000).await.expect("a body");
    let body: Value = serde_json::from_slice(&bytes).expect("JSON");
    body["type"].as_str().expect("a type").to_owned()
}
