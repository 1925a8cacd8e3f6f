use domain::bookings::BookingEvent;
use domain::policies::Payment;
use serde_json::{Value, json};

use crate::given::{
    Log, PLAYER, at, cancelled, checked_in, confirmed, court_day, expired, extended, held,
    held_again, id, moved, reinstated,
};
use crate::views::cuts::Bench;

/// A booking just held, with `changes`.
fn booking(suffix: &str, changes: Value) -> Value {
    let mut row = json!({
        "id": id(2, suffix),
        "reference": id(2, suffix),
        "court": "7FK2",
        "venue": "riverside",
        "player": PLAYER,
        "starts_at": at(120),
        "ends_at": at(180),
        "zone": "Europe/Berlin",
        "state": "held",
        "generation": 1,
        "expires_at": at(15),
        "price_minor": 2400,
        "currency": "EUR",
        "terms": { "full_refund_hours": 24, "late_refund_percent": 50 },
        "refund_minor": null,
        "revision": 0,
        "held_at": at(0),
        "changed_at": at(0),
        "position": 1,
        "moved_to": null,
        "paid_minor": 0,
        "due_minor": null,
    });
    for (column, value) in changes.as_object().expect("changed columns") {
        row[column] = value.clone();
    }
    row
}

#[tokio::test]
async fn a_booking_is_what_its_events_say() {
    let bench = Bench::of("bookings").await;
    let log = || Log::default().with(&court_day(2), 0, &held(2, "A", 120));
    let check = |claim: &'static str, log: Log, rows: Value| {
        let bench = &bench;
        async move { bench.check(claim, &log.0, "bookings_v1", rows).await }
    };

    check("held", log(), json!([booking("A", json!({}))])).await;
    check(
        "confirmed",
        log().with(&court_day(2), 3, &confirmed(2, "A")),
        json!([booking(
            "A",
            json!({ "state": "confirmed", "expires_at": null, "revision": 1, "changed_at": at(3), "position": 2 })
        )]),
    )
    .await;
    check(
        "cancelled, with what it gave back; the hold's end does not come back",
        log().with(&court_day(2), 3, &confirmed(2, "A")).with(&court_day(2), 9, &cancelled(2, "A")),
        json!([booking(
            "A",
            json!({
                "state": "cancelled", "expires_at": null, "refund_minor": 1200, "revision": 2,
                "changed_at": at(9), "position": 3,
            })
        )]),
    )
    .await;
    check(
        "expired, and held again: first held when it was",
        log().with(&court_day(2), 15, &expired(2, "A")).with(
            &court_day(2),
            20,
            &held_again(2, "A", 120, 2),
        ),
        json!([booking(
            "A",
            json!({
                "generation": 2, "expires_at": at(30), "revision": 2, "changed_at": at(20), "position": 3,
            })
        )]),
    )
    .await;
    check(
        "another booking's events are another's",
        log().with(&court_day(2), 1, &held(2, "B", 120)).with(&court_day(2), 2, &confirmed(2, "B")),
        json!([
            booking("A", json!({})),
            booking(
                "B",
                json!({
                    "state": "confirmed", "expires_at": null, "revision": 2, "held_at": at(1),
                    "changed_at": at(2), "position": 3,
                })
            ),
        ]),
    )
    .await;
}

#[tokio::test]
async fn a_booking_is_extended_moved_brought_back_and_played() {
    let bench = Bench::of("bookings").await;
    let log = || Log::default().with(&court_day(2), 0, &held(2, "A", 120));
    let check = |claim: &'static str, log: Log, rows: Value| {
        let bench = &bench;
        async move { bench.check(claim, &log.0, "bookings_v1", rows).await }
    };
    check(
        "extended: still held, and longer",
        log().with(&court_day(2), 3, &extended(2, "A", 25)),
        json!([booking(
            "A",
            json!({ "generation": 2, "expires_at": at(25), "revision": 1, "changed_at": at(3), "position": 2 })
        )]),
    )
    .await;
    check(
        "cancelled and brought back: nothing was given back",
        log()
            .with(&court_day(2), 3, &confirmed(2, "A"))
            .with(&court_day(2), 9, &cancelled(2, "A"))
            .with(&court_day(2), 12, &reinstated(2, "A", 120, 2))
            .with(&court_day(2), 12, &confirmed(2, "A")),
        json!([booking(
            "A",
            json!({
                "state": "confirmed", "generation": 2, "expires_at": null, "revision": 4,
                "changed_at": at(12), "position": 5,
            })
        )]),
    )
    .await;
    check(
        "moved: it says where to",
        log().with(&court_day(2), 3, &confirmed(2, "A")).with(
            &court_day(2),
            5,
            &moved(2, "A", "B"),
        ),
        json!([booking(
            "A",
            json!({
                "state": "moved", "expires_at": null, "moved_to": id(2, "B"), "revision": 2,
                "changed_at": at(5), "position": 3,
            })
        )]),
    )
    .await;
    check(
        "checked in",
        log().with(&court_day(2), 3, &confirmed(2, "A")).with(
            &court_day(2),
            110,
            &checked_in(2, "A"),
        ),
        json!([booking(
            "A",
            json!({
                "state": "checked_in", "expires_at": null, "revision": 2, "changed_at": at(110),
                "position": 3,
            })
        )]),
    )
    .await;
}

#[tokio::test]
async fn its_history_tells_each_step() {
    let bench = Bench::of("bookings").await;
    let log = Log::default()
        .with(&court_day(2), 0, &held(2, "A", 120))
        .with(&court_day(2), 3, &confirmed(2, "A"))
        .with(&court_day(2), 9, &cancelled(2, "A"));
    let step = |revision: u64, minute, event: &str| {
        json!({
            "booking": id(2, "A"),
            "revision": revision,
            "at": at(minute),
            "event": event,
            "actor": "user:somebody",
        })
    };
    let rows = json!([step(0, 0, "held"), step(1, 3, "confirmed"), step(2, 9, "cancelled")]);
    bench.check("three steps", &log.0, "booking_history_v1", rows).await;
}

#[tokio::test]
async fn what_has_to_be_paid_back_is_listed_until_it_was() {
    let bench = Bench::of("bookings").await;
    let refund = |log: Log, minute, event: &str, more: &str| {
        let booking = id(2, "A");
        let data = format!(r#"{{"booking":"{booking}","payment_reference":"pay-1"{more}}}"#);
        log.with_kind(&court_day(2), minute, &format!("booking.{event}.v1"), &data)
    };
    let amount = r#","amount":{"amount_minor":1200,"currency":"EUR"}"#;
    let required = format!(r#"{amount},"why":"cancelled""#);
    let owed = || {
        let log = Log::default().with(&court_day(2), 0, &held(2, "A", 120));
        refund(log, 9, "refund-required", &required)
    };
    let row = |changes: Value| {
        let mut row = json!({
            "booking": id(2, "A"), "reference": id(2, "A"), "court": "7FK2", "venue": "riverside",
            "player": PLAYER, "starts_at": at(120), "payment_reference": "pay-1",
            "amount_minor": 1200, "currency": "EUR", "why": "cancelled", "required_at": at(9),
            "settled_at": null, "settled_by": null, "position": 2,
        });
        row.as_object_mut().expect("a row").extend(changes.as_object().cloned().expect("columns"));
        json!([row])
    };
    bench.check("owed", &owed().0, "refunds_v1", row(json!({}))).await;
    let settled = refund(owed(), 12, "refund-settled", amount);
    let by = json!({ "settled_at": at(12), "settled_by": "user:somebody" });
    bench.check("settled", &settled.0, "refunds_v1", row(by)).await;
    let kept = refund(owed(), 12, "refund-withdrawn", "");
    bench.check("withdrawn", &kept.0, "refunds_v1", json!([])).await;
    let again = refund(kept, 20, "refund-required", &required);
    let anew = row(json!({ "required_at": at(20), "position": 4 }));
    bench.check("required again", &again.0, "refunds_v1", anew).await;
}

#[tokio::test]
async fn what_is_paid_is_what_came_and_has_not_to_go_back() {
    let bench = Bench::of("bookings").await;
    let money = |log: Log, minute, event: &str, reference: &str, amount: i64| {
        let booking = id(2, "A");
        let more = match event {
            "payment-received" => r#","method":"provider","moved_from":null"#,
            "refund-required" => r#","why":"cancelled""#,
            _ => "",
        };
        let amount = format!(r#"{{"amount_minor":{amount},"currency":"EUR"}}"#);
        let data = format!(
            r#"{{"booking":"{booking}","payment_reference":"{reference}","amount":{amount}{more}}}"#
        );
        log.with_kind(&court_day(2), minute, &format!("booking.{event}.v1"), &data)
    };
    let paid = |minutes, events: u64, paid| {
        let changes = json!({
            "revision": events, "changed_at": at(minutes), "position": events + 1, "paid_minor": paid,
        });
        json!([booking("A", changes)])
    };
    let log = || Log::default().with(&court_day(2), 0, &held(2, "A", 120));
    let once = || money(log(), 3, "payment-received", "pay-1", 2400);
    bench.check("paid", &once().0, "bookings_v1", paid(3, 1, 2400)).await;
    let twice = || money(once(), 4, "payment-received", "pay-2", 600);
    bench.check("and more", &twice().0, "bookings_v1", paid(4, 2, 3000)).await;
    // Half of it goes back, and none of it is the booking's any more.
    let back = || money(twice(), 5, "refund-required", "pay-1", 1200);
    bench.check("back", &back().0, "bookings_v1", paid(5, 3, 600)).await;
    let kept = money(back(), 6, "refund-withdrawn", "pay-1", 1200);
    bench.check("kept after all", &kept.0, "bookings_v1", paid(6, 4, 3000)).await;
    let never = money(log(), 3, "refund-required", "late-1", 2400);
    bench.check("it never was its own", &never.0, "bookings_v1", paid(3, 1, 0)).await;
}

#[tokio::test]
async fn a_change_to_a_booking_that_was_never_held_is_not_passed_over() {
    let bench = Bench::of("bookings").await;
    let log = Log::default().with(&court_day(2), 0, &confirmed(2, "A"));
    bench
        .refuses("a confirmation alone", &log.0, "of 1 changes to bookings only 0 met a row")
        .await;
}

#[tokio::test]
async fn what_a_move_made_dearer_is_due_if_it_is_paid_before_play() {
    let bench = Bench::of("bookings").await;
    // From a place that cost less; a move keeps the first id.
    let came = |payment| {
        let BookingEvent::Held(mut held) = held(2, "B", 120) else { unreachable!() };
        (held.reference, held.payment) = (id(2, "A").parse().unwrap(), payment);
        Log::default().with(&court_day(2), 0, &BookingEvent::Held(held))
    };
    let is = |revision: u64, paid, due: Value| {
        json!([booking(
            "B",
            json!({
                "reference": id(2, "A"), "revision": revision, "position": revision + 1, "changed_at": at(0),
                "paid_minor": paid, "due_minor": due,
            })
        )])
    };
    let pays = |log: Log, reference: &str, amount: i64| {
        let (booking, amount) = (id(2, "B"), json!({ "amount_minor": amount, "currency": "EUR" }));
        let data = json!({
            "booking": booking, "payment_reference": reference, "amount": amount, "method": "provider",
            "moved_from": null,
        });
        log.with_kind(&court_day(2), 0, "booking.payment-received.v1", &data.to_string())
    };
    let part = || pays(came(Payment::AtVenue), "p1", 1000);
    let check = |claim: &'static str, log: Log, rows: Value| {
        let bench = &bench;
        async move { bench.check(claim, &log.0, "bookings_v1", rows).await }
    };
    check("at the desk, as agreed", came(Payment::AtVenue), is(0, 0, Value::Null)).await;
    check("nothing came, and it has to", came(Payment::Required), is(0, 0, json!(2400))).await;
    check("what is left", part(), is(1, 1000, json!(1400))).await;
    check("all of it", pays(part(), "p2", 1400), is(2, 2400, Value::Null)).await;
}
