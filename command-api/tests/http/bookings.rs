use domain::users::Role;
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{Person, With, World, place, post, request, send_to};

const NOT_YOURS: &str = "404 not-found";

#[tokio::test]
async fn a_court_is_held_confirmed_and_cancelled() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;

    let held = world.send(eva.hold("16:30", "18:00", "k1")).await;
    assert_eq!(held.summary(), "201");
    let id = held.text("id");
    assert!(id.starts_with("2026-11-22-RV01-"), "{id}");
    assert_eq!(held.header("location"), Some(format!("/v1/bookings/{id}").as_str()));
    assert_eq!(held.header("etag"), Some("\"0\""));
    assert!(held.header("courtside-position").is_some());
    let expires_at: jiff::Timestamp = held.text("expires_at").parse().unwrap();
    let left = expires_at.duration_since(world.platform.clock.now()).as_secs();
    assert!((800..=900).contains(&left), "{left} s");
    let mut body = held.body.clone();
    body["expires_at"] = json!("…");
    assert_eq!(
        body,
        json!({
            "id": id, "reference": id, "court": "RV01", "venue": "riverside", "player": eva.user.0,
            "starts_at": "2026-11-22T15:30:00Z", "ends_at": "2026-11-22T17:00:00Z",
            "local": { "date": "2026-11-22", "start": "16:30", "end": "18:00", "zone": "Europe/Berlin" },
            "state": "held", "expires_at": "…",
            "price": { "amount_minor": 4000, "currency": "EUR" },
            "paid": { "amount_minor": 0, "currency": "EUR" },
            "terms": { "full_refund_hours": 24, "late_refund_percent": 50 },
        })
    );

    let path = |what| format!("/v1/bookings/{id}/{what}");
    let early = world.send(eva.post(&path("cancel"), &Value::Null)).await;
    assert_eq!(early.summary(), "409 only-held");
    assert!(early.header("courtside-position").is_some(), "whoever reads that far sees why");

    let confirmed =
        world.send(eva.post(&path("confirm"), &json!({ "payment_reference": "pay-1" }))).await;
    assert_eq!(confirmed.summary(), "200");
    assert_eq!(
        (&confirmed.body["state"], &confirmed.body["expires_at"]),
        (&json!("confirmed"), &Value::Null)
    );
    assert_eq!(confirmed.header("etag"), Some("\"1\""));
    assert_eq!(
        world.send(eva.post(&path("confirm"), &Value::Null)).await.summary(),
        "200",
        "twice is once"
    );
    assert_eq!(
        world.send(eva.post(&path("release"), &json!({}))).await.summary(),
        "409 already-confirmed"
    );

    let cancelled = world.send(eva.post(&path("cancel"), &Value::Null)).await;
    assert_eq!(cancelled.summary(), "200");
    assert_eq!(cancelled.body["state"], "cancelled");
    assert_eq!(cancelled.body["refund"], json!({ "amount_minor": 4000, "currency": "EUR" }));
    assert_eq!(
        world.send(eva.post(&path("confirm"), &Value::Null)).await.summary(),
        "409 already-cancelled"
    );
    assert_eq!(
        world.names("courtday-RV01-2026-11-22").await,
        ["booking.held.v2", "booking.confirmed.v1", "booking.cancelled.v2"]
    );
}

#[tokio::test]
async fn the_revision_is_the_bookings_own_not_the_days() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let first = world.send(eva.hold("10:00", "11:00", "k1")).await;
    world.send(eva.hold("11:00", "12:00", "k2")).await;
    let again = world.send(eva.hold("10:00", "11:00", "k1")).await;
    assert_eq!(again.header("etag"), first.header("etag"));
    let second = world.send(eva.hold("11:00", "12:00", "k2")).await;
    assert_eq!(second.header("etag"), Some("\"1\""));
}

#[tokio::test]
async fn fifty_in_two_processes_who_want_one_hour_are_one_and_forty_nine() {
    let world = World::new().await;
    world.open_riverside().await;
    let other = world.another_process().await;
    let people = [world.join("eva").await, world.join("ida").await];
    // Half of them want half an hour more: no two of them fit beside one another.
    let asked = (0..50).map(|n| {
        let (world, other, person) = (&world, &other, &people[n % 2]);
        async move {
            let end = if n % 3 == 0 { "12:30" } else { "12:00" };
            let hold = person.hold("11:00", end, &format!("k{n}"));
            if n % 2 == 0 { world.send(hold).await } else { send_to(other, hold).await }
        }
    });
    let mut outcomes: Vec<String> =
        join_all(asked).await.iter().map(crate::world::Reply::summary).collect();
    outcomes.sort();
    assert_eq!(outcomes[0], "201");
    assert_eq!(outcomes[1..], ["409 slot-taken"; 49]);
    assert_eq!(
        world.names("courtday-RV01-2026-11-22").await,
        ["booking.held.v2"],
        "losers cost nothing"
    );
}

#[tokio::test]
async fn a_hold_of_a_few_seconds_runs_out_and_the_place_is_free() {
    let world = World::new().await;
    world.open_riverside().await;
    let (eva, ida) = (world.join("eva").await, world.join("ida").await);
    let ada = world.log_in(eva.user, "ada").await;
    let policy = json!({ "hold_seconds": 3 });
    assert_eq!(world.send(ada.put("/v1/venues/riverside/policy", &policy)).await.summary(), "204");

    let held = world.send(eva.hold("11:00", "12:00", "k1")).await;
    assert_eq!(held.summary(), "201");
    let path = |what| format!("/v1/bookings/{}/{what}", held.text("id"));
    world.later(SignedDuration::from_secs(60));
    assert_eq!(
        world.send(eva.post(&path("confirm"), &Value::Null)).await.summary(),
        "409 hold-expired"
    );
    assert_eq!(
        world.send(eva.post(&path("release"), &Value::Null)).await.summary(),
        "409 hold-expired"
    );
    let again = world.send(eva.hold("11:00", "12:00", "k1")).await;
    assert_eq!(
        (again.status, &again.body["state"]),
        (201, &json!("expired")),
        "a retry shows what became of it"
    );

    assert_eq!(world.send(ida.hold("11:30", "12:30", "k2")).await.summary(), "201");
    let names = world.names("courtday-RV01-2026-11-22").await;
    assert_eq!(names, ["booking.held.v2", "booking.expired.v1", "booking.held.v2"]);
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_cannot_be_booked_is_said_with_its_place() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let before = world.all().await.len();
    let at = |starts_at: &str, ends_at: &str| json!({ "court": "RV01", "starts_at": starts_at, "ends_at": ends_at });
    let with = |field: &str, value: Value| {
        let mut body = place("RV01", "11:00", "12:00");
        body[field] = value;
        body
    };
    let rows: &[(&str, Value, &str)] = &[
        ("unknown court",      place("ZZZZ", "11:00", "12:00"),                                        "422 invalid #/court unknown-court"),
        ("no court code",      place("centre", "11:00", "12:00"),                                      "400 malformed-request #/court malformed"),
        ("start off the grid", place("RV01", "11:10", "12:00"),                                        "422 invalid #/starts_at off-grid"),
        ("end off the grid",   place("RV01", "11:00", "12:10"),                                        "422 invalid #/ends_at off-grid"),
        ("off by a second",    at("2026-11-22T11:00:01+01:00", "2026-11-22T12:00:01+01:00"),           "422 invalid #/starts_at off-grid"),
        ("too short",          place("RV01", "11:00", "11:30"),                                        "422 invalid #/ends_at too-short"),
        ("too long",           place("RV01", "11:00", "14:30"),                                        "422 invalid #/ends_at too-long"),
        ("before opening",     place("RV01", "05:00", "06:30"),                                        "422 invalid #/starts_at outside-hours"),
        ("across closing",     place("RV01", "22:00", "23:30"),                                        "422 invalid #/ends_at outside-hours"),
        ("end before start",   place("RV01", "12:00", "11:00"),                                        "422 invalid #/ends_at end-before-start"),
        ("no time at all",     place("RV01", "12:00", "12:00"),                                        "422 invalid #/ends_at end-before-start"),
        ("this morning",       at("2026-11-21T09:00:00+01:00", "2026-11-21T10:00:00+01:00"),           "422 invalid #/starts_at in-the-past"),
        ("the middle ages",    at("1066-10-14T09:00:00+01:00", "1066-10-14T10:00:00+01:00"),           "422 invalid #/starts_at off-grid"),
        ("long before",        at("1970-01-01T09:00:00+01:00", "1970-01-01T10:00:00+01:00"),           "422 invalid #/starts_at in-the-past"),
        ("next year",          at("2027-11-22T11:00:00+01:00", "2027-11-22T12:00:00+01:00"),           "422 invalid #/starts_at too-far-ahead"),
        ("the end of time",    at("9999-12-30T11:00:00+01:00", "9999-12-30T12:00:00+01:00"),           "422 invalid #/starts_at too-far-ahead"),
        ("no offset",          with("starts_at", json!("2026-11-22T11:00:00")),                        "400 malformed-request #/starts_at malformed"),
        ("no date",            with("starts_at", json!("2026-02-30T11:00:00Z")),                       "400 malformed-request #/starts_at malformed"),
        ("a number",           with("ends_at", json!(1_795_363_200)),                                  "400 malformed-request #/ends_at wrong-type"),
        ("nothing",            with("ends_at", Value::Null),                                           "400 malformed-request #/ends_at wrong-type"),
        ("for somebody else",  with("player", json!(eva.user.0)),                                      "400 malformed-request #/player unknown-field"),
        ("half of it",         json!({ "court": "RV01" }),                                             "400 malformed-request #/starts_at missing-field"),
        ("a list",             json!([]),                                                              "400 malformed-request # wrong-type"),
    ];
    for (case, body, expected) in rows {
        let reply = world.send(eva.post("/v1/bookings", body).key(&case.replace(' ', "-"))).await;
        assert_eq!(reply.summary(), *expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.all().await.len(), before, "nothing was changed");
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_is_asked_by_nobody_or_of_nothing_is_refused() {
    let world = World::new().await;
    world.open_riverside().await;
    let (eva, ida) = (world.join("eva").await, world.join("ida").await);
    let held = world.send(eva.hold("11:00", "12:00", "k1")).await;
    let (id, hour) = (held.text("id"), place("RV01", "14:00", "15:00"));
    let on = |id: &str, what: &str| format!("/v1/bookings/{id}/{what}");
    let before = world.all().await.len();
    let nobody = request("POST", "/v1/bookings", &hour).key("k");
    let rows = [
        ("nobody",            nobody,                                                                             "401 unauthenticated"),
        ("without a key",     eva.post("/v1/bookings", &hour),                                                    "400 malformed-request Idempotency-Key missing-header"),
        ("an empty key",      eva.post("/v1/bookings", &hour).key(""),                                            "400 malformed-request Idempotency-Key malformed"),
        ("a key too long",    eva.post("/v1/bookings", &hour).key(&"x".repeat(256)),                              "400 malformed-request Idempotency-Key malformed"),
        ("somebody else's",   ida.post(&on(&id, "confirm"), &Value::Null),                                        NOT_YOURS),
        ("somebody else's",   ida.post(&on(&id, "release"), &Value::Null),                                        NOT_YOURS),
        ("somebody else's",   ida.post(&on(&id, "cancel"), &Value::Null),                                         NOT_YOURS),
        ("unknown booking",   eva.post(&on("2026-11-22-RV01-ZZZZZZZZ", "confirm"), &Value::Null),                 NOT_YOURS),
        ("unknown court",     eva.post(&on("2026-11-22-ZZZZ-ZZZZZZZZ", "confirm"), &Value::Null),                 NOT_YOURS),
        ("no booking id",     eva.post(&on("17", "confirm"), &Value::Null),                                       "400 malformed-request id malformed"),
        ("unknown field",     eva.post(&on(&id, "confirm"), &json!({ "paid": true })),                            "400 malformed-request #/paid unknown-field"),
        ("a long reference",  eva.post(&on(&id, "confirm"), &json!({ "payment_reference": "x".repeat(101) })),    "422 invalid #/payment_reference too-long"),
        ("an empty one",      eva.post(&on(&id, "confirm"), &json!({ "payment_reference": "" })),                 "422 invalid #/payment_reference too-short"),
        ("something to say",  eva.post(&on(&id, "release"), &json!({ "why": "rain" })),                           "400 malformed-request #/why unknown-field"),
    ];
    for (case, request, expected) in rows {
        let reply = world.send(request).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.all().await.len(), before, "nothing was changed");
}

#[tokio::test]
async fn the_desk_acts_for_players_of_its_venue_and_of_no_other() {
    let world = World::new().await;
    world.open_riverside().await;
    let here = world.join_as("stefan", Role::Staff, &["riverside"]).await;
    let elsewhere = world.join_as("silke", Role::Staff, &["lakeside"]).await;
    let auditor = world.join_as("aude", Role::Auditor, &[]).await;
    let eva = world.join("eva").await;
    let held = world.send(eva.hold("11:00", "12:00", "k1")).await;
    let confirm = format!("/v1/bookings/{}/confirm", held.text("id"));
    for person in [&elsewhere, &auditor] {
        assert_eq!(world.send(person.post(&confirm, &Value::Null)).await.summary(), NOT_YOURS);
    }
    assert_eq!(world.send(here.post(&confirm, &Value::Null)).await.summary(), "200");
    let actors: Vec<_> =
        world.all().await.into_iter().rev().take(1).map(|it| it.meta.actor).collect();
    assert_eq!(actors, [Some(format!("user:{}", here.user))], "the log knows who");
}

#[tokio::test]
async fn a_hold_never_outlives_the_start_of_play() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    // 10:00 and a little: half past ten begins in under half an hour, and 900 seconds fit; 25 minutes later they do not.
    world.later(SignedDuration::from_mins(25));
    let eva = Person { token: world.log_in(eva.user, "eva").await.token, ..eva };
    let body = json!({
        "court": "RV01", "starts_at": "2026-11-21T10:30:00+01:00", "ends_at": "2026-11-21T11:30:00+01:00",
    });
    let held = world.send(eva.post("/v1/bookings", &body).key("k1")).await;
    assert_eq!(held.text("expires_at"), held.text("starts_at"));
}

#[tokio::test]
async fn created_bookings_are_counted_once() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    for _ in 0..3 {
        world.send(eva.hold("11:00", "12:00", "k1")).await;
    }
    world.send(post("/v1/bookings", &json!({}))).await;
    let mut text = String::new();
    let registry = world.platform.metrics.registry.lock().unwrap();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    assert!(text.lines().any(|it| it == "bookings_created_total 1"), "{text}");
}
