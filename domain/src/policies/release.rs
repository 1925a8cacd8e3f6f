use jiff::civil::Time;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::clock::first_at;
use super::{service_date, zone};
use crate::venues::Venue;

/// When a place that lies `advance_days` ahead can be had.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Release {
    /// To the minute: at 18:00 the 18:00 of so many days later, in summer and in winter.
    #[default]
    Rolling,
    /// A whole service day at a time, when the service day so many days before begins: during a day everything up to
    /// the end of the last one can be had.
    EndOfDay,
    /// A whole service day at a time, at this wall time so many calendar days before.
    FixedTime { time: Time },
}

/// The first instant at which a start may be sold.
pub fn released_at(venue: &Venue, starts_at: Timestamp) -> Timestamp {
    let zone = zone(venue);
    let wall = match venue.policy.release {
        Release::Rolling => zone.to_datetime(starts_at),
        Release::EndOfDay => service_date(venue, starts_at).to_datetime(venue.day_starts_at),
        Release::FixedTime { time } => service_date(venue, starts_at).to_datetime(time),
    };
    Span::new()
        .try_days(venue.policy.advance_days)
        .and_then(|days| wall.checked_sub(days))
        .map_or(Timestamp::MIN, |wall| first_at(&zone, wall))
}
