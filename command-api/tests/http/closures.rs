//! Whom a closed day or a retired court would hit is said beforehand, and nothing is done.
use std::sync::Arc;
use std::time::Duration;

use domain::users::Role;
use event_store::memory::MemoryStore;
use serde_json::{Value, json};
use testing::{Scratch, eventually};

use crate::world::{Person, World};

const CLOSURE: &str = "/v1/venues/riverside/closures/2026-11-22?dry_run=true";
const RETIRE: &str = "/v1/courts/RV01/retire?dry_run=true";

/// Riverside with the read models that a preview looks at.
async fn world() -> (World, Scratch, Person) {
    let read = Scratch::new(&runtime::migrations::READ).await;
    let store = Arc::new(MemoryStore::default());
    let world = World::on(store, &[("READ_DATABASE_URL", &read.url)]).await;
    world.open_riverside().await;
    let staff = world.join_as("sam", Role::Staff, &["riverside"]).await;
    tokio::spawn(projector::run(world.platform.clone()));
    (world, read, staff)
}

async fn sees(read: &Scratch, query: &'static str, count: i64) {
    eventually(query, Duration::from_secs(20), async || {
        sqlx::query_scalar(query).fetch_one(&read.pool).await.ok() == Some(count)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_and_a_court_are_previewed_and_nothing_is_written() {
    let (world, read, staff) = world().await;
    let eva = world.join("eva").await;
    let ole = world.join_as("ole", Role::Staff, &["lakeside"]).await;
    let id = world.send(eva.hold("15:00", "16:00", "k1")).await.text("id");
    let confirm = eva.post(&format!("/v1/bookings/{id}/confirm"), &Value::Null);
    assert_eq!(world.send(confirm).await.summary(), "200");
    sees(&read, "SELECT count(*) FROM taken_v1 WHERE expires_at IS NULL", 1).await;
    sees(&read, "SELECT count(*) FROM courts_v1", 1).await;
    let before = world.all().await.len();

    let hit = json!({
        "court": "RV01", "date": "2026-11-22",
        "starts_at": "2026-11-22T03:00:00Z", "ends_at": "2026-11-23T03:00:00Z",
        "bookings": [{
            "id": id, "reference": id, "player": eva.user.0,
            "starts_at": "2026-11-22T14:00:00Z", "ends_at": "2026-11-22T15:00:00Z",
            "refund": { "amount_minor": 2000, "currency": "EUR" },
        }],
    });
    let closing = json!({ "venue": "riverside", "dry_run": true, "parts": [hit] });
    for request in [
        staff.put(CLOSURE, &json!({ "reason": "Storm" })),
        staff.post(RETIRE, &Value::Null),
        staff.post(RETIRE, &json!({ "from": "2026-11-22" })),
    ] {
        let reply = world.send(request).await;
        assert_eq!((reply.summary().as_str(), &reply.body), ("200", &closing));
    }
    for request in [
        staff.put("/v1/venues/riverside/closures/2026-11-23?dry_run=true", &Value::Null),
        staff.post(RETIRE, &json!({ "from": "2026-11-23" })),
    ] {
        let reply = world.send(request).await;
        assert_eq!((reply.summary().as_str(), &reply.body["parts"]), ("200", &json!([])));
    }

    assert_eq!(world.send(ole.put(CLOSURE, &Value::Null)).await.summary(), "404 not-found");
    assert_eq!(world.send(eva.post(RETIRE, &Value::Null)).await.summary(), "403 forbidden");
    let odd = staff.put(&CLOSURE.replace("true", "perhaps"), &Value::Null);
    let said = "400 malformed-request dry_run malformed";
    assert_eq!(world.send(odd).await.summary(), said);
    assert_eq!(world.all().await.len(), before, "nothing is written");
}

#[tokio::test]
async fn what_cannot_be_looked_up_is_said() {
    let world = World::new().await;
    world.open_riverside().await;
    let staff = world.join_as("sam", Role::Staff, &["riverside"]).await;
    let reply = world.send(staff.put(CLOSURE, &Value::Null)).await;
    assert_eq!(reply.summary(), "503 unavailable");
    assert!(reply.text("detail").contains("who has booked"), "{}", reply.body);
}
