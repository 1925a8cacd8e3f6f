use serde_json::{Value, json};

use crate::given::{
    Log, at, blocked, cancelled, checked_in, confirmed, court_day, expired, held, held_again, id,
    moved, reinstated, released,
};
use crate::views::cuts::Bench;

fn sale(suffix: &str, from: i64, state: &str, taken: i64) -> Value {
    json!({
        "booking": id(2, suffix), "court": "7FK2", "venue": "riverside", "date": "2026-03-02",
        "starts_at": at(from), "ends_at": at(from + 60), "price_minor": 2400, "currency": "EUR",
        "state": state, "moving": false, "taken_minor": taken,
    })
}

fn money(log: Log, minute: i64, event: &str, reference: &str, amount: i64) -> Log {
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
}

#[tokio::test]
async fn a_booking_is_sold_lost_given_back_or_moved() {
    let bench = Bench::of("statistics").await;
    let day = court_day(2);
    let log = || Log::default().with(&day, 0, &held(2, "A", 120));
    let sold = || log().with(&day, 3, &confirmed(2, "A"));
    for (claim, log, state) in [
        ("held", log(), "held"),
        ("confirmed", sold(), "sold"),
        ("played", sold().with(&day, 110, &checked_in(2, "A")), "sold"),
        ("run out", log().with(&day, 15, &expired(2, "A")), "lost"),
        ("let go", log().with(&day, 5, &released(2, "A")), "lost"),
        ("cancelled", sold().with(&day, 9, &cancelled(2, "A")), "back"),
        (
            "run out, brought back and sold",
            log()
                .with(&day, 15, &expired(2, "A"))
                .with(&day, 20, &reinstated(2, "A", 120, 2))
                .with(&day, 20, &confirmed(2, "A")),
            "sold",
        ),
    ] {
        bench.check(claim, &log.0, "sales_v1", json!([sale("A", 120, state, 0)])).await;
    }
    let again = log().with(&day, 15, &expired(2, "A")).with(&day, 20, &held_again(2, "A", 180, 2));
    bench.check("held again", &again.0, "sales_v1", json!([sale("A", 180, "held", 0)])).await;
    let moved = sold().with(&day, 5, &moved(2, "A", "B")).with(&day, 5, &held(2, "B", 240)).with(
        &day,
        5,
        &confirmed(2, "B"),
    );
    let rows = json!([sale("A", 120, "moved", 0), sale("B", 240, "sold", 0)]);
    bench.check("moved: it counts once", &moved.0, "sales_v1", rows).await;
    let other = Log::default().with(&day, 0, &blocked(1, 120, 60));
    bench.check("a block is no sale", &other.0, "sales_v1", json!([])).await;
}

#[tokio::test]
async fn what_was_taken_is_what_came_and_has_not_to_go_back() {
    let bench = Bench::of("statistics").await;
    let day = court_day(2);
    let log = || Log::default().with(&day, 0, &held(2, "A", 120));
    let paid =
        || money(log(), 3, "payment-received", "pay-1", 2400).with(&day, 3, &confirmed(2, "A"));
    let given_back = || {
        let cancelled = paid().with(&day, 9, &cancelled(2, "A"));
        money(cancelled, 9, "refund-required", "pay-1", 1200)
    };
    let brought_back = || {
        let settled = money(given_back(), 12, "refund-settled", "pay-1", 1200);
        let back = settled.with(&day, 13, &reinstated(2, "A", 120, 2));
        money(back, 13, "payment-received", "pay-1.rest", 1200)
    };
    let given_back_again = || {
        let cancelled = brought_back().with(&day, 14, &cancelled(2, "A"));
        money(cancelled, 14, "refund-required", "pay-1.rest", 600)
    };
    for (claim, log, state, taken) in [
        ("brought back: what was kept counts once", brought_back(), "held", 1200),
        ("and half of that given back", given_back_again(), "back", 600),
        ("paid", paid(), "sold", 2400),
        ("told twice", money(paid(), 4, "payment-received", "pay-1", 2400), "sold", 2400),
        ("in two", money(paid(), 4, "payment-received", "pay-2", 600), "sold", 3000),
        ("cancelled late: half is kept", given_back(), "back", 1200),
        (
            "settled: the same",
            money(given_back(), 12, "refund-settled", "pay-1", 1200),
            "back",
            1200,
        ),
        ("withdrawn", money(given_back(), 12, "refund-withdrawn", "pay-1", 0), "back", 2400),
        (
            "what never was its own is not missed",
            money(log(), 20, "refund-required", "pay-9", 2400),
            "held",
            0,
        ),
        ("moved: it went along", paid().with(&day, 5, &moved(2, "A", "B")), "moved", 0),
    ] {
        bench.check(claim, &log.0, "sales_v1", json!([sale("A", 120, state, taken)])).await;
    }
}

#[tokio::test]
async fn what_cannot_be_read_or_changes_nothing_is_not_passed_over() {
    let bench = Bench::of("statistics").await;
    let log = Log::default().with(&court_day(2), 0, &confirmed(2, "A"));
    bench
        .refuses("confirmed, and never held", &log.0, "of 1 changes to sales only 0 met a row")
        .await;
    let log = Log::default().with_kind(&court_day(2), 0, "booking.waitlisted.v1", "{}");
    bench.refuses("newer than this build", &log.0, "a newer one has to take over").await;
}
