//! Who finds no free court waits for one.
use domain::users::Role;
use serde_json::{Value, json};

use crate::world::{Person, Reply, With, World};

fn at(time: &str) -> String {
    format!("2026-11-22T{time}:00+01:00")
}

fn wish(from: &str, to: &str) -> Value {
    json!({ "venue": "riverside", "from": at(from), "to": at(to), "minutes": 60 })
}

async fn join(world: &World, me: &Person, key: &str, wish: &Value) -> Reply {
    world.send(me.post("/v1/waitlist", wish).key(key)).await
}

async fn leave(world: &World, me: &Person, id: &str) -> Reply {
    world.send(me.delete(&format!("/v1/waitlist/{id}"))).await
}

/// Riverside, and two who would play there.
async fn people(world: &World) -> (Person, Person) {
    world.open_riverside().await;
    (world.join("eva").await, world.join("ida").await)
}

const LIST: &str = "waitlist-riverside-2026-11-22";

#[tokio::test]
async fn who_joins_waits_once_under_one_key_until_they_leave() {
    let world = World::new().await;
    let (eva, ida) = people(&world).await;
    let body = wish("18:00", "20:00");
    let keyless = world.send(eva.post("/v1/waitlist", &body)).await;
    assert_eq!(keyless.summary(), "400 malformed-request Idempotency-Key missing-header");
    let joined = join(&world, &eva, "k", &body).await;
    assert_eq!(joined.status, 201, "{}", joined.body);
    assert!(joined.header("courtside-position").is_some());
    let id = joined.text("id");
    assert!(id.starts_with("2026-11-22-riverside-"), "{id}");
    assert_eq!(
        (joined.text("venue"), joined.text("date")),
        ("riverside".into(), "2026-11-22".into())
    );
    assert_eq!(join(&world, &eva, "k", &body).await.text("id"), id);
    // The edge database forgot it: the stream has not.
    sqlx::raw_sql("TRUNCATE idempotency").execute(&world.edge.pool).await.unwrap();
    assert_eq!(join(&world, &eva, "k", &body).await.text("id"), id);
    let other = join(&world, &eva, "k", &wish("18:00", "21:00")).await;
    assert_eq!(other.summary(), "422 idempotency-key-reused Idempotency-Key reused");
    assert_eq!(join(&world, &eva, "again", &body).await.summary(), "409 already-waiting");
    assert_eq!(world.names(LIST).await, ["waitlist.joined.v1"]);

    assert_eq!(leave(&world, &ida, &id).await.summary(), "404 not-found", "somebody else's");
    let nobody = leave(&world, &ida, "2026-11-22-riverside-22222222").await;
    assert_eq!(nobody.summary(), "404 not-found");
    let malformed = leave(&world, &ida, "riverside").await;
    assert_eq!(malformed.summary(), "400 malformed-request id malformed");
    let left = leave(&world, &eva, &id).await;
    assert_eq!(left.summary(), "204");
    assert!(left.header("courtside-position").is_some());
    assert_eq!(leave(&world, &eva, &id).await.summary(), "204", "twice is once");
    assert_eq!(world.names(LIST).await, ["waitlist.joined.v1", "waitlist.left.v1"]);
    assert_eq!(join(&world, &eva, "k", &body).await.text("id"), id, "an old key joins nobody anew");
    assert_eq!(world.names(LIST).await.len(), 2);
}

#[tokio::test]
async fn what_nobody_could_be_offered_is_refused_with_its_place() {
    let world = World::new().await;
    let (eva, _) = people(&world).await;
    let ada = world.join_as("abe", Role::Admin, &[]).await;
    let elsewhere = json!({ "id": "harbour", "name": "Harbour", "zone": "Europe/Berlin" });
    assert_eq!(world.send(ada.post("/v1/venues", &elsewhere)).await.summary(), "201");
    world.add_court(&ada, "HB01", "harbour").await;
    world.add_court(&ada, "RV02", "riverside").await;
    let retire = json!({ "from": "2026-11-22" });
    let retire = ada.post("/v1/courts/RV02/retire", &retire).header("if-match", "*");
    assert_eq!(world.send(retire).await.status, 204);
    let with = |field: &str, value: Value| {
        let mut body = wish("18:00", "20:00");
        body[field] = value;
        body
    };
    let between = |from: &str, to: &str| json!({ "venue": "riverside", "from": from, "to": to, "minutes": 60 });
    #[rustfmt::skip]
    let cases = [
        ("unknown venue",     with("venue", json!("nowhere")),                                    "422 invalid #/venue unknown-venue"),
        ("no venue's name",   with("venue", json!("No Where")),                                   "400 malformed-request #/venue malformed"),
        ("unknown court",     with("court", json!("ZZZZ")),                                       "422 invalid #/court unknown-court"),
        ("another's court",   with("court", json!("HB01")),                                       "422 invalid #/court unknown-court"),
        ("a retired court",   with("court", json!("RV02")),                                       "422 invalid #/court court-retired"),
        ("no name of a kind", with("kind", json!("")),                                            "422 invalid #/kind malformed"),
        ("a long surface",    with("surface", json!("x".repeat(101))),                            "422 invalid #/surface malformed"),
        ("reversed",          wish("20:00", "18:00"),                                             "422 invalid #/to end-before-start"),
        ("of no length",      wish("18:00", "18:00"),                                             "422 invalid #/to end-before-start"),
        ("too short a stay",  with("minutes", json!(30)),                                         "422 invalid #/minutes too-short"),
        ("too long a stay",   with("minutes", json!(u32::MAX)),                                   "422 invalid #/minutes too-long"),
        ("negative",          with("minutes", json!(-60)),                                        "400 malformed-request #/minutes malformed"),
        ("too long for it",   with("minutes", json!(180)),                                        "422 invalid #/minutes nothing-fits"),
        ("off the grid",      wish("18:10", "19:20"),                                             "422 invalid #/minutes nothing-fits"),
        ("at night",          wish("04:00", "05:30"),                                             "422 invalid #/from outside-hours"),
        ("into the next day", between("2026-11-22T22:00:00+01:00", "2026-11-23T05:00:00+01:00"),  "422 invalid #/to outside-day"),
        ("yesterday",         between("2026-11-20T18:00:00+01:00", "2026-11-20T20:00:00+01:00"),  "422 invalid #/to in-the-past"),
        ("an hour ago",       between("2026-11-21T08:00:00+01:00", "2026-11-21T09:00:00+01:00"),  "422 invalid #/to in-the-past"),
        ("the middle ages",   between("1066-10-14T09:00:00+01:00", "1066-10-14T10:00:00+01:00"),  "422 invalid #/to in-the-past"),
        ("beyond the horizon", between("2026-12-22T18:00:00+01:00", "2026-12-22T20:00:00+01:00"), "422 invalid #/from too-far-ahead"),
        ("the end of time",   between("9999-12-30T11:00:00+01:00", "9999-12-30T12:00:00+01:00"),  "422 invalid #/from too-far-ahead"),
        ("no offset",         between("2026-11-22T18:00:00", "2026-11-22T20:00:00+01:00"),        "400 malformed-request #/from malformed"),
        ("what nobody knows", with("colour", json!("red")),                                       "400 malformed-request #/colour unknown-field"),
    ];
    for (n, (case, body, expected)) in cases.into_iter().enumerate() {
        let reply = join(&world, &eva, &format!("{n}"), &body).await;
        assert_eq!(reply.summary(), expected, "{case}");
    }
    let waiting = world.all().await;
    assert!(waiting.iter().all(|it| !it.stream.starts_with("waitlist-")), "nobody waits");
}

#[tokio::test]
async fn nobody_waits_for_everything() {
    let world = World::new().await;
    let (eva, ida) = people(&world).await;
    for (n, from) in ["10:00", "12:00", "14:00"].into_iter().enumerate() {
        let reply = join(&world, &eva, &format!("{n}"), &wish(from, "20:00")).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
    }
    let fourth = join(&world, &eva, "4", &wish("16:00", "20:00")).await;
    assert_eq!(fourth.summary(), "409 waitlist-full");
    assert_eq!(join(&world, &ida, "1", &wish("16:00", "20:00")).await.status, 201);
    let tomorrow = json!({ "venue": "riverside", "from": "2026-11-23T18:00:00+01:00",
        "to": "2026-11-23T20:00:00+01:00", "minutes": 60 });
    assert_eq!(join(&world, &eva, "5", &tomorrow).await.status, 201, "another day");
}
