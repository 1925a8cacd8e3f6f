use serde_json::{Value, json};

use crate::given::{
    Log, at, blocked, cancelled, confirmed, court_day, expired, extended, held, held_again, id,
    moved, reinstated, released, unblocked,
};
use crate::views::cuts::Bench;

fn taken(suffix: &str, from: i64, expires_at: Option<String>) -> Value {
    let [from, to] = [from, from + 60].map(|it| at(it).replace('T', " ").replace("+00:00", "+00"));
    json!({
        "court": "7FK2",
        "date": "2026-03-02",
        "booking": id(2, suffix),
        "during": format!("[\"{from}\",\"{to}\")"),
        "expires_at": expires_at,
        "blocked": false,
        "block": null,
        "cause": null,
    })
}

#[tokio::test]
async fn only_live_bookings_take_a_court() {
    let bench = Bench::of("availability").await;
    let log = || Log::default().with(&court_day(2), 0, &held(2, "A", 120));
    let check = |claim: &'static str, log: Log, rows: Value| {
        let bench = &bench;
        async move { bench.check(claim, &log.0, "taken_v1", rows).await }
    };

    check("held", log(), json!([taken("A", 120, Some(at(15)))])).await;
    check(
        "confirmed, it never expires",
        log().with(&court_day(2), 3, &confirmed(2, "A")),
        json!([taken("A", 120, None)]),
    )
    .await;
    check("expired", log().with(&court_day(2), 15, &expired(2, "A")), json!([])).await;
    check("released", log().with(&court_day(2), 5, &released(2, "A")), json!([])).await;
    let cancelled =
        log().with(&court_day(2), 3, &confirmed(2, "A")).with(&court_day(2), 9, &cancelled(2, "A"));
    check("confirmed and cancelled", cancelled, json!([])).await;
    check(
        "expired, and taken by somebody else",
        log().with(&court_day(2), 15, &expired(2, "A")).with(&court_day(2), 15, &held(2, "B", 150)),
        json!([taken("B", 150, Some(at(15)))]),
    )
    .await;
    check(
        "expired, then held again",
        log().with(&court_day(2), 15, &expired(2, "A")).with(
            &court_day(2),
            20,
            &held_again(2, "A", 180, 2),
        ),
        json!([taken("A", 180, Some(at(30)))]),
    )
    .await;
    check(
        "other streams are no court-days",
        Log::default().with_kind("court-days", 0, "x.y.v1", "{}"),
        json!([]),
    )
    .await;
    assert_eq!(bench.overlaps.get(), 0);
}

#[tokio::test]
async fn what_is_extended_moved_or_brought_back_takes_its_court_accordingly() {
    let bench = Bench::of("availability").await;
    let log = || Log::default().with(&court_day(2), 0, &held(2, "A", 120));
    let check = |claim: &'static str, log: Log, rows: Value| {
        let bench = &bench;
        async move { bench.check(claim, &log.0, "taken_v1", rows).await }
    };
    check(
        "extended",
        log().with(&court_day(2), 3, &extended(2, "A", 25)),
        json!([taken("A", 120, Some(at(25)))]),
    )
    .await;
    check(
        "extended, and confirmed",
        log().with(&court_day(2), 3, &extended(2, "A", 25)).with(
            &court_day(2),
            4,
            &confirmed(2, "A"),
        ),
        json!([taken("A", 120, None)]),
    )
    .await;
    check(
        "expired, and brought back",
        log().with(&court_day(2), 15, &expired(2, "A")).with(
            &court_day(2),
            20,
            &reinstated(2, "A", 120, 2),
        ),
        json!([taken("A", 120, None)]),
    )
    .await;
    check(
        "moved half an hour, over itself",
        log()
            .with(&court_day(2), 3, &confirmed(2, "A"))
            .with(&court_day(2), 5, &moved(2, "A", "B"))
            .with(&court_day(2), 5, &held(2, "B", 150))
            .with(&court_day(2), 5, &confirmed(2, "B")),
        json!([taken("B", 150, None)]),
    )
    .await;
    assert_eq!(bench.overlaps.get(), 0);
}

#[tokio::test]
async fn blocks_take_a_court_and_may_lie_over_one_another() {
    let bench = Bench::of("availability").await;
    let block = |id: u128, from: i64, to: i64| {
        let [from, to] = [from, to].map(|it| at(it).replace('T', " ").replace("+00:00", "+00"));
        json!({
            "court": "7FK2",
            "date": "2026-03-02",
            "booking": format!("{} on {}", uuid::Uuid::from_u128(id), court_day(2)),
            "during": format!("[\"{from}\",\"{to}\")"),
            "expires_at": null,
            "blocked": true,
            "block": uuid::Uuid::from_u128(id),
            "cause": "rain",
        })
    };
    let log = || {
        Log::default().with(&court_day(2), 0, &blocked(1, 120, 240)).with(
            &court_day(2),
            1,
            &blocked(2, 180, 240),
        )
    };
    let both = json!([block(1, 120, 360), block(2, 180, 420)]);
    bench.check("two", &log().0, "taken_v1", both).await;
    let lifted = log().with(&court_day(2), 2, &unblocked(1));
    bench.check("one of them lifted", &lifted.0, "taken_v1", json!([block(2, 180, 420)])).await;
    assert_eq!(bench.overlaps.get(), 0, "two blocks may");
}

#[tokio::test]
async fn overlapping_bookings_raise_the_alarm() {
    let bench = Bench::of("availability").await;
    let log = Log::default()
        .with(&court_day(2), 0, &held(2, "A", 120))
        .with(&court_day(2), 1, &held(2, "B", 180))
        .with(&court_day(2), 2, &held(2, "C", 210));
    let rows = json!([
        taken("A", 120, Some(at(15))),
        taken("B", 180, Some(at(15))),
        taken("C", 210, Some(at(15))),
    ]);
    bench.check("what the log says is shown, even this", &log.0, "taken_v1", rows).await;
    assert_ne!(bench.overlaps.get(), 0, "B ends when C has begun");
}

#[tokio::test]
async fn an_event_of_a_newer_version_is_not_passed_over() {
    let bench = Bench::of("availability").await;
    let log = Log::default().with(&court_day(2), 0, &held(2, "A", 120)).with_kind(
        &court_day(2),
        1,
        "courtday.blocked.v1",
        "{}",
    );
    bench.refuses("a block", &log.0, "the event at 2 cannot be applied").await;
}
