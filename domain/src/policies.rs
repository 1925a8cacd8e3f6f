//! The venue's rules of sale: when a court can be had, for how long, and for how much.
//!
//! These are plain functions of facts, so that the hold, which decides, and the search, which advises, ask the
//! very same question and can never disagree.
mod hours;
mod prices;

use jiff::civil::{Date, Time};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

pub use hours::{DayHours, Week};
pub use prices::{PeakWindow, Prices};

use crate::venues::Venue;

/// What a venue allows. Stored in `venue.policy-set`; every field has the seeds' value as its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Starts and ends lie on multiples of this since the venue's local midnight.
    pub grid_minutes: u32,
    pub min_minutes: u32,
    pub max_minutes: u32,
    pub hold_seconds: u32,
    /// How many days ahead of now a start may lie.
    pub advance_days: u32,
    pub full_refund_hours: u32,
    pub late_refund_percent: u8,
}

/// A policy or a price list that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Fault {
    /// The field, as a JSON pointer without `#`: `/grid_minutes`.
    pub field: &'static str,
    pub why: &'static str,
}

/// Why a place can never be sold like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the end is not after the start")]
    EndBeforeStart,
    #[error("starts and ends lie on a grid of {grid_minutes} minutes")]
    OffGrid { at_start: bool, grid_minutes: u32 },
    #[error("a booking here takes at least {min_minutes} minutes")]
    TooShort { min_minutes: u32 },
    #[error("a booking here takes at most {max_minutes} minutes")]
    TooLong { max_minutes: u32 },
    #[error("the venue is closed for part of this time")]
    OutsideHours { opens_at: Option<Timestamp>, closes_at: Option<Timestamp> },
    #[error("the start lies in the past")]
    InThePast,
    #[error("this place can be booked from {opens_at} on")]
    TooFarAhead { opens_at: Timestamp },
}

/// The zone of a venue. A venue is only opened with a zone of the database, so this falls back to UTC only on a
/// machine whose database is older than the venue.
pub fn zone(venue: &Venue) -> TimeZone {
    TimeZone::get(&venue.zone).unwrap_or(TimeZone::UTC)
}

/// The service date of an instant: its local date, where a day begins at `day_starts_at`.
///
/// Depends on nothing that can change while the venue exists, or a change could let two streams sell one hour.
pub fn service_date(venue: &Venue, at: Timestamp) -> Date {
    let _ = (venue, at);
    unimplemented!("domain helper")
}

/// Says whether `starts_at..ends_at` may be sold at all, now. The one function behind hold and search.
pub fn check(venue: &Venue, starts_at: Timestamp, ends_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    let _ = (venue, starts_at, ends_at, now);
    unimplemented!("domain helper")
}

/// Resolves a wall time of a service date to its instant: a time before `day_starts_at` belongs to the following
/// civil day. `None` for a time the clocks skip; the earlier of two where they repeat.
pub fn instant(venue: &Venue, date: Date, time: Time) -> Option<Timestamp> {
    let _ = (venue, date, time);
    unimplemented!("domain helper")
}
