use domain::courts::CourtEvent;
use domain::policies::{DayHours, Policy, Prices, Week};
use domain::venues::VenueEvent;
use jiff::civil::{date, time};
use serde_json::json;

use crate::cuts::Bench;
use crate::given::Log;

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
async fn a_court_shows_its_prices() {
    let bench = Bench::of("courts").await;
    let added = CourtEvent::Added {
        venue: "riverside".parse().expect("a venue"),
        name: "Court 1".to_owned(),
        kind: "tennis".to_owned(),
        surface: "clay".to_owned(),
        indoor: false,
    };
    let prices = Prices { off_peak_per_hour_minor: 2000, ..Prices::default() };
    let court = |prices: &Prices, revision: u64| {
        json!([{
            "code": "7FK2",
            "venue": "riverside",
            "name": "Court 1",
            "kind": "tennis",
            "surface": "clay",
            "indoor": false,
            "prices": prices,
            "revision": revision,
        }])
    };
    let log = Log::default().with("court-7FK2", 0, &added);
    bench.check("without a price", &log.0, "courts_v1", court(&Prices::default(), 0)).await;
    let log = log.with("court-7FK2", 1, &CourtEvent::Priced { prices: prices.clone() });
    bench.check("priced", &log.0, "courts_v1", court(&prices, 1)).await;
}
