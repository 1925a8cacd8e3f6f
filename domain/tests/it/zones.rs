//! Every zone of the database, on the days around each change of its clocks: what the search offers is what the
//! hold accepts, and every instant belongs to exactly one service day.
use domain::policies::{check, instant, is_zone, open_hours, service_date, slots};
use domain::venues::Venue;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::place::{at, date, time, venue, venue_in};

const GRID: SignedDuration = SignedDuration::from_mins(30);

/// Instants at which a zone's clocks jump, in two years: enough for every rule that is in force.
fn jumps(zone: &TimeZone) -> Vec<Timestamp> {
    let (from, to) = (at("2026-01-01T00:00Z"), at("2028-01-01T00:00Z"));
    let jump =
        |it: &Timestamp| zone.to_offset(*it) != zone.to_offset(*it - SignedDuration::from_secs(1));
    zone.following(from)
        .map(|it| it.timestamp())
        .take_while(|it| *it < to)
        .take(20)
        .filter(jump)
        .collect()
}

/// Zones by what they do, not by their names: aliases would only repeat them.
fn zones() -> Vec<(String, Vec<Timestamp>)> {
    let mut zones: Vec<(String, Vec<Timestamp>)> = vec![];
    for name in jiff::tz::db().available().map(|it| it.to_string()).filter(|it| is_zone(it)) {
        let zone = TimeZone::get(&name).unwrap();
        let jumps = jumps(&zone);
        let offsets =
            |zone: &TimeZone| -> Vec<_> { jumps.iter().map(|it| zone.to_offset(*it)).collect() };
        let known = |(other, same): &(String, Vec<Timestamp>)| {
            *same == jumps && offsets(&TimeZone::get(other).unwrap()) == offsets(&zone)
        };
        if !jumps.is_empty() && !zones.iter().any(known) {
            zones.push((name, jumps));
        }
    }
    zones
}

/// Venues that never close, with days that begin at midnight, at four, and right among the jumps.
fn venues(zone: &str) -> impl Iterator<Item = Venue> {
    ["00:00", "02:15", "04:00", "23:45"]
        .map(|start| venue_in(zone, start, start, start))
        .into_iter()
        .map(|mut it| {
            it.policy.min_minutes = 30;
            it.policy.advance_days = 3;
            it
        })
}

fn days_around(venue: &Venue, jump: Timestamp) -> [Date; 3] {
    let date = service_date(venue, jump);
    [date.yesterday().unwrap(), date, date.tomorrow().unwrap()]
}

#[test]
fn what_is_offered_is_what_is_sold() {
    let zones = zones();
    assert!(zones.len() > 20, "the database has zones whose clocks change: {}", zones.len());
    for (zone, jumps) in zones {
        for (venue, jump) in
            venues(&zone).flat_map(|it| jumps.iter().map(move |jump| (it.clone(), *jump)))
        {
            for date in days_around(&venue, jump) {
                check_slots(&venue, date);
            }
        }
    }
}

fn check_slots(venue: &Venue, date: Date) {
    let of = || format!("{} {date}, from {}", venue.zone, venue.day_starts_at);
    let slots = slots(venue, date, 30);
    let (opens_at, closes_at) = open_hours(venue, date).unwrap();
    let now = opens_at - SignedDuration::from_hours(1);
    for (starts_at, ends_at) in &slots {
        assert_eq!(check(venue, *starts_at, *ends_at, now), Ok(()), "{starts_at} {}", of());
        assert_eq!(service_date(venue, *starts_at), date, "{starts_at} {}", of());
    }
    for pair in slots.windows(2) {
        assert!(pair[0].1 <= pair[1].0, "{pair:?} {}", of());
    }
    // None is missing: whatever starts on a quarter of an hour and is sold on this day is offered.
    let quarter = SignedDuration::from_mins(15);
    let quarters = std::iter::successors(Some(opens_at), |it| Some(*it + quarter))
        .take_while(|it| *it < closes_at);
    let sold = quarters.filter(|it| check(venue, *it, *it + GRID, now).is_ok()).count();
    assert_eq!(slots.len(), sold, "{}", of());
}

#[test]
fn every_instant_is_of_one_day_and_days_follow_one_another() {
    for (zone, jumps) in zones() {
        for (venue, jump) in
            venues(&zone).flat_map(|it| jumps.iter().map(move |jump| (it.clone(), *jump)))
        {
            let days = days_around(&venue, jump);
            for pair in days.windows(2) {
                let (_, end) = open_hours(&venue, pair[0]).unwrap();
                let (start, _) = open_hours(&venue, pair[1]).unwrap();
                assert_eq!(end, start, "{zone} {pair:?} from {}", venue.day_starts_at);
                assert_eq!(
                    service_date(&venue, start),
                    pair[1],
                    "{zone} from {}",
                    venue.day_starts_at
                );
                let before = start - SignedDuration::from_nanos(1);
                assert_eq!(
                    service_date(&venue, before),
                    pair[0],
                    "{zone} from {}",
                    venue.day_starts_at
                );
            }
            let walk =
                std::iter::successors(Some(jump - 30.hours()), |it| Some(*it + GRID)).take(120);
            let dates: Vec<_> = walk.map(|it| service_date(&venue, it)).collect();
            assert!(dates.is_sorted(), "{zone}: a day never comes back");
        }
    }
}

#[test]
fn a_wall_time_and_its_instant_agree() {
    for (zone, jumps) in zones() {
        let venue = venue_in(&zone, "04:00", "04:00", "04:00");
        let tz = TimeZone::get(&zone).unwrap();
        for date in jumps.into_iter().flat_map(|it| days_around(&venue, it)) {
            for wall in (0..48).map(|it| Time::midnight() + GRID * it) {
                let Some(found) = instant(&venue, date, wall) else { continue };
                assert_eq!(tz.to_datetime(found).time(), wall, "{zone} {date}");
                assert_eq!(service_date(&venue, found), date, "{zone} {wall}");
                let earlier = [30, 60, 90, 120].map(|it| found - SignedDuration::from_mins(it));
                let twice = earlier.into_iter().any(|it| tz.to_datetime(it).time() == wall);
                assert!(!twice, "{zone} {date} {wall}: the earlier of two");
            }
        }
    }
}

#[test]
fn a_time_that_is_skipped_is_found_on_no_clock() {
    let mut skipped = 0;
    for (zone, jumps) in zones() {
        let venue = venue_in(&zone, "04:00", "04:00", "04:00");
        let tz = TimeZone::get(&zone).unwrap();
        for date in jumps.into_iter().flat_map(|it| days_around(&venue, it)) {
            let (opens_at, closes_at) = open_hours(&venue, date).unwrap();
            for wall in (0..96).map(|it| Time::midnight() + SignedDuration::from_mins(15) * it) {
                if instant(&venue, date, wall).is_none() {
                    let day = std::iter::successors(Some(opens_at), |it| {
                        Some(*it + SignedDuration::from_mins(15))
                    });
                    let shown = day
                        .take_while(|it| *it < closes_at)
                        .any(|it| tz.to_datetime(it).time() == wall);
                    assert!(!shown, "{zone} {date} {wall}");
                    skipped += 1;
                }
            }
        }
    }
    assert!(skipped > 100, "{skipped}");
    assert_eq!(instant(&venue(), date("2026-03-28"), time("02:30")), None);
}
