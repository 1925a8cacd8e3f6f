//! A venue in Berlin, open from 6 to 23 by the default policy.
use std::collections::{BTreeMap, BTreeSet};

use domain::policies::{DayHours, Policy, Week};
use domain::venues::Venue;
use jiff::Timestamp;
use jiff::civil::{Date, Time};

pub fn venue() -> Venue {
    venue_in("Europe/Berlin", "04:00", "06:00", "23:00")
}

pub fn venue_in(zone: &str, day_starts_at: &str, open: &str, close: &str) -> Venue {
    let week = Week::every_day(DayHours { open: time(open), close: time(close) });
    Venue {
        name: "Halle Nord".to_owned(),
        zone: zone.to_owned(),
        day_starts_at: time(day_starts_at),
        hours: BTreeMap::from([(date("2020-01-01"), week)]),
        hours_on: BTreeMap::new(),
        closed_on: BTreeSet::new(),
        policy: Policy::default(),
    }
}

/// An instant by its RFC 3339 text, seconds left out.
#[track_caller]
pub fn at(text: &str) -> Timestamp {
    let (wall, offset) = text.split_at(16);
    format!("{wall}:00{offset}").parse().expect("an instant")
}

#[track_caller]
pub fn time(text: &str) -> Time {
    format!("{text}:00").parse().expect("a wall time")
}

#[track_caller]
pub fn date(text: &str) -> Date {
    text.parse().expect("a date")
}
