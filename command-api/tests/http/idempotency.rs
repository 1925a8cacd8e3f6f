use domain::users::Role;
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{Person, Reply, With, World, place};

/// What may be lost of the commands that came with a key, one after the other.
const LOST: [(&str, &str); 4] = [
    ("nothing", "SELECT 1"),
    (
        "that they were answered",
        "UPDATE idempotency SET state = 'running', status = NULL, lease_until = now()",
    ),
    ("the commands", "DELETE FROM idempotency"),
    ("all there is", "DROP TABLE idempotency"),
];

/// A booking of eva's, and a desk that can bring it back.
struct Booked {
    world: World,
    eva: Person,
    stefan: Person,
    id: String,
}

impl Booked {
    async fn begin() -> Self {
        let world = World::new().await;
        world.open_riverside().await;
        let stefan = world.join_as("stefan", Role::Staff, &["riverside"]).await;
        let eva = world.join("eva").await;
        let id = world.send(eva.hold("11:00", "12:00", "k1")).await.text("id");
        let confirm = eva.post(&format!("/v1/bookings/{id}/confirm"), &Value::Null);
        assert_eq!(world.send(confirm).await.summary(), "200");
        Self { world, eva, stefan, id }
    }

    async fn cancel(&self, key: &str) -> Reply {
        let path = format!("/v1/bookings/{}/cancel", self.id);
        self.world.send(self.eva.post(&path, &Value::Null).key(key)).await
    }

    async fn reinstate(&self, key: &str) -> Reply {
        let path = format!("/v1/bookings/{}/reinstate", self.id);
        let why = json!({ "reason": "cancelled the wrong one" });
        self.world.send(self.stefan.post(&path, &why).key(key)).await
    }
}

fn is(reply: &Reply, state: &str, case: &str) {
    assert_eq!(reply.summary(), "200", "{case}: {}", reply.body);
    assert_eq!(reply.text("state"), state, "{case}");
}

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
async fn a_cancellation_that_was_taken_back_is_not_made_again_by_a_repetition() {
    let it = Booked::begin().await;
    is(&it.cancel("c").await, "cancelled", "the first");
    is(&it.cancel("nothing to do").await, "cancelled", "another");
    is(&it.reinstate("r").await, "confirmed", "the desk");
    is(&it.cancel("nothing to do").await, "confirmed", "it was answered, and did nothing");
    for (lost, statement) in LOST {
        run(&it.world, statement).await;
        is(&it.cancel("c").await, "confirmed", lost);
    }
    let names = [
        "booking.held.v2",
        "booking.confirmed.v1",
        "booking.cancelled.v2",
        "booking.reinstated.v1",
        "booking.confirmed.v1",
    ];
    assert_eq!(it.world.names("courtday-RV01-2026-11-22").await, names, "cancelled once");
    is(&it.cancel("c2").await, "cancelled", "under another key it is another command");
}

#[tokio::test]
async fn a_booking_brought_back_and_cancelled_since_is_not_brought_back_by_a_repetition() {
    let it = Booked::begin().await;
    is(&it.cancel("c1").await, "cancelled", "the first");
    is(&it.reinstate("r").await, "confirmed", "the desk");
    is(&it.cancel("c2").await, "cancelled", "the second");
    for (lost, statement) in LOST {
        run(&it.world, statement).await;
        is(&it.reinstate("r").await, "cancelled", lost);
    }
    // Nor is it refused, where it would be by now.
    let ida = it.world.join("ida").await;
    assert_eq!(it.world.send(ida.hold("11:00", "12:00", "i")).await.summary(), "201");
    is(&it.reinstate("r").await, "cancelled", "the place is taken");
    assert_eq!(it.reinstate("r2").await.summary(), "409 slot-taken");
    let names = it.world.names("courtday-RV01-2026-11-22").await;
    assert_eq!(names.iter().filter(|it| *it == "booking.reinstated.v1").count(), 1);
    assert_eq!(names.iter().filter(|it| *it == "booking.cancelled.v2").count(), 2);
}

#[tokio::test]
async fn a_key_that_is_forgotten_is_not_known_again_by_what_it_did_to_another_booking() {
    let it = Booked::begin().await;
    let other = it.world.send(it.eva.hold("13:00", "14:00", "k2")).await.text("id");
    let ask = |what| it.eva.post(&format!("/v1/bookings/{other}/{what}"), &Value::Null);
    is(&it.world.send(ask("confirm")).await, "confirmed", "the other");
    is(&it.cancel("c").await, "cancelled", "the one");
    let reused = it.world.send(ask("cancel").key("c")).await;
    assert_eq!(reused.summary(), "422 idempotency-key-reused Idempotency-Key reused");
    run(&it.world, "DELETE FROM idempotency").await;
    is(&it.world.send(ask("cancel").key("c")).await, "cancelled", "nobody can tell any more");
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
