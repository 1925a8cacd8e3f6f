//! The same time every week: what cannot be had is left out and named, and a repetition books nothing more.
use domain::users::Role;
use serde_json::{Value, json};

use crate::faulty;
use crate::world::{Person, Reply, With, World, place};

const PATH: &str = "/v1/series";

/// RV01 from eleven to twelve, from tomorrow on.
fn weekly(times: u32) -> Value {
    let mut body = place("RV01", "11:00", "12:00");
    body["times"] = json!(times);
    body
}

async fn book(world: &World, who: &Person, body: &Value, key: &str) -> Reply {
    world.send(who.post(PATH, body).key(key)).await
}

/// `2026-11-22 confirmed, 2026-11-29 slot-taken`.
fn dates(reply: &Reply) -> String {
    let dates = reply.body["dates"].as_array().unwrap().iter().map(|it| {
        let state = it["booking"]["state"].as_str().or(it["skipped"].as_str()).unwrap();
        format!("{} {state}", &it["starts_at"].as_str().unwrap()[..10])
    });
    dates.collect::<Vec<_>>().join(", ")
}

async fn forget_keys(world: &World) {
    sqlx::query("DELETE FROM idempotency").execute(&world.edge.pool).await.unwrap();
}

async fn held(world: &World) -> usize {
    world.all().await.iter().filter(|it| it.kind.starts_with("booking.held.")).count()
}

#[tokio::test]
async fn what_cannot_be_had_is_left_out_and_stays_out() {
    let world = World::new().await;
    world.open_riverside().await;
    let (eva, bea) = (world.join("eva").await, world.join("bea").await);
    let mut next_week = place("RV01", "11:00", "12:00");
    next_week["starts_at"] = json!("2026-11-29T11:00:00+01:00");
    next_week["ends_at"] = json!("2026-11-29T12:00:00+01:00");
    let beas = world.send(bea.post("/v1/bookings", &next_week).key("b")).await.text("id");

    let first = book(&world, &eva, &weekly(3), "s").await;
    assert_eq!(first.status, 201, "{}", first.body);
    let expected = "2026-11-22 confirmed, 2026-11-29 slot-taken, 2026-12-06 too-far-ahead";
    assert_eq!(dates(&first), expected);
    assert_eq!((&first.body["booked"], &first.body["skipped"]), (&json!(1), &json!(2)));

    let release = bea.post(&format!("/v1/bookings/{beas}/release"), &Value::Null);
    assert_eq!(world.send(release).await.summary(), "200");
    for key_is_known in [true, false] {
        let before = world.all().await.len();
        if !key_is_known {
            forget_keys(&world).await;
        }
        let again = book(&world, &eva, &weekly(3), "s").await;
        assert_eq!(dates(&again), expected, "it is free by now, and was not then");
        assert_eq!(again.body["id"], first.body["id"]);
        assert_eq!(world.all().await.len(), before);
    }
    let otherwise = book(&world, &eva, &weekly(4), "s").await;
    assert_eq!(otherwise.summary(), "422 idempotency-key-reused Idempotency-Key reused");
    let only_free = book(&world, &bea, &weekly(2), "s").await;
    assert_eq!(dates(&only_free), "2026-11-22 slot-taken, 2026-11-29 confirmed");
    let before = world.all().await.len();
    let nothing = book(&world, &bea, &weekly(2), "t").await;
    assert_eq!(nothing.summary(), "409 slot-taken");
    assert_eq!(world.all().await.len(), before);
}

#[tokio::test]
async fn one_that_is_cut_short_is_finished_by_its_repetition() {
    // Each date appends to the player's stream, the court-day, and both again; the last append is the series' own.
    for appends in 0..9 {
        let store = faulty::store();
        let world = World::on(store.clone(), &[]).await;
        world.open_riverside().await;
        let eva = world.join("eva").await;
        store.cut_after(appends);
        let cut = book(&world, &eva, &weekly(2), "s").await;
        store.mend();
        forget_keys(&world).await;
        let whole = book(&world, &eva, &weekly(2), "s").await;
        let after = format!("after {appends} appends and {}", cut.status);
        assert_eq!(whole.status, 201, "{after}: {}", whole.body);
        assert_eq!(dates(&whole), "2026-11-22 confirmed, 2026-11-29 confirmed", "{after}");
        assert_eq!(held(&world).await, 2, "{after}");
    }
}

#[tokio::test]
async fn the_desk_books_a_season_by_the_clock_on_the_wall() {
    let world = World::new().await;
    world.open_riverside().await;
    let stefan = world.join_as("stefan", Role::Staff, &["riverside"]).await;
    let mut season = weekly(20);
    season["for"] = json!({ "guest": { "name": "The club" } });
    season["override_reason"] = json!("the season");
    let booked = book(&world, &stefan, &season, "s").await;
    assert_eq!(booked.status, 201, "{}", booked.body);
    assert_eq!((&booked.body["booked"], &booked.body["skipped"]), (&json!(20), &json!(0)));
    let date = |at: usize| booked.body["dates"][at]["starts_at"].clone();
    // In between the clocks are put forward.
    assert_eq!((date(0), date(19)), (json!("2026-11-22T10:00:00Z"), json!("2027-04-04T09:00:00Z")));
    let eva = world.join("eva").await;
    assert_eq!(book(&world, &eva, &season, "s").await.summary(), "403 forbidden");
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_is_no_series_is_said() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let with = |field: &str, value: Value| { let mut body = weekly(2); body[field] = value; body };
    let before = world.all().await.len();
    for (case, body, expected) in [
        ("once",           with("times", json!(1)),                "422 invalid #/times out-of-range"),
        ("for ever",       with("times", json!(53)),               "422 invalid #/times out-of-range"),
        ("a negative one", with("times", json!(-1)),               "400 malformed-request #/times malformed"),
        ("every day",      with("every_weeks", json!(0)),          "422 invalid #/every_weeks out-of-range"),
        ("too rarely",     with("every_weeks", json!(5)),          "422 invalid #/every_weeks out-of-range"),
        ("no such court",  with("court", json!("RV77")),           "422 invalid #/court unknown-court"),
        ("off the grid",   with("starts_at", json!("2026-11-22T11:07:00+01:00")), "422 invalid #/starts_at off-grid"),
        ("backwards",      with("ends_at", json!("2026-11-22T10:00:00+01:00")), "422 invalid #/ends_at end-before-start"),
        ("a reason",       with("override_reason", json!("why")),  "400 malformed-request #/override_reason only-with-for"),
        ("something else", with("colour", json!("red")),           "400 malformed-request #/colour unknown-field"),
    ] {
        assert_eq!(book(&world, &eva, &body, case).await.summary(), expected, "{case}");
    }
    assert_eq!(world.send(eva.post(PATH, &weekly(2))).await.summary(), "400 malformed-request Idempotency-Key missing-header");
    assert_eq!(world.all().await.len(), before, "nothing happened");
}
