use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{With, World, place};

async fn rows(world: &World) -> Vec<(String, Option<i32>)> {
    sqlx::query_as("SELECT state, status FROM idempotency ORDER BY created_at")
        .fetch_all(&world.edge.pool)
        .await
        .unwrap()
}

async fn run(world: &World, statement: &'static str) {
    sqlx::query(statement).execute(&world.edge.pool).await.unwrap();
}

#[tokio::test]
async fn the_same_key_twice_is_one_booking_and_says_so() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let first = world.send(eva.hold("11:00", "12:00", "k1")).await;
    let second = world.send(eva.hold("11:00", "12:00", "k1")).await;
    let quoted = world.send(eva.hold("11:00", "12:00", "\"k1\"")).await;
    assert_eq!(first.header("idempotent-replayed"), None);
    for again in [second, quoted] {
        assert_eq!((again.status, &again.body), (201, &first.body));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
    }
    assert_eq!(world.names("courtday-RV01-2026-11-22").await, ["booking.held.v2"]);
}

#[tokio::test]
async fn a_key_reused_for_something_else_is_a_mistake() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let held = world.send(eva.hold("11:00", "12:00", "k1")).await;
    let other = world.send(eva.hold("13:00", "14:00", "k1")).await;
    assert_eq!(other.summary(), "422 idempotency-key-reused Idempotency-Key reused");

    // The same key for another booking's confirmation, on the same route.
    let second = world.send(eva.hold("13:00", "14:00", "k2")).await;
    let confirm =
        |id: String| eva.post(&format!("/v1/bookings/{id}/confirm"), &Value::Null).key("k");
    assert_eq!(world.send(confirm(held.text("id"))).await.summary(), "200");
    let reused = world.send(confirm(second.text("id"))).await;
    assert_eq!(reused.summary(), "422 idempotency-key-reused Idempotency-Key reused");

    // Another person's same key is another key, and so is the same on another route.
    let ida = world.join("ida").await;
    assert_eq!(world.send(ida.hold("15:00", "16:00", "k1")).await.summary(), "201");
    let release =
        eva.post(&format!("/v1/bookings/{}/release", second.text("id")), &Value::Null).key("k2");
    assert_eq!(world.send(release).await.summary(), "200");
}

#[tokio::test]
async fn a_crash_after_the_append_is_mended_by_the_log_alone() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let first = world.send(eva.hold("11:00", "12:00", "k1")).await;
    run(&world, "DELETE FROM idempotency").await;
    let again = world.send(eva.hold("11:00", "12:00", "k1")).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    // Even then another place on that court-day under the same key is no second booking.
    run(&world, "DELETE FROM idempotency").await;
    let other = world.send(eva.hold("13:00", "14:00", "k1")).await;
    assert_eq!(other.summary(), "422 idempotency-key-reused Idempotency-Key reused");
    assert_eq!(world.names("courtday-RV01-2026-11-22").await, ["booking.held.v2"]);
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let world = World::new().await;
    world.open_riverside().await;
    let (eva, ida) = (world.join("eva").await, world.join("ida").await);
    let held = world.send(ida.hold("11:00", "12:00", "k")).await;
    assert_eq!(world.send(eva.hold("11:00", "12:00", "k1")).await.summary(), "409 slot-taken");
    let release = ida.post(&format!("/v1/bookings/{}/release", held.text("id")), &Value::Null);
    assert_eq!(world.send(release).await.summary(), "200");
    let now = world.send(eva.hold("11:00", "12:00", "k1")).await;
    assert_eq!(now.summary(), "201");
    assert_eq!(now.header("idempotent-replayed"), None);
    assert_eq!(
        rows(&world).await,
        [("done".to_owned(), Some(201)), ("done".to_owned(), Some(201))]
    );
}

#[tokio::test]
async fn while_the_first_runs_the_second_waits_and_a_dead_one_is_replaced() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    world.send(eva.hold("11:00", "12:00", "k1")).await;
    run(&world, "UPDATE idempotency SET state = 'running', status = NULL, lease_until = now() + interval '9 s'").await;
    let waiting = world.send(eva.hold("11:00", "12:00", "k1")).await;
    assert_eq!(waiting.summary(), "409 still-running");
    let seconds: u32 = waiting.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=9).contains(&seconds));

    run(&world, "UPDATE idempotency SET lease_until = now() - interval '1 s'").await;
    assert_eq!(world.send(eva.hold("11:00", "12:00", "k1")).await.summary(), "201");
    run(&world, "UPDATE idempotency SET expires_at = now()").await;
    assert_eq!(
        world.send(eva.hold("11:00", "12:00", "k1")).await.header("idempotent-replayed"),
        None
    );
}

#[tokio::test]
async fn ten_at_once_with_one_key_are_one_booking() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let replies = join_all((0..10).map(|_| world.send(eva.hold("11:00", "12:00", "k1")))).await;
    let mut ids: Vec<String> = Vec::new();
    for reply in &replies {
        match reply.summary().as_str() {
            "201" => ids.push(reply.text("id")),
            other => assert_eq!(other, "409 still-running"),
        }
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(world.names("courtday-RV01-2026-11-22").await, ["booking.held.v2"]);
}

#[tokio::test]
async fn without_its_database_commands_go_on() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    run(&world, "DROP TABLE idempotency").await;
    let first = world.send(eva.hold("11:00", "12:00", "k1")).await;
    let again = world.send(eva.hold("11:00", "12:00", "k1")).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.text("id"), again.text("id"));
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_asked_once_and_then_left_alone() {
    let nowhere = "postgres://nobody@127.0.0.1:1/nothing";
    let world = World::with(&[("EDGE_DATABASE_URL", nowhere)]).await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let first = world.send(eva.hold("11:00", "12:00", "k1")).await;
    let began = tokio::time::Instant::now();
    let again = world.send(eva.hold("11:00", "12:00", "k1")).await;
    let elapsed = began.elapsed();
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.text("id"), again.text("id"));
    assert!(elapsed < std::time::Duration::from_millis(900), "{elapsed:?}");
}

#[tokio::test]
async fn a_setting_changed_since_is_not_put_back_by_a_repetition() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let ada = world.log_in(eva.user, "ada").await;
    let policy =
        |seconds: u32| ada.put("/v1/venues/riverside/policy", &json!({ "hold_seconds": seconds }));
    let first = world.send(policy(10).key("a")).await;
    assert_eq!(first.summary(), "204");
    assert_eq!(world.send(policy(20).key("b")).await.summary(), "204");
    let again = world.send(policy(10).key("a")).await;
    assert_eq!(
        (again.summary().as_str(), again.header("idempotent-replayed")),
        ("204", Some("true"))
    );
    assert_eq!(again.header("courtside-position"), first.header("courtside-position"));
    let events = world.events("venue-riverside").await;
    assert_eq!(events.last().unwrap().1["policy"]["hold_seconds"], 20);
}

#[tokio::test]
async fn old_rows_are_swept() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    world.send(eva.post("/v1/bookings", &place("RV01", "11:00", "12:00")).key("k1")).await;
    run(&world, "UPDATE idempotency SET expires_at = now()").await;
    // A process that begins sweeps first.
    let _other = world.another_process().await;
    testing::eventually("the row is gone", std::time::Duration::from_secs(30), async || {
        rows(&world).await.is_empty()
    })
    .await;
    world.later(SignedDuration::ZERO);
}
