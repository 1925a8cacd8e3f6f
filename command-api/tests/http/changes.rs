//! Changes to what is there: to the version that was seen, or not at all; single dates; courts out of service.
use axum::body::Body;
use axum::http::Request;
use domain::policies::Prices;
use domain::users::Role;
use serde_json::{Value, json};

use crate::world::{Person, With, World, every_day, place};

const VENUE: &str = "/v1/venues/riverside";
const COURT: &str = "/v1/courts/RV01";

type Make = Box<dyn Fn(&Person) -> Request<Body>>;

async fn riverside() -> (World, Person) {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let ada = world.log_in(eva.user, "ada").await;
    (world, ada)
}

fn prices(amount: i64) -> Value {
    let it = Prices { off_peak_per_hour_minor: amount, ..Prices::default() };
    serde_json::to_value(it).unwrap()
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn a_change_is_made_to_the_version_that_was_seen() {
    let (world, ada) = riverside().await;
    let week = |close: &str| json!({ "week": every_day("06:00", close) });
    let put = |path: String, body: Value| move |world: &Person| world.put(&path, &body);
    let patch = |path: &str, body: Value| { let path = path.to_owned(); move |world: &Person| world.patch(&path, &body) };
    // Each changes something, and says so by a new tag: from revision 2 of the venue and 1 of the court on.
    let rows: [(&str, Make, u64); 7] = [
        ("hours",       Box::new(put(format!("{VENUE}/hours"), week("22:00"))),                                       2),
        ("policy",      Box::new(put(format!("{VENUE}/policy"), json!({ "hold_seconds": 60 }))),                      3),
        ("closure",     Box::new(put(format!("{VENUE}/closures/2026-12-24"), Value::Null)),                           4),
        ("date",        Box::new(put(format!("{VENUE}/hours/2026-12-31"), json!({ "open": "08:00", "close": "12:00" }))), 5),
        ("venue",       Box::new(patch(VENUE, json!({ "name": "The river" }))),                                       6),
        ("prices",      Box::new(put(format!("{COURT}/prices"), prices(5))),                                          1),
        ("court",       Box::new(patch(COURT, json!({ "surface": "hard" }))),                                         2),
    ];
    for (case, request, revision) in rows {
        let tag = |it: u64| format!("\"{it}\"");
        let mut nothing_said = request(&ada);
        nothing_said.headers_mut().remove("if-match");
        let reply = world.send(nothing_said).await;
        assert_eq!(reply.summary(), "428 if-match-required If-Match missing-header", "{case}");
        let reply = world.send(request(&ada).header("if-match", "7")).await;
        assert_eq!(reply.summary(), "400 malformed-request If-Match malformed", "{case}");
        for stale in [tag(revision + 1), tag(0), format!("W/{}", tag(revision)), "\"abc\"".to_owned()] {
            let reply = world.send(request(&ada).header("if-match", &stale)).await;
            assert_eq!(reply.summary(), "412 stale If-Match stale", "{case} {stale}");
            assert!(reply.header("courtside-position").is_some(), "{case}: whoever reads that far sees why");
        }

        let seen = format!("\"999\", {}", tag(revision));
        let reply = world.send(request(&ada).header("if-match", &seen)).await;
        assert_eq!((reply.summary().as_str(), reply.header("etag")), ("204", Some(tag(revision + 1).as_str())), "{case}");
        assert!(reply.header("courtside-position").is_some(), "{case}");
        // The answer was lost: the change is made, and that is no conflict.
        let reply = world.send(request(&ada).header("if-match", &seen)).await;
        assert_eq!((reply.summary().as_str(), reply.header("etag")), ("204", Some(tag(revision + 1).as_str())), "{case}, again");
    }
}

#[tokio::test]
async fn of_two_who_saw_the_same_version_one_changes_it() {
    let (world, ada) = riverside().await;
    let change = |seconds: u32| {
        let body = json!({ "hold_seconds": seconds });
        ada.put(&format!("{VENUE}/policy"), &body).header("if-match", "\"2\"")
    };
    let (one, other) = tokio::join!(world.send(change(60)), world.send(change(90)));
    let mut answers = [one.summary(), other.summary()];
    answers.sort();
    assert_eq!(answers, ["204", "412 stale If-Match stale"]);
    assert_eq!(world.names("venue-riverside").await.len(), 4, "one event");
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn a_patch_is_a_merge_patch_and_says_what_is_wrong_with_it() {
    let (world, ada) = riverside().await;
    let before = world.all().await.len();
    let long = "x".repeat(101);
    let patch = |path: &str, body: Value| ada.patch(path, &body);
    let rows = [
        ("plain JSON",        patch(VENUE, json!({ "name": "N" })).header("content-type", "application/json"),            "415 unsupported-media-type"),
        ("a JSON patch",      patch(VENUE, json!({ "name": "N" })).header("content-type", "application/json-patch+json"), "415 unsupported-media-type"),
        ("the zone",          patch(VENUE, json!({ "zone": "Europe/Paris" })),      "400 malformed-request #/zone unknown-field"),
        ("no name",           patch(VENUE, json!({ "name": " " })),                 "422 invalid #/name bad-name"),
        ("a long name",       patch(VENUE, json!({ "name": long })),                "422 invalid #/name bad-name"),
        ("name removed",      patch(VENUE, json!({ "name": null })),                "400 malformed-request #/name wrong-type"),
        ("name a number",     patch(VENUE, json!({ "name": 7 })),                   "400 malformed-request #/name wrong-type"),
        ("no object",         patch(VENUE, json!([])),                              "400 malformed-request # wrong-type"),
        ("unknown venue",     patch("/v1/venues/lakeside", json!({ "name": "N" })), "404 not-found"),
        ("kind removed",      patch(COURT, json!({ "kind": null })),                "400 malformed-request #/kind wrong-type"),
        ("no kind",           patch(COURT, json!({ "kind": "" })),                  "422 invalid #/kind bad-name"),
        ("a long surface",    patch(COURT, json!({ "surface": long })),             "422 invalid #/surface bad-name"),
        ("two lines",         patch(COURT, json!({ "name": "a\nb" })),              "422 invalid #/name bad-name"),
        ("another venue",     patch(COURT, json!({ "venue": "lakeside" })),         "400 malformed-request #/venue unknown-field"),
        ("indoor a text",     patch(COURT, json!({ "indoor": "yes" })),             "400 malformed-request #/indoor wrong-type"),
        ("unknown court",     patch("/v1/courts/ZZZZ", json!({ "name": "N" })),     "404 not-found"),
        ("nothing, a venue",  patch(VENUE, json!({})),                              "204"),
        ("nothing, a court",  patch(COURT, json!({})),                              "204"),
        ("what it is",        patch(COURT, json!({ "kind": "tennis" })),            "204"),
    ];
    for (case, request, expected) in rows {
        let reply = world.send(request).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
        if reply.status == 415 {
            assert_eq!(reply.header("accept-patch"), Some("application/merge-patch+json"), "{case}");
        }
    }
    assert_eq!(world.all().await.len(), before, "nothing was changed");
    let longest = "x".repeat(100);
    assert_eq!(world.send(patch(COURT, json!({ "name": longest, "indoor": true }))).await.summary(), "204");
    let (name, described) = world.events("court-RV01").await.pop().unwrap();
    assert_eq!(name, "court.described.v1");
    assert_eq!(described, json!({ "name": longest, "kind": "tennis", "surface": "clay", "indoor": true }));
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn single_dates_are_closed_opened_and_given_hours() {
    let (world, ada) = riverside().await;
    let eve = "/v1/venues/riverside/closures/2026-12-24";
    let hours = "/v1/venues/riverside/hours/2026-12-31";
    let short = |reason: Value| json!({ "open": "08:00", "close": "12:00", "reason": reason });
    let reason = |text: &str| json!({ "reason": text });
    let rows = [
        ("no date",           ada.put("/v1/venues/riverside/closures/christmas", &Value::Null),     "400 malformed-request date malformed"),
        ("no such date",      ada.put("/v1/venues/riverside/closures/2026-02-29", &Value::Null),    "400 malformed-request date malformed"),
        ("before our time",   ada.put("/v1/venues/riverside/closures/1999-12-31", &Value::Null),    "400 malformed-request date malformed"),
        ("of no venue",       ada.put("/v1/venues/lakeside/closures/2026-12-24", &Value::Null),     "404 not-found"),
        ("an empty reason",   ada.put(eve, &reason(" ")),                                           "422 invalid #/reason too-short"),
        ("a long reason",     ada.put(eve, &reason(&"x".repeat(501))),                              "422 invalid #/reason too-long"),
        ("a bell",            ada.put(eve, &reason("ring\u{7}")),                                   "422 invalid #/reason control-character"),
        ("a reason of none",  ada.put(eve, &json!({ "because": "rain" })),                          "400 malformed-request #/because unknown-field"),
        ("closed",            ada.put(eve, &reason(&"x".repeat(500))),                              "204"),
        ("closed again",      ada.put(eve, &Value::Null),                                           "204"),
        ("no close",          ada.put(hours, &json!({ "open": "08:00" })),                          "400 malformed-request #/close missing-field"),
        ("no time",           ada.put(hours, &json!({ "open": "8", "close": "12:00" })),            "400 malformed-request #/open malformed"),
        ("across the day",    ada.put(hours, &json!({ "open": "18:00", "close": "05:00" })),        "422 invalid #/close across-service-day"),
        ("hours",             ada.put(hours, &short(json!("New Year's Eve"))),                      "204"),
        ("lifted",            ada.delete(hours),                                                    "204"),
        ("lifted again",      ada.delete(hours),                                                    "204"),
        ("opened, stale",     ada.delete(eve).header("if-match", "\"1\""),                          "412 stale If-Match stale"),
        ("opened",            ada.delete(eve),                                                      "204"),
        ("never closed",      ada.delete("/v1/venues/riverside/closures/2027-01-01"),               "204"),
    ];
    for (case, request, expected) in rows {
        let reply = world.send(request).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
    }
    let events = world.events("venue-riverside").await.split_off(3);
    let names: Vec<_> = events.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(names, ["venue.closed-on.v1", "venue.hours-set-on.v1", "venue.hours-lifted-on.v1", "venue.reopened-on.v1"]);
    let sealed = events[1].1["reason"].as_str().unwrap();
    assert!(sealed.starts_with("v1.") && !sealed.contains("Eve"), "somebody's own words are sealed: {sealed}");
    let recorded = world.all().await;
    let closed = recorded.iter().find(|it| it.kind == "venue.closed-on.v1").unwrap();
    assert!(closed.meta.actor.as_deref().is_some_and(|it| it.starts_with("user:")), "who");
}

#[tokio::test]
async fn on_a_closed_day_and_on_a_court_out_of_service_nothing_is_held_and_what_is_held_stays() {
    let (world, ada) = riverside().await;
    let player = world.join("paul").await;
    // The stories' holds are on 22 November.
    let mine = world.send(player.hold("11:00", "12:00", "k1")).await;
    assert_eq!(mine.summary(), "201");
    let hold = |key| player.hold("14:00", "15:00", key);
    let closure = "/v1/venues/riverside/closures/2026-11-22";

    assert_eq!(world.send(ada.put(closure, &Value::Null)).await.summary(), "204");
    let outside = "422 invalid #/starts_at outside-hours";
    assert_eq!(world.send(hold("k2")).await.summary(), outside);
    let again = world.send(player.hold("11:00", "12:00", "k1")).await;
    assert_eq!((again.summary().as_str(), again.text("state").as_str()), ("201", "held"));
    assert_eq!(world.send(ada.delete(closure)).await.summary(), "204");

    let retire = json!({ "from": "2026-11-22", "reason": "The net is torn" });
    assert_eq!(world.send(ada.post(&format!("{COURT}/retire"), &retire)).await.summary(), "204");
    assert_eq!(world.send(hold("k3")).await.summary(), "422 invalid #/court court-retired");
    let confirm = player.post(&format!("/v1/bookings/{}/confirm", mine.text("id")), &Value::Null);
    assert_eq!(world.send(confirm).await.text("state"), "confirmed");

    let back = json!({ "from": "2026-11-22" });
    let back = world.send(ada.post(&format!("{COURT}/return"), &back)).await;
    assert_eq!((back.summary().as_str(), back.header("etag")), ("204", Some("\"3\"")));
    assert_eq!(world.send(hold("k4")).await.summary(), "201");
}

#[tokio::test]
async fn a_court_retires_from_the_venues_today_unless_a_date_is_named() {
    let (world, ada) = riverside().await;
    let retire = format!("{COURT}/retire");
    assert_eq!(world.send(ada.post(&retire, &Value::Null)).await.summary(), "204");
    assert_eq!(world.send(ada.post(&retire, &Value::Null)).await.summary(), "204");
    let events = world.events("court-RV01").await.split_off(2);
    let retired = json!({ "from": "2026-11-21", "reason": null });
    assert_eq!(events, [("court.retired.v1".to_owned(), retired)]);
    let odd = json!({ "from": "soon" });
    let reply = world.send(ada.post(&retire, &odd)).await;
    assert_eq!(reply.summary(), "400 malformed-request #/from malformed");
    let stale = ada.post(&format!("{COURT}/return"), &Value::Null).header("if-match", "\"1\"");
    assert_eq!(world.send(stale).await.summary(), "412 stale If-Match stale");
}

#[tokio::test]
async fn a_raise_is_announced_and_whoever_booked_before_keeps_the_price() {
    let (world, ada) = riverside().await;
    let player = world.join("paul").await;
    let mut raise = prices(9900);
    raise["from"] = json!("2026-11-23");
    let put = ada.put(&format!("{COURT}/prices"), &raise);
    assert_eq!(world.send(put).await.summary(), "204");
    let before = world.send(player.hold("11:00", "12:00", "k1")).await;
    assert_eq!(before.body["price"]["amount_minor"], 2000);
    let mut later = place("RV01", "11:00", "12:00");
    for field in ["starts_at", "ends_at"] {
        later[field] = json!(later[field].as_str().unwrap().replace("11-22", "11-23"));
    }
    let after = world.send(player.post("/v1/bookings", &later).key("k2")).await;
    assert_eq!(after.body["price"]["amount_minor"], 9900);
    assert_eq!(
        world.send(player.hold("11:00", "12:00", "k1")).await.body["price"]["amount_minor"],
        2000
    );
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn changes_are_for_those_who_run_the_venue() {
    let (world, _) = riverside().await;
    let here = world.join_as("stefan", Role::Staff, &["riverside"]).await;
    let there = world.join_as("lena", Role::Staff, &["lakeside"]).await;
    let player = world.join("paul").await;
    let requests = |it: &Person| [
        it.patch(VENUE, &json!({ "name": "The river" })),
        it.put(&format!("{VENUE}/hours"), &json!({ "week": {} })),
        it.put(&format!("{VENUE}/policy"), &json!({})),
        it.put(&format!("{VENUE}/hours/2026-12-31"), &json!({ "open": "08:00", "close": "12:00" })),
        it.delete(&format!("{VENUE}/hours/2026-12-31")),
        it.put(&format!("{VENUE}/closures/2026-12-24"), &Value::Null),
        it.delete(&format!("{VENUE}/closures/2026-12-24")),
        it.patch(COURT, &json!({ "name": "Centre" })),
        it.put(&format!("{COURT}/prices"), &prices(1)),
        it.post(&format!("{COURT}/retire"), &Value::Null),
        it.post(&format!("{COURT}/return"), &Value::Null),
    ];
    for (who, expected) in [(&here, "204"), (&there, "404 not-found"), (&player, "403 forbidden")] {
        for request in requests(who) {
            let what = format!("{} {}", request.method(), request.uri());
            assert_eq!(world.send(request).await.summary(), expected, "{what}");
        }
    }
    // Who says nothing of a version is not told whether there is anything.
    let mut unseen = there.put(&format!("{VENUE}/policy"), &json!({}));
    unseen.headers_mut().remove("if-match");
    assert_eq!(world.send(unseen).await.summary(), "404 not-found");
}

#[tokio::test]
async fn a_setting_put_again_under_its_key_is_remembered_whatever_became_of_it() {
    let (world, ada) = riverside().await;
    let seen = "\"2\"";
    let put = |seconds: u32| {
        let body = json!({ "hold_seconds": seconds });
        ada.put(&format!("{VENUE}/policy"), &body).header("if-match", seen)
    };
    assert_eq!(world.send(put(60).key("a")).await.summary(), "204");
    let again = world.send(put(60).key("a")).await;
    let replayed = again.header("idempotent-replayed");
    assert_eq!((again.summary().as_str(), replayed), ("204", Some("true")));
    let otherwise = world.send(put(90).key("b")).await;
    assert_eq!(otherwise.summary(), "412 stale If-Match stale", "another change is another");
}
