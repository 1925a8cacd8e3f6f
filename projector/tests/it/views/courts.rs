use domain::courts::CourtEvent::{self, Added, Described, Priced, Retired, Returned};
use domain::policies::{DayHours, Policy, Prices, Week};
use domain::sealed::Sealed;
use domain::venues::VenueEvent::{self, ClosedOn, HoursLiftedOn, HoursSetOn, Renamed, ReopenedOn};
use jiff::civil::{Date, date, time};
use serde_json::{Value, json};

use crate::given::Log;
use crate::views::cuts::Bench;

fn opened() -> VenueEvent {
    VenueEvent::Opened {
        name: "Riverside".to_owned(),
        zone: "Europe/Berlin".to_owned(),
        day_starts_at: time(4, 0, 0, 0),
    }
}

fn open_until(hour: i8) -> Week {
    Week::every_day(DayHours { open: time(6, 0, 0, 0), close: time(hour, 0, 0, 0) })
}

#[tokio::test]
async fn a_venue_shows_its_hours_by_date_and_its_policy() {
    let bench = Bench::of("courts").await;
    let log = || Log::default().with("venue-riverside", 0, &opened());
    let hours = |date, hour| VenueEvent::HoursSet { from: date, week: open_until(hour) };
    let venue = |hours, policy: &Policy, revision: u64| {
        json!([{
            "id": "riverside",
            "name": "Riverside",
            "zone": "Europe/Berlin",
            "day_starts_at": "04:00:00",
            "hours": hours,
            "policy": policy,
            "revision": revision,
            "closed_on": [],
            "hours_on": [],
        }])
    };
    let usual = Policy::default();

    let rows = venue(json!([]), &usual, 0);
    bench.check("just opened: the usual rules, and no hours", &log().0, "venues_v1", rows).await;

    let set = log()
        .with("venue-riverside", 1, &hours(date(2026, 6, 1), 22))
        .with("venue-riverside", 2, &hours(date(2026, 1, 1), 20))
        .with("venue-riverside", 3, &hours(date(2026, 6, 1), 23));
    let by_date = json!([
        { "from": "2026-01-01", "week": open_until(20) },
        { "from": "2026-06-01", "week": open_until(23) },
    ]);
    bench.check("the last word of each date", &set.0, "venues_v1", venue(by_date, &usual, 3)).await;

    let quick = Policy { hold_seconds: 5, ..Policy::default() };
    let set = log().with("venue-riverside", 1, &VenueEvent::PolicySet { policy: quick.clone() });
    bench.check("its own policy", &set.0, "venues_v1", venue(json!([]), &quick, 1)).await;
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn a_venue_shows_its_single_dates_and_its_name() {
    const EVE: Date = date(2026, 12, 24);
    const NEW_YEAR: Date = date(2027, 1, 1);
    let bench = Bench::of("courts").await;
    let short = DayHours { open: time(8, 0, 0, 0), close: time(12, 0, 0, 0) };
    let long = DayHours { open: time(8, 0, 0, 0), close: time(2, 0, 0, 0) };
    let set = |on, hours| HoursSetOn { date: on, hours, reason: None };
    let closed = |on| ClosedOn { date: on, reason: Some(Sealed("v1.secret".to_owned())) };
    let opens = |on: &str, close: &str| json!({ "date": on, "open": "08:00:00", "close": close });
    let rows: [(&str, Vec<VenueEvent>, Value, Value); 7] = [
        ("closed",            vec![closed(EVE)],                                                  json!(["2026-12-24"]), json!([])),
        ("and open again",    vec![closed(EVE), ReopenedOn { date: EVE }],                        json!([]),             json!([])),
        ("special",           vec![set(EVE, short)],                                              json!([]),             json!([opens("2026-12-24", "12:00:00")])),
        ("others",            vec![set(EVE, short), set(EVE, long), set(NEW_YEAR, short)],        json!([]),             json!([opens("2026-12-24", "02:00:00"), opens("2027-01-01", "12:00:00")])),
        ("lifted",            vec![set(EVE, short), HoursLiftedOn { date: EVE }],                 json!([]),             json!([])),
        ("both",              vec![closed(EVE), set(EVE, short), closed(NEW_YEAR)],               json!(["2026-12-24", "2027-01-01"]), json!([opens("2026-12-24", "12:00:00")])),
        ("has them back",     vec![set(EVE, short), closed(EVE), ReopenedOn { date: EVE }],       json!([]),             json!([opens("2026-12-24", "12:00:00")])),
    ];
    for (case, events, closed_on, hours_on) in rows {
        let log = Log::default().with("venue-riverside", 0, &opened());
        let log = (1..).zip(&events).fold(log, |log, (n, it)| log.with("venue-riverside", n, it));
        let row = json!([{
            "id": "riverside", "name": "Riverside", "zone": "Europe/Berlin", "day_starts_at": "04:00:00", "hours": [],
            "policy": Policy::default(), "revision": events.len(), "closed_on": closed_on, "hours_on": hours_on,
        }]);
        bench.check(case, &log.0, "venues_v1", row).await;
    }
    let log = Log::default().with("venue-riverside", 0, &opened()).with("venue-riverside", 1, &Renamed { name: "The river".to_owned() });
    let row = json!([{
        "id": "riverside", "name": "The river", "zone": "Europe/Berlin", "day_starts_at": "04:00:00", "hours": [],
        "policy": Policy::default(), "revision": 1, "closed_on": [], "hours_on": [],
    }]);
    bench.check("renamed", &log.0, "venues_v1", row).await;
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn a_court_shows_what_it_is_its_prices_and_its_service() {
    const MAY: Date = date(2026, 5, 1);
    const JUNE: Date = date(2026, 6, 1);
    let bench = Bench::of("courts").await;
    let added = Added {
        venue: "riverside".parse().expect("a venue"),
        name: "Court 1".to_owned(),
        kind: "tennis".to_owned(),
        surface: "clay".to_owned(),
        indoor: false,
    };
    let described = Described { name: "Centre".to_owned(), kind: "padel".to_owned(), surface: "turf".to_owned(), indoor: true };
    let cost = |it| Prices { off_peak_per_hour_minor: it, ..Prices::default() };
    let priced = |from, it| Priced { from, prices: cost(it) };
    let retired = |from| Retired { from, reason: Some(Sealed("v1.secret".to_owned())) };
    let returned = |from| Returned { from };
    let from = |date: &str, it| json!({ "from": date, "prices": cost(it) });
    let state = |date: &str, it: &str| json!({ "from": date, "state": it });
    let rows: [(&str, Vec<CourtEvent>, i64, Value, Value); 6] = [
        ("just added",      vec![],                                                          0,  json!([]), json!([])),
        ("priced",          vec![priced(None, 20)],                                          20, json!([]), json!([])),
        ("priced anew",     vec![priced(None, 20), priced(None, 10)],                        10, json!([]), json!([])),
        ("a raise",         vec![priced(Some(JUNE), 30), priced(None, 10), priced(Some(MAY), 15), priced(Some(JUNE), 25)],
                                                                                             10, json!([from("2026-05-01", 15), from("2026-06-01", 25)]), json!([])),
        ("out of service",  vec![retired(MAY), returned(JUNE)],                              0,  json!([]), json!([state("2026-05-01", "retired"), state("2026-06-01", "returned")])),
        ("and not at all",  vec![retired(MAY), returned(MAY)],                               0,  json!([]), json!([state("2026-05-01", "returned")])),
    ];
    for (case, events, prices, later_prices, service) in rows {
        let log = Log::default().with("court-7FK2", 0, &added);
        let log = (1..).zip(&events).fold(log, |log, (n, it)| log.with("court-7FK2", n, it));
        let row = json!([{
            "code": "7FK2", "venue": "riverside", "name": "Court 1", "kind": "tennis", "surface": "clay", "indoor": false,
            "prices": cost(prices), "revision": events.len(), "later_prices": later_prices, "service": service,
        }]);
        bench.check(case, &log.0, "courts_v1", row).await;
    }
    let log = Log::default().with("court-7FK2", 0, &added).with("court-7FK2", 1, &described);
    let row = json!([{
        "code": "7FK2", "venue": "riverside", "name": "Centre", "kind": "padel", "surface": "turf", "indoor": true,
        "prices": cost(0), "revision": 1, "later_prices": [], "service": [],
    }]);
    bench.check("described", &log.0, "courts_v1", row).await;
}
