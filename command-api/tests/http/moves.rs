//! Moving a booking: within its day, to another court and day, at the same time as others, and cut off anywhere.
use domain::bookings::{BookingCommand, BookingState, CourtDay, Held, HoldMoved, Place};
use domain::courts::CourtState;
use domain::ids::BookingId;
use domain::users::Role;
use domain::venues::VenueState;
use event_store::Metadata;
use jiff::SignedDuration;
use runtime::ids::{self, NAMESPACE};
use serde_json::{Value, json};

use crate::faulty::{self, Lost};
use crate::leases;
use crate::world::{Person, Reply, With, World, place};

const SUNDAY: &str = "courtday-RV01-2026-11-22";
const MONDAY: &str = "courtday-RV02-2026-11-23";

/// Riverside with a second court, and somebody to play there.
async fn riverside(world: &World) -> Person {
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let ada = world.log_in(eva.user, "ada").await;
    let court = json!({
        "code": "RV02", "venue": "riverside", "name": "Court 2", "kind": "tennis", "surface": "clay",
        "indoor": false, "prices": { "currency": "EUR", "off_peak_per_hour_minor": 2500, "peak_per_hour_minor": 2500 },
    });
    assert_eq!(world.send(ada.post("/v1/courts", &court)).await.summary(), "201");
    eva
}

/// Books court RV01 tomorrow, and returns the booking's id.
async fn book(world: &World, who: &Person, start: &str, end: &str) -> String {
    let held = world.send(who.hold(start, end, &ids::new().to_string())).await;
    let id = held.text("id");
    let confirm = format!("/v1/bookings/{id}/confirm");
    assert_eq!(world.send(who.post(&confirm, &Value::Null)).await.summary(), "200");
    id
}

/// Court RV02 on Monday, for an hour.
fn monday(hour: u8) -> Value {
    let at = |hour| format!("2026-11-23T{hour:02}:00:00+01:00");
    json!({ "court": "RV02", "starts_at": at(hour), "ends_at": at(hour + 1) })
}

async fn go(world: &World, who: &Person, id: &str, to: &Value, key: &str) -> Reply {
    world.send(who.post(&format!("/v1/bookings/{id}/move"), to).key(key)).await
}

async fn change(world: &World, who: &Person, id: &str, what: &str) -> Reply {
    world.send(who.post(&format!("/v1/bookings/{id}/{what}"), &Value::Null)).await
}

async fn state(world: &World, id: &BookingId) -> BookingState {
    let day = world.platform.executor.load::<CourtDay>(&id.stream()).await.unwrap().state;
    day.bookings[id].state.clone()
}

/// What is live on both days, by id.
async fn live(world: &World) -> Vec<String> {
    let mut live = vec![];
    for stream in [SUNDAY, MONDAY] {
        let day = world.platform.executor.load::<CourtDay>(stream).await.unwrap().state;
        let now = world.platform.clock.now();
        live.extend(day.bookings.iter().filter(|it| it.1.is_live(now)).map(|it| it.0.to_string()));
    }
    live
}

/// The ends of a move that nobody came back for, as the scheduler does it a minute later.
async fn a_minute_later(world: &World, from: &BookingId) {
    let monday = world.platform.executor.load::<CourtDay>(MONDAY).await.unwrap().state;
    let waiting = monday.bookings.values().filter(|it| it.is_moving_here());
    for to in waiting.map(|it| it.held.booking.clone()) {
        let (booking, abandoned) = (from.clone(), to.clone());
        let abandon = BookingCommand::AbandonMove { booking, to: abandoned };
        let end = if run(world, from, abandon).await.is_ok() {
            BookingCommand::ReleaseMoved { booking: to.clone() }
        } else {
            let old = world.platform.executor.load::<CourtDay>(SUNDAY).await.unwrap().state;
            old.bookings[from].arrive(to.clone())
        };
        run(world, &to, end).await.unwrap();
    }
}

async fn run(world: &World, booking: &BookingId, command: BookingCommand) -> Result<(), ()> {
    let meta = Metadata::new(ids::new(), world.platform.clock.now());
    let done = world.platform.executor.execute::<CourtDay>(&booking.stream(), command, &meta).await;
    done.map(|_| ()).map_err(|_| ())
}

#[tokio::test]
async fn a_booking_moves_within_its_day_and_then_to_another_court_and_day() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let first = book(&world, &eva, "11:00", "12:00").await;

    // Half of it is its own place.
    let moved = go(&world, &eva, &first, &place("RV01", "11:30", "12:30"), "m1").await;
    assert_eq!(moved.summary(), "200");
    let second = moved.text("id");
    assert_ne!(first, second);
    assert_eq!(moved.header("location"), Some(format!("/v1/bookings/{second}").as_str()));
    assert_eq!((moved.text("reference"), moved.text("state")), (first.clone(), "confirmed".into()));
    let names = world.names(SUNDAY).await;
    assert_eq!(names[2..], ["booking.moved.v1", "booking.held.v2", "booking.confirmed.v1"]);

    let moved = go(&world, &eva, &second, &monday(9), "m2").await;
    assert_eq!(moved.summary(), "200");
    let third = moved.text("id");
    assert!(third.starts_with("2026-11-23-RV02-"), "{third}");
    assert_eq!((moved.text("reference"), moved.text("state")), (first.clone(), "confirmed".into()));
    assert_eq!(moved.body["price"], json!({ "amount_minor": 2500, "currency": "EUR" }), "there");
    assert_eq!(moved.body["expires_at"], Value::Null);
    assert_eq!(world.names(MONDAY).await, ["booking.held.v2", "booking.confirmed.v1"]);
    assert_eq!(live(&world).await, std::slice::from_ref(&third));

    for (old, new) in [(&first, &second), (&second, &third)] {
        for what in ["confirm", "release", "cancel", "check-in"] {
            let reply = change(&world, &eva, old, what).await;
            assert_eq!(reply.summary(), "409 booking-moved", "{what}");
            assert!(
                reply.text("detail").contains(new.as_str()),
                "{what} says where: {}",
                reply.body
            );
        }
    }
    assert_eq!(go(&world, &eva, &first, &monday(12), "m3").await.summary(), "409 booking-moved");
    assert_eq!(change(&world, &eva, &third, "cancel").await.text("state"), "cancelled");
}

#[tokio::test]
async fn a_move_repeated_with_its_key_is_the_same_move() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let first = book(&world, &eva, "11:00", "12:00").await;
    let moved = go(&world, &eva, &first, &monday(9), "m1").await;
    let written = async || (world.names(SUNDAY).await.len(), world.names(MONDAY).await.len());
    let before = written().await;
    let again = go(&world, &eva, &first, &monday(9), "m1").await;
    assert_eq!((again.summary(), again.text("id")), ("200".into(), moved.text("id")));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(
        go(&world, &eva, &first, &monday(10), "m1").await.summary(),
        "422 idempotency-key-reused Idempotency-Key reused"
    );
    // Where the booking went on to is not this command's affair.
    let third = go(&world, &eva, &moved.text("id"), &monday(15), "m2").await;
    assert_eq!(third.summary(), "200");
    let again = go(&world, &eva, &first, &monday(9), "m1").await;
    assert_eq!((again.text("state"), again.text("moved_to")), ("moved".into(), third.text("id")));
    let after = (before.0, before.1 + 3);
    assert_eq!(written().await, after, "only the other move was written");
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_cannot_move_or_not_there_stays_where_it_is() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let ida = world.join("ida").await;
    let ada = world.log_in(eva.user, "ada").await;
    let lakeside = json!({ "id": "lakeside", "name": "Lakeside", "zone": "Europe/Berlin" });
    assert_eq!(world.send(ada.post("/v1/venues", &lakeside)).await.summary(), "201");
    let court = json!({ "code": "AK01", "venue": "lakeside", "name": "1", "kind": "tennis", "surface": "clay", "indoor": false });
    assert_eq!(world.send(ada.post("/v1/courts", &court)).await.summary(), "201");
    let id = book(&world, &eva, "11:00", "12:00").await;
    let taken = book(&world, &ida, "15:00", "16:00").await;
    let held = world.send(eva.hold("18:00", "19:00", "only-held")).await.text("id");
    let there = go(&world, &ida, &taken, &monday(15), "taken").await;
    assert_eq!(there.summary(), "200");
    let with = |field: &str, value: Value| {
        let mut body = monday(9);
        body[field] = value;
        body
    };
    let next_month = json!({ "court": "RV02", "starts_at": "2026-12-21T09:00:00+01:00", "ends_at": "2026-12-21T10:00:00+01:00" });
    let mut overridden = next_month.clone();
    overridden["override_reason"] = json!("a tournament");
    let before = world.all().await.len();
    let rows = [
        ("somebody else's",      &ida, &id,   monday(9),                                "404 not-found"),
        ("only held",            &eva, &held, monday(9),                                "409 only-held"),
        ("only held, same day",  &eva, &held, place("RV01", "20:00", "21:00"),          "409 only-held"),
        ("another's place",      &eva, &id,   monday(15),                               "409 slot-taken"),
        ("part of another's",    &eva, &id,   place("RV01", "17:30", "18:30"),          "409 slot-taken"),
        ("no such court",        &eva, &id,   with("court", json!("ZZZZ")),             "422 invalid #/court unknown-court"),
        ("another venue",        &eva, &id,   with("court", json!("AK01")),             "422 invalid #/court another-venue"),
        ("outside the hours",    &eva, &id,   monday(5),                                "422 invalid #/starts_at outside-hours"),
        ("over the end",         &eva, &id,   place("RV02", "22:30", "23:30"),          "422 invalid #/ends_at outside-hours"),
        ("off the grid",         &eva, &id,   with("ends_at", json!("2026-11-23T10:10:00+01:00")), "422 invalid #/ends_at off-grid"),
        ("yesterday",            &eva, &id,   json!({ "court": "RV02", "starts_at": "2026-11-20T09:00:00+01:00", "ends_at": "2026-11-20T10:00:00+01:00" }), "422 invalid #/starts_at in-the-past"),
        ("too far ahead",        &eva, &id,   next_month.clone(),                       "422 invalid #/starts_at too-far-ahead"),
        ("a player overrides",   &eva, &id,   overridden.clone(),                       "403 forbidden"),
        ("no reason",            &ada, &id,   with("override_reason", json!(" ")),      "422 invalid #/override_reason too-short"),
        ("a long reason",        &ada, &id,   with("override_reason", json!("x".repeat(501))), "422 invalid #/override_reason too-long"),
        ("an unknown field",     &eva, &id,   with("venue", json!("riverside")),        "400 malformed-request #/venue unknown-field"),
        ("a missing one",        &eva, &id,   json!({ "court": "RV02" }),               "400 malformed-request #/starts_at missing-field"),
    ];
    for (case, who, id, body, expected) in rows {
        let reply = world.send(who.post(&format!("/v1/bookings/{id}/move"), &body)).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.all().await.len(), before, "nothing was written");
    // The desk moves anybody's, with a reason as far as it likes.
    let reply = world.send(ada.post(&format!("/v1/bookings/{id}/move"), &overridden)).await;
    assert_eq!((reply.summary(), reply.body["player"].clone()), ("200".into(), json!(eva.user.0)));
    // A player's own word is no word of the desk's, also where there is no key to go by.
    world.later(SignedDuration::from_hours(26));
    let eva = Person { token: world.log_in(eva.user, "eva").await.token, ..eva };
    let late = world.send(eva.hold("20:00", "21:00", "late")).await.text("id");
    assert_eq!(change(&world, &eva, &late, "confirm").await.summary(), "200");
    world.later(SignedDuration::from_hours(34));
    let eva = Person { token: world.log_in(eva.user, "eva").await.token, ..eva };
    assert_eq!(go(&world, &eva, &late, &monday(9), "begun").await.summary(), "409 already-begun");
}

/// Where an answer can be lost: in which stream's append, and whether the step before it has to be taken first.
const CUTS: [(&str, Lost, &str); 6] = [
    ("the hold does not arrive", Lost::Request, MONDAY),
    ("the hold is not answered", Lost::Answer, MONDAY),
    ("the commit does not arrive", Lost::Request, SUNDAY),
    ("the commit is not answered", Lost::Answer, SUNDAY),
    ("the confirmation does not arrive", Lost::Request, MONDAY),
    ("the confirmation is not answered", Lost::Answer, MONDAY),
];

/// A world in which a move was cut off at this point.
async fn cut_off(n: usize) -> (World, Person, String) {
    let store = faulty::store();
    let world = World::on(store.clone(), &[]).await;
    let eva = riverside(&world).await;
    let id = book(&world, &eva, "11:00", "12:00").await;
    if n >= 4 {
        store.lose(Lost::Answer, SUNDAY);
        assert_eq!(go(&world, &eva, &id, &monday(9), "m").await.summary(), "503 outcome-unknown");
    }
    let (case, lost, stream) = CUTS[n];
    store.lose(lost, stream);
    let reply = go(&world, &eva, &id, &monday(9), "m").await;
    assert_eq!(reply.summary(), "503 outcome-unknown", "{case}");
    store.mend();
    (world, eva, id)
}

#[tokio::test]
async fn wherever_an_answer_is_lost_a_repetition_finishes_the_move() {
    for (n, (case, ..)) in CUTS.into_iter().enumerate() {
        let (world, eva, id) = cut_off(n).await;
        let moved = go(&world, &eva, &id, &monday(9), "m").await;
        assert_eq!(
            (moved.summary(), moved.text("state")),
            ("200".into(), "confirmed".into()),
            "{case}"
        );
        assert_eq!(live(&world).await, [moved.text("id")], "{case}");
        let names = world.names(MONDAY).await;
        assert_eq!(names, ["booking.held.v2", "booking.confirmed.v1"], "{case}");
        let names = world.names(SUNDAY).await;
        assert_eq!(names[2..], ["booking.moved.v1"], "{case}");
        leases::tell_all(&world.platform.executor, world.platform.clock.now()).await;
        leases::count_what_is_had(&world.platform.executor, &eva, world.platform.clock.now()).await;
    }
}

#[tokio::test]
async fn wherever_nobody_comes_back_one_booking_is_left_and_a_late_repetition_says_where() {
    for (n, (case, ..)) in CUTS.into_iter().enumerate() {
        let (world, eva, id) = cut_off(n).await;
        let from: BookingId = id.parse().unwrap();
        a_minute_later(&world, &from).await;
        a_minute_later(&world, &from).await;
        let has_moved = matches!(state(&world, &from).await, BookingState::Moved { .. });
        assert_eq!(has_moved, n >= 3, "{case}: the commit decides");
        let only = live(&world).await;
        assert_eq!(only.len(), 1, "{case}: {only:?}");

        leases::tell_all(&world.platform.executor, world.platform.clock.now()).await;
        leases::count_what_is_had(&world.platform.executor, &eva, world.platform.clock.now()).await;

        let late = go(&world, &eva, &id, &monday(9), "m").await;
        // Of the first, nobody ever heard.
        let expected = if n == 0 || has_moved { "200" } else { "409 move-abandoned" };
        assert_eq!(late.summary(), expected, "{case}");
        if has_moved {
            assert_eq!(only, [late.text("id")], "{case}");
        } else if n > 0 {
            assert_eq!(only, std::slice::from_ref(&id), "{case}");
            let again = go(&world, &eva, &id, &monday(9), "another").await;
            assert_eq!(again.summary(), "200", "{case}: the place is free for a new move");
        }
        assert_eq!(live(&world).await.len(), 1, "{case}");
    }
}

#[tokio::test]
async fn a_move_that_its_old_day_refuses_gives_the_new_place_back() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let id = book(&world, &eva, "11:00", "12:00").await;
    let from: BookingId = id.parse().unwrap();
    let to = first_step(&world, &eva, &from, "m").await;
    assert_eq!(change(&world, &eva, &id, "cancel").await.summary(), "200");
    let refused = go(&world, &eva, &id, &monday(9), "m").await;
    assert_eq!(refused.summary(), "409 already-cancelled");
    assert_eq!(state(&world, &to).await, BookingState::Released);
    // Reinstated, it does not set off again by itself: that move is over for good.
    let ada = world.log_in(eva.user, "ada").await;
    let back = json!({ "reason": "a misunderstanding" });
    let back = world.send(ada.post(&format!("/v1/bookings/{id}/reinstate"), &back)).await;
    assert_eq!(back.text("state"), "confirmed");
    let again = go(&world, &eva, &id, &monday(9), "m").await;
    assert_eq!(again.summary(), "409 move-abandoned");
    assert_eq!(live(&world).await, [id]);
}

/// Takes the first step of a move as the request with this key would, and no other.
async fn first_step(world: &World, who: &Person, from: &BookingId, key: &str) -> BookingId {
    let parts = [&*who.user.to_string(), "POST /v1/bookings/{id}/move", key];
    let command = ids::derive(NAMESPACE, &parts);
    let executor = &world.platform.executor;
    let court = executor.load::<CourtState>("court-RV02").await.unwrap();
    let venue = executor.load::<VenueState>("venue-riverside").await.unwrap();
    let body = monday(9);
    let at = |field: &str| body[field].as_str().unwrap().parse().unwrap();
    let day = executor.load::<CourtDay>(&from.stream()).await.unwrap().state;
    let held: Held = day.bookings[from].held.clone();
    let place = Place {
        booking: BookingId::derive("2026-11-23".parse().unwrap(), "RV02".parse().unwrap(), command),
        starts_at: at("starts_at"),
        ends_at: at("ends_at"),
        at: world.platform.clock.now(),
        venue: venue.state.0.unwrap(),
        venue_revision: 0,
        court: court.state.0.unwrap(),
        court_revision: 0,
    };
    let to = place.booking.clone();
    let hold =
        BookingCommand::HoldMoved(Box::new(HoldMoved { from: held, place, overridden: None }));
    run(world, &to, hold).await.unwrap();
    to
}

#[tokio::test]
async fn a_place_that_a_booking_is_moving_to_is_nobodys_to_change() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let ida = world.join("ida").await;
    let id = book(&world, &eva, "11:00", "12:00").await;
    let to = first_step(&world, &eva, &id.parse().unwrap(), "m").await;
    for what in ["confirm", "release", "cancel", "check-in"] {
        let reply = change(&world, &eva, &to.to_string(), what).await;
        assert_eq!(reply.summary(), "409 move-under-way", "{what}");
    }
    let hold = world.send(ida.post("/v1/bookings", &monday(9)).key("k")).await;
    assert_eq!(hold.summary(), "409 slot-taken");
    let theirs = book(&world, &ida, "14:00", "15:00").await;
    assert_eq!(go(&world, &ida, &theirs, &monday(9), "k").await.summary(), "409 slot-taken");
}

#[tokio::test]
async fn of_two_moves_at_once_one_happens_and_the_others_place_is_free_again() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    for n in 0..5 {
        let id = book(&world, &eva, "11:00", "12:00").await;
        let (here, there) = (monday(9), monday(12));
        let (left, right) = (format!("left{n}"), format!("right{n}"));
        let (left, right) = tokio::join!(
            go(&world, &eva, &id, &here, &left),
            go(&world, &eva, &id, &there, &right)
        );
        let mut answers = [left.summary(), right.summary()];
        answers.sort();
        assert_eq!(answers, ["200", "409 booking-moved"]);
        let won = if left.status == 200 { left } else { right };
        assert_eq!(live(&world).await, [won.text("id")]);
        assert_eq!(change(&world, &eva, &won.text("id"), "cancel").await.summary(), "200");
    }
}

#[tokio::test]
async fn of_a_move_and_a_cancellation_at_once_one_happens() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    for n in 0..5 {
        let id = book(&world, &eva, "11:00", "12:00").await;
        let (there, key) = (monday(9), format!("m{n}"));
        let (moved, cancelled) =
            tokio::join!(go(&world, &eva, &id, &there, &key), change(&world, &eva, &id, "cancel"));
        match (moved.summary().as_str(), cancelled.summary().as_str()) {
            ("200", "409 booking-moved") => {
                assert_eq!(live(&world).await, [moved.text("id")]);
                change(&world, &eva, &moved.text("id"), "cancel").await;
            }
            ("409 already-cancelled", "200") => assert_eq!(live(&world).await, [""; 0]),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn of_two_who_move_to_one_place_one_gets_it_and_the_other_keeps_what_they_have() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let ida = world.join("ida").await;
    let hers = book(&world, &eva, "11:00", "12:00").await;
    let theirs = book(&world, &ida, "14:00", "15:00").await;
    let there = monday(9);
    let (first, second) =
        tokio::join!(go(&world, &eva, &hers, &there, "m"), go(&world, &ida, &theirs, &there, "m"));
    let mut answers = [first.summary(), second.summary()];
    answers.sort();
    assert_eq!(answers, ["200", "409 slot-taken"]);
    assert_eq!(live(&world).await.len(), 2);
}

#[tokio::test]
async fn the_desk_moves_for_its_venue_and_no_other() {
    let world = World::new().await;
    let eva = riverside(&world).await;
    let here = world.join_as("stefan", Role::Staff, &["riverside"]).await;
    let elsewhere = world.join_as("silke", Role::Staff, &["lakeside"]).await;
    let id = book(&world, &eva, "11:00", "12:00").await;
    assert_eq!(go(&world, &elsewhere, &id, &monday(9), "m").await.summary(), "404 not-found");
    let moved = go(&world, &here, &id, &monday(9), "m").await;
    assert_eq!((moved.summary(), moved.body["player"].clone()), ("200".into(), json!(eva.user.0)));
    let actor = world.all().await.pop().unwrap().meta.actor;
    assert_eq!(actor, Some(format!("user:{}", here.user)));
}
