//! The desk has somebody reminded.
use domain::users::Role;
use serde_json::{Value, json};

use crate::world::{Person, With, World};

/// Staff of the venue, and a player.
async fn people(world: &World) -> (Person, Person) {
    world.open_riverside().await;
    let staff = world.join_as("dora", Role::Staff, &["riverside"]).await;
    (staff, world.join("eva").await)
}

async fn confirmed(world: &World, player: &Person) -> String {
    let held = world.send(player.hold("12:00", "13:00", "k")).await;
    let id = held.text("id");
    let confirm = player.post(&format!("/v1/bookings/{id}/confirm"), &Value::Null);
    assert_eq!(world.send(confirm).await.summary(), "200");
    id
}

#[tokio::test]
async fn the_desk_asks_for_a_reminder_once_under_one_key_and_three_times_at_most() {
    let world = World::new().await;
    let (staff, eva) = people(&world).await;
    let id = confirmed(&world, &eva).await;
    let path = format!("/v1/bookings/{id}/reminders");
    let remind = async |key: &str| world.send(staff.post(&path, &Value::Null).key(key)).await;

    let keyless = world.send(staff.post(&path, &Value::Null)).await;
    assert_eq!(keyless.summary(), "400 malformed-request Idempotency-Key missing-header");
    let first = remind("1").await;
    assert_eq!((first.summary().as_str(), &first.body["status"]), ("202", &json!("accepted")));
    assert!(first.header("courtside-position").is_some());
    assert_eq!(remind("1").await.summary(), "202");
    let stream = format!("reminder-{id}");
    assert_eq!(world.events(&stream).await.len(), 1, "a key is one request");
    // The edge database forgot it: the stream has not.
    sqlx::raw_sql("TRUNCATE idempotency").execute(&world.edge.pool).await.unwrap();
    assert_eq!(remind("1").await.summary(), "202");
    assert_eq!(world.events(&stream).await.len(), 1);
    assert_eq!(remind("2").await.summary(), "202");
    assert_eq!(remind("3").await.summary(), "202");
    assert_eq!(remind("4").await.summary(), "409 too-many-reminders");
    assert_eq!(world.names(&stream).await, ["reminder.requested.v1"; 3]);
}

#[tokio::test]
async fn nobody_is_reminded_of_what_will_not_be_and_nobody_but_the_desk_reminds() {
    let world = World::new().await;
    let (staff, eva) = people(&world).await;
    let id = confirmed(&world, &eva).await;
    let path = format!("/v1/bookings/{id}/reminders");
    let own = world.send(eva.post(&path, &Value::Null).key("own")).await;
    assert_eq!(own.summary(), "403 forbidden");
    let nothing = "/v1/bookings/2026-11-22-RV01-22222222/reminders";
    let nothing = world.send(staff.post(nothing, &Value::Null).key("n")).await;
    assert_eq!(nothing.summary(), "404 not-found");
    let cancel = eva.post(&format!("/v1/bookings/{id}/cancel"), &Value::Null);
    assert_eq!(world.send(cancel).await.summary(), "200");
    let late = world.send(staff.post(&path, &Value::Null).key("late")).await;
    assert_eq!(late.summary(), "409 already-cancelled");
    let held = world.send(eva.hold("14:00", "15:00", "h")).await.text("id");
    let held = format!("/v1/bookings/{held}/reminders");
    let held = world.send(staff.post(&held, &Value::Null).key("h")).await;
    assert_eq!(held.summary(), "409 only-held");
}

#[tokio::test]
async fn one_desk_reminds_ten_times_an_hour() {
    let world = World::with(&[("RATE_LIMIT_FACTOR", "1")]).await;
    let (staff, eva) = people(&world).await;
    let id = confirmed(&world, &eva).await;
    let path = format!("/v1/bookings/{id}/reminders");
    for n in 0..10 {
        let reply = world.send(staff.post(&path, &Value::Null).key(&format!("{n}"))).await;
        let expected = if n < 3 { "202" } else { "409 too-many-reminders" };
        assert_eq!(reply.summary(), expected);
    }
    let over = world.send(staff.post(&path, &Value::Null).key("over")).await;
    assert_eq!((over.status, over.header("retry-after").is_some()), (429, true));
}
