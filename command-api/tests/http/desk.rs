//! The desk: booking for others, check-in, bringing bookings back, giving everything back.
use domain::bookings::{BookedFor, BookingEvent, CancelCause};
use domain::users::Role;
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::{Value, json};
use vault::Vault;

use crate::world::{KEY, Person, Reply, With, World, place, read_events};

const SUNDAY: &str = "courtday-RV01-2026-11-22";

struct Desk {
    world: World,
    stefan: Person,
    eva: Person,
}

impl Desk {
    async fn open() -> Self {
        let world = World::new().await;
        world.open_riverside().await;
        let stefan = world.join_as("stefan", Role::Staff, &["riverside"]).await;
        let eva = world.join("eva").await;
        Self { world, stefan, eva }
    }

    async fn hold_for(&self, who: &Value, key: &str) -> Reply {
        let mut body = place("RV01", "11:00", "12:00");
        body["for"] = who.clone();
        self.world.send(self.stefan.post("/v1/bookings", &body).key(key)).await
    }

    async fn post(&self, who: &Person, id: &str, what: &str, body: &Value) -> Reply {
        self.world.send(who.post(&format!("/v1/bookings/{id}/{what}"), body)).await
    }

    /// Eva's, tomorrow from eleven to twelve.
    async fn booking(&self) -> String {
        let id = self.world.send(self.eva.hold("11:00", "12:00", "k1")).await.text("id");
        assert_eq!(self.post(&self.eva, &id, "confirm", &Value::Null).await.summary(), "200");
        id
    }

    /// Moves the clock and renews the tokens, which do not last so long.
    async fn later(&mut self, minutes: i64) {
        self.world.later(SignedDuration::from_mins(minutes));
        self.stefan.token = self.world.log_in(self.stefan.user, "stefan").await.token;
        self.eva.token = self.world.log_in(self.eva.user, "eva").await.token;
    }

    async fn events(&self) -> Vec<BookingEvent> {
        read_events(&self.world, SUNDAY).await
    }

    fn vault(&self) -> Vault {
        Vault::new(self.world.vault.pool.clone(), &SecretString::from(KEY)).unwrap()
    }
}

#[tokio::test]
async fn the_desk_books_for_a_guest_whose_data_only_the_vault_can_read() {
    let desk = Desk::open().await;
    let guest = json!({ "guest": {
        "name": "  Dóra Kovács ", "email": "dora@example.org", "phone": "+36301234567", "notes": "brings a\nchild",
    }});
    let held = desk.hold_for(&guest, "g1").await;
    assert_eq!(held.summary(), "201");
    assert_eq!((&held.body["player"], &held.body["expires_at"]), (&Value::Null, &Value::Null));
    let again = desk.hold_for(&guest, "g1").await;
    assert_eq!(again.text("id"), held.text("id"), "sealed anew, it is the same guest");
    let events = desk.events().await;
    let [BookingEvent::Held(held)] = &*events else { panic!("one hold: {events:?}") };
    let BookedFor::Guest { guest, name, email, phone, notes } = &held.booked_for else {
        panic!("{held:?}")
    };
    let vault = desk.vault();
    let subject = guest.stream();
    let open = async |field, sealed| vault.open(&subject, field, sealed).await.unwrap().unwrap();
    assert_eq!(open("name", name).await, "Dóra Kovács");
    assert_eq!(open("email", email.as_ref().unwrap()).await, "dora@example.org");
    assert_eq!(open("phone", phone.as_ref().unwrap()).await, "+36301234567");
    assert_eq!(open("notes", notes.as_ref().unwrap()).await, "brings a\nchild");
    for event in desk.world.all().await {
        assert!(!String::from_utf8_lossy(&event.data).contains("Kov"), "{event:?}");
    }

    let id = held.booking.to_string();
    assert_eq!(desk.post(&desk.eva, &id, "confirm", &Value::Null).await.summary(), "404 not-found");
    let confirmed = desk.post(&desk.stefan, &id, "confirm", &Value::Null).await;
    assert_eq!(confirmed.text("state"), "confirmed");
}

#[tokio::test]
async fn a_guest_whom_nobody_expects_any_more_is_forgotten_when_they_ask() {
    let desk = Desk::open().await;
    let elsewhere = desk.world.join_as("silke", Role::Staff, &["lakeside"]).await;
    let theirs = desk.hold_for(&json!({ "guest": { "name": "Dóra" } }), "g1").await.text("id");
    let path = |id: &str| format!("/v1/bookings/{id}/guest");
    let forget = async |who: &Person, id: &str| desk.world.send(who.delete(&path(id))).await;
    let evas = desk.world.send(desk.eva.hold("13:00", "14:00", "k1")).await.text("id");

    for (case, who, id, expected) in [
        ("a player", &desk.eva, &theirs, "403 forbidden"),
        ("another venue's", &elsewhere, &theirs, "404 not-found"),
        ("nowhere", &desk.stefan, &"2026-11-22-RV01-00000000".to_owned(), "404 not-found"),
        ("no id", &desk.stefan, &"x".to_owned(), "400 malformed-request id malformed"),
        ("a player's", &desk.stefan, &evas, "409 no-guest"),
        ("it lies ahead", &desk.stefan, &theirs, "409 guest-expected"),
    ] {
        assert_eq!(forget(who, id).await.summary(), expected, "{case}");
    }
    let guests = async || {
        let all = desk.world.all().await;
        all.into_iter().filter(|it| it.stream.starts_with("guest-")).collect::<Vec<_>>()
    };
    assert!(guests().await.is_empty(), "nothing happened");

    assert_eq!(desk.post(&desk.stefan, &theirs, "confirm", &Value::Null).await.summary(), "200");
    let moved = desk.post(&desk.stefan, &theirs, "move", &place("RV01", "15:00", "16:00")).await;
    assert_eq!(moved.summary(), "200");
    assert_eq!(forget(&desk.stefan, &theirs).await.summary(), "409 booking-moved");
    let there = moved.text("id");
    let why = json!({ "refund": "full", "reason": "they called" });
    assert_eq!(desk.post(&desk.stefan, &there, "cancel", &why).await.summary(), "200");
    for _ in 0..2 {
        let reply = forget(&desk.stefan, &there).await;
        assert_eq!(
            (reply.summary(), reply.text("status")),
            ("202".to_owned(), "erasing".to_owned())
        );
        assert!(reply.header("courtside-position").is_some());
    }
    let [it] = &*guests().await else { panic!("once") };
    assert_eq!(it.kind, "guest.erasure-requested.v1");
    assert_eq!(serde_json::from_slice::<Value>(&it.data).unwrap(), json!({ "booking": there }));
}

#[tokio::test]
async fn the_desk_books_for_a_player_who_can_then_do_with_it_as_with_their_own() {
    let mut desk = Desk::open().await;
    let player = json!({ "player": desk.eva.user.0 });
    let held = desk.hold_for(&player, "p1").await;
    assert_eq!(held.body["player"], player["player"]);
    // There is no clock that could take it away.
    desk.later(120).await;
    let id = held.text("id");
    assert_eq!(desk.post(&desk.eva, &id, "confirm", &Value::Null).await.summary(), "200");
    assert_eq!(desk.post(&desk.eva, &id, "cancel", &Value::Null).await.summary(), "200");
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_the_desk_cannot_mean_is_named_and_what_others_ask_is_refused() {
    let desk = Desk::open().await;
    let elsewhere = desk.world.join_as("silke", Role::Staff, &["lakeside"]).await;
    let auditor = desk.world.join_as("aude", Role::Auditor, &[]).await;
    let for_guest = |field: &str, value: Value| {
        let mut guest = json!({ "name": "Dóra" });
        guest[field] = value;
        json!({ "guest": guest })
    };
    let (stefan, eva) = (&desk.stefan, &desk.eva);
    let nobody = json!({ "player": "00000000-0000-4000-8000-000000000000" });
    let next_year = |reason: Option<&str>| {
        let mut body = json!({
            "court": "RV01", "starts_at": "2027-11-22T11:00:00+01:00", "ends_at": "2027-11-22T12:00:00+01:00",
            "for": { "player": eva.user.0 },
        });
        if let Some(reason) = reason {
            body["override_reason"] = json!(reason);
        }
        body
    };
    let hold = |who: Value| {
        let mut body = place("RV01", "11:00", "12:00");
        body["for"] = who;
        body
    };
    let mut reason_alone = place("RV01", "11:00", "12:00");
    reason_alone["override_reason"] = json!("for me");
    let all_wrong = json!({ "guest": { "name": "", "email": "dora", "phone": "0301", "notes": "x".repeat(501) } });
    let before = desk.world.all().await.len();
    let rows = [
        ("a player for a guest",   eva,        hold(for_guest("name", json!("Dóra"))),              "403 forbidden"),
        ("a player for a player",  eva,        hold(json!({ "player": eva.user.0 })),               "403 forbidden"),
        ("an auditor",             &auditor,   hold(for_guest("name", json!("Dóra"))),              "403 forbidden"),
        ("another venue's desk",   &elsewhere, hold(for_guest("name", json!("Dóra"))),              "403 forbidden"),
        ("nobody",                 stefan,     hold(json!({})),                                     "400 malformed-request #/for one-of"),
        ("both",                   stefan,     hold(json!({ "player": eva.user.0, "guest": { "name": "D" } })), "400 malformed-request #/for one-of"),
        ("an unknown player",      stefan,     hold(nobody),                                        "422 invalid #/for/player unknown-player"),
        ("no user's id",           stefan,     hold(json!({ "player": "eva" })),                    "400 malformed-request #/for/player malformed"),
        ("a text",                 stefan,     hold(json!("eva")),                                  "400 malformed-request #/for wrong-type"),
        ("an unknown kind",        stefan,     hold(json!({ "team": "A" })),                        "400 malformed-request #/for/team unknown-field"),
        ("an unknown field",       stefan,     hold(for_guest("age", json!(9))),                    "400 malformed-request #/for/guest/age unknown-field"),
        ("a guest without a name", stefan,     hold(json!({ "guest": {} })),                        "400 malformed-request #/for/guest/name missing-field"),
        ("no name",                stefan,     hold(for_guest("name", json!("  "))),                "422 invalid #/for/guest/name too-short"),
        ("a long name",            stefan,     hold(for_guest("name", json!("x".repeat(101)))),     "422 invalid #/for/guest/name too-long"),
        ("a name of two lines",    stefan,     hold(for_guest("name", json!("D\nK"))),              "422 invalid #/for/guest/name control-character"),
        ("no address",             stefan,     hold(for_guest("email", json!("dora"))),             "422 invalid #/for/guest/email malformed"),
        ("no phone number",        stefan,     hold(for_guest("phone", json!("030 1234"))),         "422 invalid #/for/guest/phone malformed"),
        ("long notes",             stefan,     hold(for_guest("notes", json!("x".repeat(501)))),    "422 invalid #/for/guest/notes too-long"),
        ("odd notes",              stefan,     hold(for_guest("notes", json!("\u{7}"))),            "422 invalid #/for/guest/notes control-character"),
        ("all of it",              stefan,     hold(all_wrong),
            "422 invalid #/for/guest/name too-short, #/for/guest/email malformed, #/for/guest/phone malformed, #/for/guest/notes too-long"),
        ("too far ahead",          stefan,     next_year(None),                                     "422 invalid #/starts_at too-far-ahead"),
        ("without a real reason",  stefan,     next_year(Some("\t")),                               "422 invalid #/override_reason too-short"),
        ("a long reason",          stefan,     next_year(Some(&"x".repeat(501))),                   "422 invalid #/override_reason too-long"),
        ("a player's reason",      eva,        reason_alone,                                        "400 malformed-request #/override_reason only-with-for"),
    ];
    for (case, who, body, expected) in rows {
        let reply = desk.world.send(who.post("/v1/bookings", &body).key(&case.replace(' ', "-"))).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
    }
    assert_eq!(desk.world.all().await.len(), before, "nothing was written");
    let overridden = desk.world.send(stefan.post("/v1/bookings", &next_year(Some("a tournament"))).key("k")).await;
    assert_eq!(overridden.summary(), "201");
    let events: Vec<BookingEvent> = read_events(&desk.world, "courtday-RV01-2027-11-22").await;
    let [BookingEvent::Held(held)] = &*events else { panic!("{events:?}") };
    let reason = held.overridden.as_ref().unwrap();
    let opened = desk.vault().open(&stefan.user.stream(), "overridden", reason).await.unwrap();
    assert_eq!(opened.as_deref(), Some("a tournament"));
}

#[tokio::test]
async fn players_and_the_desk_check_in_from_an_hour_before_until_the_end() {
    let mut desk = Desk::open().await;
    let id = desk.booking().await;
    let ida = desk.world.join("ida").await;
    // Of the 25 hours until play, all but the last are too early.
    desk.later(23 * 60).await;
    for who in [&desk.eva, &desk.stefan] {
        let reply = desk.post(who, &id, "check-in", &Value::Null).await;
        assert_eq!(reply.summary(), "409 too-early");
    }
    desk.later(24 * 60 + 1).await;
    let ida = Person { token: desk.world.log_in(ida.user, "ida").await.token, ..ida };
    assert_eq!(desk.post(&ida, &id, "check-in", &Value::Null).await.summary(), "404 not-found");
    let said = desk.post(&desk.eva, &id, "check-in", &json!({ "code": "1" })).await;
    assert_eq!(said.summary(), "400 malformed-request #/code unknown-field");
    for who in [&desk.eva, &desk.stefan] {
        let reply = desk.post(who, &id, "check-in", &Value::Null).await;
        assert_eq!((reply.summary(), reply.text("state")), ("200".into(), "checked_in".into()));
    }
    let names = desk.world.names(SUNDAY).await;
    assert_eq!(names[2..], ["booking.checked-in.v1"], "once");
}

#[tokio::test]
async fn a_repeated_check_in_does_not_check_in_who_was_sent_home_and_is_expected_again() {
    let mut desk = Desk::open().await;
    let id = desk.booking().await;
    desk.later(24 * 60 + 1).await;
    let path = format!("/v1/bookings/{id}/check-in");
    let check_in = async || desk.world.send(desk.eva.post(&path, &Value::Null).key("here")).await;
    assert_eq!(check_in().await.text("state"), "checked_in");
    let full = json!({ "refund": "full", "reason": "rain" });
    assert_eq!(desk.post(&desk.stefan, &id, "cancel", &full).await.summary(), "200");
    let why = json!({ "reason": "the sun is back" });
    assert_eq!(desk.post(&desk.stefan, &id, "reinstate", &why).await.summary(), "200");
    let known = check_in().await;
    assert_eq!(known.header("idempotent-replayed"), Some("true"));
    sqlx::query("DELETE FROM idempotency").execute(&desk.world.edge.pool).await.unwrap();
    for again in [known, check_in().await] {
        assert_eq!((again.summary(), again.text("state")), ("200".into(), "confirmed".into()));
    }
    let came = desk.events().await.into_iter();
    assert_eq!(came.filter(|it| matches!(it, BookingEvent::CheckedIn { .. })).count(), 1);
}

#[tokio::test]
async fn the_desk_brings_a_booking_back_if_its_place_is_still_free() {
    let mut desk = Desk::open().await;
    let id = desk.booking().await;
    let why = json!({ "reason": "cancelled the wrong one" });
    let held = desk.world.send(desk.eva.hold("14:00", "15:00", "k2")).await.text("id");
    assert_eq!(desk.post(&desk.stefan, &held, "reinstate", &why).await.summary(), "409 only-held");
    desk.post(&desk.eva, &id, "cancel", &Value::Null).await;
    assert_eq!(desk.post(&desk.eva, &id, "reinstate", &why).await.summary(), "403 forbidden");
    for (body, expected) in [
        (json!({}), "400 malformed-request #/reason missing-field"),
        (json!({ "reason": "" }), "422 invalid #/reason too-short"),
        (json!({ "reason": "x".repeat(501) }), "422 invalid #/reason too-long"),
    ] {
        let reply = desk.post(&desk.stefan, &id, "reinstate", &body).await;
        assert_eq!(reply.summary(), expected);
    }
    let back = desk.post(&desk.stefan, &id, "reinstate", &why).await;
    assert_eq!((back.summary(), back.text("state")), ("200".into(), "confirmed".into()));
    let events = desk.events().await;
    let reason = events.iter().find_map(|it| match it {
        BookingEvent::Reinstated { reason, .. } => reason.as_ref(),
        _ => None,
    });
    let opened = desk.vault().open(&desk.stefan.user.stream(), "reason", reason.unwrap()).await;
    assert_eq!(opened.unwrap().as_deref(), Some("cancelled the wrong one"));

    // Expired, whether or not that was recorded; and what somebody else has now stays theirs.
    desk.later(20).await;
    let back = desk.post(&desk.stefan, &held, "reinstate", &why).await;
    assert_eq!(back.text("state"), "confirmed");
    desk.post(&desk.eva, &id, "cancel", &Value::Null).await;
    let other = json!({ "guest": { "name": "Dóra" } });
    assert_eq!(desk.hold_for(&other, "g").await.summary(), "201");
    let taken = desk.post(&desk.stefan, &id, "reinstate", &why).await;
    assert_eq!(taken.summary(), "409 slot-taken");
}

#[tokio::test]
async fn the_desk_gives_everything_back_with_a_reason_and_nobody_else_does() {
    let mut desk = Desk::open().await;
    let id = desk.booking().await;
    let full = json!({ "refund": "full", "reason": "the net was torn" });
    assert_eq!(desk.post(&desk.eva, &id, "cancel", &full).await.summary(), "403 forbidden");
    for (body, expected) in [
        (json!({ "refund": "full" }), "400 malformed-request #/reason missing-field"),
        (json!({ "reason": "rain" }), "400 malformed-request #/reason only-with-refund"),
        (json!({ "refund": "half", "reason": "rain" }), "400 malformed-request #/refund malformed"),
        (json!({ "refund": "full", "reason": " " }), "422 invalid #/reason too-short"),
    ] {
        let reply = desk.post(&desk.stefan, &id, "cancel", &body).await;
        assert_eq!(reply.summary(), expected, "{}", reply.body);
    }
    // Half an hour into play, when the terms give nothing back.
    desk.later(25 * 60 + 30).await;
    let late = desk.post(&desk.stefan, &id, "cancel", &Value::Null).await;
    assert_eq!(late.summary(), "409 already-begun");
    let cancelled = desk.post(&desk.stefan, &id, "cancel", &full).await;
    assert_eq!((cancelled.summary(), cancelled.text("state")), ("200".into(), "cancelled".into()));
    assert_eq!(cancelled.body["refund"]["amount_minor"], 2000, "all of it");
    let events = desk.events().await;
    let Some(BookingEvent::Cancelled {
        cause: CancelCause::Staff { reason: Some(reason) }, ..
    }) = events.last()
    else {
        panic!("{events:?}")
    };
    let opened = desk.vault().open(&desk.stefan.user.stream(), "reason", reason).await.unwrap();
    assert_eq!(opened.as_deref(), Some("the net was torn"));
}
