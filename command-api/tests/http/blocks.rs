use domain::users::Role;
use serde_json::{Value, json};

use crate::world::{Person, With, World};

const DAY: &str = "courtday-RV01-2026-11-22";
const PATH: &str = "/v1/venues/riverside/blocks";

async fn world() -> (World, Person, Person) {
    let world = World::new().await;
    world.open_riverside().await;
    let staff = world.join_as("sam", Role::Staff, &["riverside"]).await;
    let eva = world.join("eva").await;
    (world, staff, eva)
}

fn rain(on_bookings: &str) -> Value {
    json!({
        "courts": ["RV01"], "starts_at": "2026-11-22T14:00:00+01:00", "ends_at": "2026-11-22T18:00:00+01:00",
        "cause": "rain", "reason": "the river is rising", "on_bookings": on_bookings,
    })
}

async fn confirmed(world: &World, person: &Person, start: &str, end: &str, key: &str) -> String {
    let id = world.send(person.hold(start, end, key)).await.text("id");
    let confirm = person.post(&format!("/v1/bookings/{id}/confirm"), &Value::Null);
    assert_eq!(world.send(confirm).await.summary(), "200");
    id
}

#[tokio::test]
async fn rain_is_previewed_and_then_everybody_is_paid_back() {
    let (world, staff, eva) = world().await;
    let hit = confirmed(&world, &eva, "15:00", "16:00", "k1").await;
    let dry = confirmed(&world, &eva, "19:00", "20:00", "k2").await;
    let before = world.all().await.len();

    let preview = staff.post(&format!("{PATH}?dry_run=true"), &rain("cancel_with_refund"));
    let preview = world.send(preview).await;
    assert_eq!(preview.summary(), "200");
    assert_eq!(preview.body["dry_run"], true);
    let part = &preview.body["parts"][0];
    assert_eq!((&part["court"], &part["date"]), (&json!("RV01"), &json!("2026-11-22")));
    let hits = part["bookings"].as_array().unwrap();
    assert_eq!((hits.len(), &hits[0]["id"]), (1, &json!(hit)));
    assert_eq!(hits[0]["refund"], json!({ "amount_minor": 2000, "currency": "EUR" }));
    assert_eq!(world.all().await.len(), before, "a preview writes nothing");

    let refused = world.send(staff.post(PATH, &rain("refuse")).key("b0")).await;
    assert_eq!(refused.summary(), "409 bookings-in-the-way");
    assert!(refused.text("detail").contains(&hit), "{}", refused.body);
    assert_eq!(world.all().await.len(), before, "nor does a refusal");

    let block = || staff.post(PATH, &rain("cancel_with_refund")).key("b1");
    let blocked = world.send(block()).await;
    assert_eq!(blocked.summary(), "201");
    assert_eq!(blocked.body["parts"][0]["bookings"], part["bookings"], "as it was previewed");
    let again = world.send(block()).await;
    assert_eq!((again.summary().as_str(), &again.body), ("201", &blocked.body), "once");

    let events = world.events(DAY).await;
    let (name, last) = events.last().unwrap();
    assert_eq!((name.as_str(), &last["cause"]), ("courtday.blocked.v1", &json!("rain")));
    let text = serde_json::to_string(&events).unwrap();
    assert!(!text.contains("rising"), "what a person wrote is sealed: {text}");
    let finn = world.join("finn").await;
    assert_eq!(world.send(finn.hold("16:00", "17:00", "k3")).await.summary(), "409 blocked");
    let kept = world.send(eva.post(&format!("/v1/bookings/{dry}/confirm"), &Value::Null)).await;
    assert_eq!(kept.body["state"], "confirmed", "at seven it has stopped");
}

#[tokio::test]
async fn a_lifted_block_gives_the_court_back() {
    let (world, staff, eva) = world().await;
    let blocked = world.send(staff.post(PATH, &rain("refuse")).key("b1")).await;
    assert_eq!(blocked.summary(), "201");
    let path = format!("{PATH}/{}/lift", blocked.text("id"));
    let body = json!({
        "courts": ["RV01"], "starts_at": "2026-11-22T14:00:00+01:00", "ends_at": "2026-11-22T18:00:00+01:00",
    });
    assert_eq!(world.send(eva.post(&path, &body)).await.summary(), "403 forbidden");
    let other = format!("{PATH}/{}/lift", uuid::Uuid::from_u128(7));
    assert_eq!(world.send(staff.post(&other, &body)).await.summary(), "404 not-found");
    assert_eq!(world.send(staff.post(&path, &body)).await.summary(), "204");
    assert_eq!(world.send(staff.post(&path, &body)).await.summary(), "204", "twice is once");
    assert_eq!(world.send(eva.hold("15:00", "16:00", "k1")).await.summary(), "201");
}

#[tokio::test]
async fn a_block_over_several_days_is_cut_where_service_days_begin() {
    let (world, staff, _) = world().await;
    let mut long = rain("refuse");
    long["starts_at"] = json!("2026-11-22T20:00:00+01:00");
    long["ends_at"] = json!("2026-11-24T12:00:00+01:00");
    let blocked = world.send(staff.post(PATH, &long).key("b1")).await;
    let dates: Vec<_> =
        blocked.body["parts"].as_array().unwrap().iter().map(|it| &it["date"]).collect();
    assert_eq!(dates, ["2026-11-22", "2026-11-23", "2026-11-24"]);
    for date in ["2026-11-22", "2026-11-23", "2026-11-24"] {
        assert_eq!(world.names(&format!("courtday-RV01-{date}")).await, ["courtday.blocked.v1"]);
    }
}

#[tokio::test]
async fn what_cannot_be_blocked_is_said_with_its_place() {
    let (world, staff, eva) = world().await;
    let elsewhere = world.join_as("ole", Role::Staff, &["lakeside"]).await;
    let before = world.all().await.len();
    let with = |field: &str, value: Value| {
        let mut body = rain("refuse");
        body[field] = value;
        staff.post(PATH, &body).key("k")
    };
    #[rustfmt::skip] // a table
    let table = [
        ("a player",          eva.post(PATH, &rain("refuse")).key("k"),             "403 forbidden"),
        ("another desk",      elsewhere.post(PATH, &rain("refuse")).key("k"),       "404 not-found"),
        ("no key",            staff.post(PATH, &rain("refuse")),                    "400 malformed-request Idempotency-Key missing-header"),
        ("no courts",         with("courts", json!([])),                            "422 invalid #/courts too-many"),
        ("an unknown court",  with("courts", json!(["RV01", "ZZ99"])),              "422 invalid #/courts/1 unknown-court"),
        ("twice",             with("courts", json!(["RV01", "RV01"])),              "422 invalid #/courts/1 repeated"),
        ("no court's code",   with("courts", json!(["no"])),                        "400 malformed-request #/courts/0 malformed"),
        ("backwards",         with("ends_at", json!("2026-11-22T13:00:00+01:00")),  "422 invalid #/ends_at end-before-start"),
        ("over",              with("ends_at", json!("2026-11-20T13:00:00+01:00")),  "422 invalid #/ends_at in-the-past"),
        ("for ever",          with("ends_at", json!("2028-11-20T13:00:00+01:00")),  "422 invalid #/ends_at too-long"),
        ("a cause of ours",   with("cause", json!("retired")),                      "400 malformed-request #/cause malformed"),
        ("no words",          with("reason", json!("")),                            "422 invalid #/reason too-short"),
        ("too many words",    with("reason", json!("x".repeat(501))),               "422 invalid #/reason too-long"),
        ("unheard of",        with("on_bookings", json!("ignore")),                 "400 malformed-request #/on_bookings malformed"),
    ];
    for (case, request, expected) in table {
        let reply = world.send(request).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.all().await.len(), before, "nothing of it is in the log");
}
