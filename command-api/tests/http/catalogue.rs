use domain::users::Role;
use serde_json::{Value, json};

use crate::world::{With, World, every_day};

fn court(change: &Value) -> Value {
    let mut body = json!({
        "code": "C2", "venue": "riverside", "name": "Court 2", "kind": "tennis", "surface": "hard", "indoor": true,
    });
    for (field, value) in change.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_venue_opens_with_courts_hours_rules_and_prices() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let body = json!({ "id": "lakeside", "name": "Lakeside", "zone": "America/New_York" });
    let opened = world.send(ada.post("/v1/venues", &body)).await;
    assert_eq!(opened.summary(), "201");
    assert_eq!(opened.header("location"), Some("/v1/venues/lakeside"));
    assert_eq!(opened.header("etag"), Some("\"0\""));
    assert_eq!(opened.body["day_starts_at"], "04:00:00");
    assert_eq!(opened.body["policy"]["hold_seconds"], 900);
    assert_eq!(world.send(ada.post("/v1/venues", &body)).await.summary(), "201", "the same again");
    let other = json!({ "id": "lakeside", "name": "Lakeside", "zone": "Europe/Berlin" });
    assert_eq!(world.send(ada.post("/v1/venues", &other)).await.summary(), "409 venue-exists");

    let hours = json!({ "from": "2026-12-01", "week": { "monday": { "open": "20:00", "close": "02:00" } } });
    assert_eq!(world.send(ada.put("/v1/venues/lakeside/hours", &hours)).await.summary(), "204");
    let policy = json!({
        "grid_minutes": 15, "min_minutes": 45, "max_minutes": 90, "hold_seconds": 5,
        "advance_days": 7, "release": { "mode": "fixed_time", "time": "07:00:00" },
        "full_refund_hours": 48, "late_refund_percent": 0,
        "payment": "at_venue", "payment_extension_seconds": 300,
        "max_open_holds": 1, "max_bookings_per_day": 3, "max_upcoming": 9,
    });
    assert_eq!(world.send(ada.put("/v1/venues/lakeside/policy", &policy)).await.summary(), "204");
    let events = world.events("venue-lakeside").await;
    assert_eq!(events[1].1["from"], "2026-12-01");
    assert_eq!(events[2].1["policy"], policy);

    let added = world.send(ada.post("/v1/courts", &court(&json!({ "venue": "lakeside" })))).await;
    assert_eq!(added.summary(), "201");
    assert_eq!(added.header("location"), Some("/v1/courts/C2"));
    let prices =
        json!({ "currency": "USD", "off_peak_per_hour_minor": 2500, "peak_per_hour_minor": 4000 });
    assert_eq!(world.send(ada.put("/v1/courts/C2/prices", &prices)).await.summary(), "204");
    assert_eq!(world.names("court-C2").await, ["court.added.v1", "court.priced.v2"]);
}

#[tokio::test]
async fn hours_without_a_date_hold_from_the_venues_today() {
    let world = World::new().await;
    world.open_riverside().await;
    let events = world.events("venue-riverside").await;
    assert_eq!(events[1].1["from"], "2026-11-21");
}

#[tokio::test]
async fn a_court_without_a_code_gets_one_and_finds_it_again() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let ada = world.log_in(eva.user, "ada").await;
    let mut body = court(&json!({
        "prices": { "currency": "EUR", "off_peak_per_hour_minor": 1000, "peak_per_hour_minor": 1000 },
    }));
    body.as_object_mut().unwrap().remove("code");
    let first = world.send(ada.post("/v1/courts", &body).key("k")).await;
    assert_eq!(first.summary(), "201");
    let code = first.text("code");
    assert_eq!(code.len(), 4);

    // Repeated after somebody has changed the prices and the edge has forgotten: the same court, with its new prices.
    let prices =
        json!({ "currency": "EUR", "off_peak_per_hour_minor": 7, "peak_per_hour_minor": 7 });
    assert_eq!(
        world.send(ada.put(&format!("/v1/courts/{code}/prices"), &prices)).await.summary(),
        "204"
    );
    sqlx::query("DELETE FROM idempotency").execute(&world.edge.pool).await.unwrap();
    let again = world.send(ada.post("/v1/courts", &body).key("k")).await;
    assert_eq!(again.text("code"), code);
    assert_eq!(again.body["prices"][0]["peak_per_hour_minor"], 1000, "until the new ones hold");
    assert_eq!(again.body["prices"][1]["peak_per_hour_minor"], 7);
    assert_eq!(again.body["prices"][1]["from"], "2026-11-21", "from the venue's today");
    assert_ne!(world.send(ada.post("/v1/courts", &body).key("l")).await.text("code"), code);
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_no_venue_can_be_is_said_with_its_place() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let ada = world.log_in(eva.user, "ada").await;
    let before = world.all().await.len();
    let venue = |id: &str, name: &str, zone: &str| json!({ "id": id, "name": name, "zone": zone });
    let (venues, courts) = ("/v1/venues", "/v1/courts");
    let (hours, policy, prices) = ("/v1/venues/riverside/hours", "/v1/venues/riverside/policy", "/v1/courts/RV01/prices");
    let priced = |currency: &str, amount: i64| json!({ "currency": currency, "off_peak_per_hour_minor": amount, "peak_per_hour_minor": 0 });
    let post = |path: &str, body: Value| ada.post(path, &body);
    let put = |path: &str, body: Value| ada.put(path, &body);
    let rows = [
        ("no id",            post(venues, venue("Lake Side", "L", "Europe/Berlin")),           "400 malformed-request #/id malformed"),
        ("no name",          post(venues, venue("lakeside", " ", "Europe/Berlin")),            "422 invalid #/name bad-name"),
        ("no zone",          post(venues, venue("lakeside", "L", "Europe/Bielefeld")),         "422 invalid #/zone unknown-zone"),
        ("the server's own", post(venues, venue("lakeside", "L", "localtime")),                "422 invalid #/zone unknown-zone"),
        ("unknown venue",    put("/v1/venues/lakeside/hours", json!({ "week": {} })),          "404 not-found"),
        ("no venue id",      put("/v1/venues/L/hours", json!({ "week": {} })),                 "400 malformed-request id malformed"),
        ("across the day",   put(hours, json!({ "week": every_day("03:00", "05:00") })),       "422 invalid #/week across-service-day"),
        ("no time",          put(hours, json!({ "week": every_day("6", "23:00") })),           "400 malformed-request #/week/friday/open malformed"),
        ("no weekday",       put(hours, json!({ "week": { "caturday": null } })),              "400 malformed-request #/week/caturday unknown-field"),
        ("no date",          put(hours, json!({ "from": "tomorrow", "week": {} })),            "400 malformed-request #/from malformed"),
        ("no such day",      put(hours, json!({ "from": "2026-02-30", "week": {} })),          "400 malformed-request #/from malformed"),
        ("before our time",  put(hours, json!({ "from": "-009999-01-01", "week": {} })),       "400 malformed-request #/from malformed"),
        ("after our time",   put(hours, json!({ "from": "2200-01-01", "week": {} })),          "400 malformed-request #/from malformed"),
        ("no week",          put(hours, json!({})),                                            "400 malformed-request #/week missing-field"),
        ("an odd grid",      put(policy, json!({ "grid_minutes": 7 })),                        "422 invalid #/grid_minutes bad-value"),
        ("no hold",          put(policy, json!({ "hold_seconds": 0 })),                        "422 invalid #/hold_seconds bad-value"),
        ("a negative hold",  put(policy, json!({ "hold_seconds": -1 })),                       "400 malformed-request #/hold_seconds malformed"),
        ("300 percent",      put(policy, json!({ "late_refund_percent": 300 })),               "400 malformed-request #/late_refund_percent malformed"),
        ("101 percent",      put(policy, json!({ "late_refund_percent": 101 })),               "422 invalid #/late_refund_percent bad-value"),
        ("unknown rule",     put(policy, json!({ "deposit": 5 })),                             "400 malformed-request #/deposit unknown-field"),
        ("unheard-of payment", put(policy, json!({ "payment": "barter" })),                    "400 malformed-request #/payment malformed"),
        ("no release",       put(policy, json!({ "release": { "mode": "fixed_time" } })),      "400 malformed-request #/release/time missing-field"),
        ("unlimited",        put(policy, json!({ "max_upcoming": 0 })),                        "422 invalid #/max_upcoming bad-value"),
        ("unknown venue",    post(courts, court(&json!({ "venue": "lakeside" }))),             "422 invalid #/venue unknown-venue"),
        ("no code",          post(courts, court(&json!({ "code": "ILO" }))),                   "400 malformed-request #/code malformed"),
        ("a code taken",     post(courts, court(&json!({ "code": "RV01" }))),                  "409 court-exists"),
        ("no name",          post(courts, court(&json!({ "name": "" }))),                      "422 invalid #/name bad-name"),
        ("no kind",          post(courts, court(&json!({ "kind": " " }))),                     "422 invalid #/kind bad-name"),
        ("a long surface",   post(courts, court(&json!({ "surface": "x".repeat(101) }))),      "422 invalid #/surface bad-name"),
        ("no price",         post(courts, court(&json!({ "prices": priced("EUR", -1) }))),     "422 invalid #/prices/off_peak_per_hour_minor bad-value"),
        ("no currency",      put(prices, priced("euro", 1)),                                   "422 invalid #/currency bad-value"),
        ("unknown court",    put("/v1/courts/ZZZZ/prices", priced("EUR", 1)),                  "404 not-found"),
    ];
    for (case, request, expected) in rows {
        let reply = world.send(request).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.all().await.len(), before, "nothing was changed");
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn the_catalogue_is_for_those_who_run_it() {
    let world = World::new().await;
    world.open_riverside().await;
    let staff = world.join_as("stefan", Role::Staff, &["riverside"]).await;
    let player = world.join("eva").await;
    let operator = world.join_as("olu", Role::Operator, &[]).await;
    let lakeside = json!({ "id": "lakeside", "name": "Lakeside", "zone": "Europe/Berlin" });
    let prices = json!({ "currency": "EUR", "off_peak_per_hour_minor": 1, "peak_per_hour_minor": 1 });
    let rows = [
        ("staff, a new venue",   staff.post("/v1/venues", &lakeside),                                         "403 forbidden"),
        ("staff, own venue",     staff.put("/v1/venues/riverside/policy", &json!({})),                        "204"),
        ("staff, own court",     staff.put("/v1/courts/RV01/prices", &prices),                                "204"),
        ("staff, another venue", staff.put("/v1/venues/lakeside/policy", &json!({})),                         "404 not-found"),
        ("player",               player.post("/v1/venues", &lakeside),                                        "403 forbidden"),
        ("player",               player.put("/v1/venues/riverside/hours", &json!({ "week": {} })),            "403 forbidden"),
        ("player",               player.put("/v1/venues/riverside/policy", &json!({})),                       "403 forbidden"),
        ("player",               player.post("/v1/courts", &court(&json!({}))),                               "403 forbidden"),
        ("player",               player.put("/v1/courts/RV01/prices", &prices),                               "403 forbidden"),
        ("operator",             operator.put("/v1/venues/riverside/policy", &json!({})),                     "403 forbidden"),
    ];
    for (case, request, expected) in rows {
        let reply = world.send(request).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
    }
}
