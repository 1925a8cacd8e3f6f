//! Who plays along in somebody else's booking: by a link, by nobody else's word, and wherever it moves.
use domain::bookings::CourtDay;
use domain::ids::{BookingId, UserId};
use domain::participants::{Participants, ParticipantsCommand, Standing};
use domain::users::Role;
use event_store::Metadata;
use jiff::SignedDuration;
use runtime::ids;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Person, Reply, With, World, place};

const JOINED: &str = "participants.joined.v1";
const LEFT: &str = "participants.left.v1";
const INVITED: &str = "participants.invited.v1";
const OVER: &str = "422 invitation-over #/token invitation-over";

/// Riverside, somebody with a confirmed booking there, and its id.
async fn booked(world: &World) -> (Person, String) {
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let id = world.send(eva.hold("11:00", "12:00", "k")).await.text("id");
    assert_eq!(change(world, &eva, &id, "confirm").await.summary(), "200");
    (eva, id)
}

async fn change(world: &World, who: &Person, id: &str, what: &str) -> Reply {
    world.send(who.post(&format!("/v1/bookings/{id}/{what}"), &Value::Null)).await
}

async fn invite(world: &World, who: &Person, id: &str) -> Reply {
    change(world, who, id, "invitation").await
}

async fn join(world: &World, who: &Person, token: &str) -> Reply {
    world.send(who.post("/v1/participations", &json!({ "token": token }))).await
}

async fn leave(world: &World, who: &Person, id: &str, user: &str) -> Reply {
    world.send(who.delete(&format!("/v1/bookings/{id}/participants/{user}"))).await
}

fn list(id: &str) -> String {
    format!("participants-{id}")
}

#[tokio::test]
async fn who_has_the_newest_link_joins_once_and_the_log_cannot_be_followed() {
    let world = World::new().await;
    let (eva, id) = booked(&world).await;
    let ida = world.join("ida").await;
    let first = invite(&world, &eva, &id).await;
    assert_eq!(first.summary(), "201");
    let second = invite(&world, &eva, &id).await;
    let (old, token) = (first.text("token"), second.text("token"));
    assert_ne!(old, token);
    assert_eq!(second.text("url"), format!("https://courtside.example/#/join/{token}"));
    assert!(second.header("courtside-position").is_some());

    let over = join(&world, &ida, &old).await;
    assert_eq!(over.summary(), OVER);
    for text in ["", "x", &"A".repeat(80), &token[1..], &format!("{token}A"), "ü"] {
        let reply = join(&world, &ida, text).await;
        assert_eq!((reply.summary().as_str(), &reply.body["detail"]), (OVER, &over.body["detail"]));
    }

    let joined = join(&world, &ida, &token).await;
    assert_eq!(joined.summary(), "201");
    assert_eq!((joined.text("booking"), joined.text("reference")), (id.clone(), id.clone()));
    assert_eq!(joined.header("location"), Some(format!("/v1/bookings/{id}").as_str()));
    for _ in 0..2 {
        let body = json!({ "token": token });
        let again = ida.post("/v1/participations", &body).key("j");
        assert_eq!(world.send(again).await.summary(), "201", "twice is once");
    }
    assert_eq!(join(&world, &eva, &token).await.summary(), "201", "who has booked plays anyway");
    let events = world.events(&list(&id)).await;
    let names: Vec<&str> = events.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(names, [INVITED, INVITED, JOINED]);
    assert_eq!(events[2].1, json!({ "user": ida.user.0 }));
    let log = json!(events.iter().map(|it| &it.1).collect::<Vec<_>>()).to_string();
    assert_eq!(
        log,
        format!(r#"[{{"generation":1}},{{"generation":2}},{{"user":"{}"}}]"#, ida.user)
    );
}

#[tokio::test]
async fn only_the_booker_and_the_desk_of_the_venue_invite() {
    let world = World::new().await;
    let (eva, id) = booked(&world).await;
    let ida = world.join("ida").await;
    let here = world.join_as("sam", Role::Staff, &["riverside"]).await;
    let elsewhere = world.join_as("kim", Role::Staff, &["harbour"]).await;
    for stranger in [&ida, &elsewhere] {
        assert_eq!(invite(&world, stranger, &id).await.summary(), "404 not-found");
    }
    let token = invite(&world, &here, &id).await.text("token");
    assert_eq!(join(&world, &ida, &token).await.summary(), "201", "by the desk's link");
    assert_eq!(invite(&world, &ida, &id).await.summary(), "404 not-found", "who plays along");
    for what in ["cancel", "check-in", "release"] {
        let reply = change(&world, &ida, &id, what).await;
        assert_eq!(reply.summary(), "404 not-found", "{what}");
    }
    let unknown = invite(&world, &eva, "2026-11-22-RV01-00000000").await;
    assert_eq!(unknown.summary(), "404 not-found");
    let bodies = [
        (json!({}), "400 malformed-request #/token missing-field"),
        (json!({ "token": 7 }), "400 malformed-request #/token wrong-type"),
        (json!({ "token": "x", "as": "eva" }), "400 malformed-request #/as unknown-field"),
    ];
    for (body, expected) in bodies {
        let reply = world.send(ida.post("/v1/participations", &body)).await;
        assert_eq!(reply.summary(), expected);
    }
}

#[tokio::test]
async fn who_plays_along_leaves_and_the_booker_and_the_desk_take_off() {
    let world = World::new().await;
    let (eva, id) = booked(&world).await;
    let (ida, zoe) = (world.join("ida").await, world.join("zoe").await);
    let here = world.join_as("sam", Role::Staff, &["riverside"]).await;
    let token = invite(&world, &eva, &id).await.text("token");
    assert_eq!(join(&world, &ida, &token).await.summary(), "201");
    let (idas, zoes) = (ida.user.to_string(), zoe.user.to_string());

    for (who, user) in
        [(&zoe, "me"), (&zoe, zoes.as_str()), (&zoe, idas.as_str()), (&ida, zoes.as_str())]
    {
        assert_eq!(leave(&world, who, &id, user).await.summary(), "404 not-found", "{user}");
    }
    let malformed = leave(&world, &ida, &id, "ida").await;
    assert_eq!(malformed.summary(), "400 malformed-request user malformed");
    let unknown = leave(&world, &ida, "2026-11-22-RV01-00000000", "me").await;
    assert_eq!(unknown.summary(), "404 not-found");
    assert_eq!(leave(&world, &eva, &id, &zoes).await.summary(), "204", "who never was on it");
    assert_eq!(leave(&world, &eva, &id, "me").await.summary(), "204", "nor was the booker");
    assert_eq!(world.names(&list(&id)).await, [INVITED, JOINED]);

    for _ in 0..2 {
        let left = leave(&world, &ida, &id, "me").await;
        assert_eq!(left.summary(), "204", "twice is once");
        assert!(left.header("courtside-position").is_some());
    }
    assert_eq!(join(&world, &ida, &token).await.summary(), "201", "back, of one's own accord");
    assert_eq!(leave(&world, &eva, &id, &idas).await.summary(), "204");
    assert_eq!(join(&world, &ida, &token).await.summary(), OVER, "not by that link any more");
    assert_eq!(join(&world, &zoe, &token).await.summary(), "201", "which is good for others");
    let token = invite(&world, &eva, &id).await.text("token");
    assert_eq!(join(&world, &ida, &token).await.summary(), "201", "by another");
    assert_eq!(leave(&world, &here, &id, &idas).await.summary(), "204");
    let events = world.events(&list(&id)).await;
    let by: Vec<&Value> = events.iter().filter(|it| it.0 == LEFT).map(|it| &it.1["by"]).collect();
    assert_eq!(by, ["own", "booker", "desk"]);
}

#[tokio::test]
async fn a_repetition_does_not_bring_back_who_has_left() {
    let world = World::new().await;
    let (eva, id) = booked(&world).await;
    let ida = world.join("ida").await;
    let token = invite(&world, &eva, &id).await.text("token");
    let join = || ida.post("/v1/participations", &json!({ "token": token })).key("once");
    assert_eq!(world.send(join()).await.summary(), "201");
    assert_eq!(leave(&world, &ida, &id, "me").await.summary(), "204");
    assert_eq!(world.send(join()).await.summary(), "201");
    sqlx::raw_sql("TRUNCATE idempotency").execute(&world.edge.pool).await.unwrap();
    assert_eq!(world.send(join()).await.summary(), "201");
    assert_eq!(world.names(&list(&id)).await, [INVITED, JOINED, LEFT]);
}

#[tokio::test]
async fn seven_play_along_and_no_more() {
    let world = World::new().await;
    let (eva, id) = booked(&world).await;
    let ida = world.join("ida").await;
    let token = invite(&world, &eva, &id).await.text("token");
    let booking: BookingId = id.parse().unwrap();
    let day = world.platform.executor.load::<CourtDay>(&booking.stream()).await.unwrap().state;
    let now = world.platform.clock.now();
    let standing = Standing::of(&day.bookings[&booking], now);
    for n in 1..=7 {
        let user = UserId(Uuid::from_u128(n));
        let join = ParticipantsCommand::Join { user, generation: 1, booking: standing.clone() };
        let meta = Metadata::new(ids::new(), now);
        world.platform.executor.execute::<Participants>(&list(&id), join, &meta).await.unwrap();
    }
    let full = join(&world, &ida, &token).await;
    assert_eq!(full.summary(), "409 participants-full");
    assert!(full.header("courtside-position").is_some());
    let one = Uuid::from_u128(3).to_string();
    assert_eq!(leave(&world, &eva, &id, &one).await.summary(), "204");
    assert_eq!(join(&world, &ida, &token).await.summary(), "201");
}

#[tokio::test]
async fn a_link_leads_to_where_the_booking_has_moved_and_to_nothing_that_is_over() {
    let world = World::new().await;
    let (eva, first) = booked(&world).await;
    let (ida, zoe) = (world.join("ida").await, world.join("zoe").await);
    let token = invite(&world, &eva, &first).await.text("token");
    let mut id = first.clone();
    for (n, start, end) in [(1, "12:00", "13:00"), (2, "13:00", "14:00")] {
        let to = place("RV01", start, end);
        let moved = eva.post(&format!("/v1/bookings/{id}/move"), &to).key(&format!("m{n}"));
        id = world.send(moved).await.text("id");
    }
    let joined = join(&world, &ida, &token).await;
    assert_eq!((joined.text("booking"), joined.text("reference")), (id.clone(), first.clone()));
    assert_eq!(invite(&world, &eva, &first).await.summary(), "409 booking-moved");
    let token = invite(&world, &eva, &id).await.text("token");
    assert_eq!(leave(&world, &ida, &first, "me").await.summary(), "204", "by whichever id");
    assert_eq!(world.names(&list(&first)).await, [INVITED, JOINED, INVITED, LEFT]);
    assert_eq!(world.names(&list(&id)).await, [""; 0], "one list, wherever it is");

    let held = world.send(eva.hold("15:00", "16:00", "h")).await.text("id");
    let on_hold = invite(&world, &eva, &held).await.text("token");
    assert_eq!(join(&world, &zoe, &on_hold).await.summary(), "201", "a hold is to be played too");
    assert_eq!(change(&world, &eva, &held, "release").await.summary(), "200");
    assert_eq!(join(&world, &ida, &on_hold).await.summary(), "409 already-released");
    assert_eq!(invite(&world, &eva, &held).await.summary(), "409 already-released");
    assert_eq!(leave(&world, &zoe, &held, "me").await.summary(), "204");

    world.later(SignedDuration::from_hours(30));
    let (eva, ida) = (world.log_in(eva.user, "eva").await, world.log_in(ida.user, "ida").await);
    assert_eq!(join(&world, &ida, &token).await.summary(), "409 already-over");
    assert_eq!(invite(&world, &eva, &id).await.summary(), "409 already-over");
}

#[tokio::test]
async fn a_cancelled_booking_asks_nobody_until_it_is_reinstated() {
    let world = World::new().await;
    let (eva, id) = booked(&world).await;
    let ida = world.join("ida").await;
    let here = world.join_as("sam", Role::Staff, &["riverside"]).await;
    let token = invite(&world, &eva, &id).await.text("token");
    assert_eq!(change(&world, &eva, &id, "cancel").await.summary(), "200");
    assert_eq!(join(&world, &ida, &token).await.summary(), "409 already-cancelled");
    assert_eq!(invite(&world, &eva, &id).await.summary(), "409 already-cancelled");
    let because = json!({ "reason": "it was not meant" });
    let back = here.post(&format!("/v1/bookings/{id}/reinstate"), &because);
    assert_eq!(world.send(back).await.summary(), "200");
    assert_eq!(join(&world, &ida, &token).await.summary(), "201");
}
