//! The venue's rules of sale: when a court can be had, for how long, and for how much.
//!
//! These are plain functions of facts, so that the hold, which decides, and the search, which advises, ask the
//! very same question and can never disagree.
mod check;
mod clock;
mod dates;
mod days;
mod grid;
mod hours;
mod price_list;
mod prices;
mod release;
mod slots;
mod validate;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use check::outside;
pub use check::{check, check_court, expires_at};
pub use clock::{
    NoSuchTime, instant, instant_or_jump, is_zone, resolve, service_date, service_day, zone,
};
pub use dates::{MAX_DATES, MalformedDate, ServiceDate};
pub use days::{DayPart, day_parts};
pub use grid::grid;
pub use hours::{DayHours, Week, open_hours};
pub use price_list::PriceList;
pub use prices::{PeakWindow, Prices};
pub use release::{Release, released_at};
pub use slots::slots;

/// What a venue allows. Stored in `venue.policy-set`; every field has the seeds' value as its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// Starts and ends lie on multiples of this since the venue's local midnight.
    pub grid_minutes: u32,
    pub min_minutes: u32,
    pub max_minutes: u32,
    pub hold_seconds: u32,
    /// How many days ahead of now a start may lie; `release` says from when on that day.
    pub advance_days: u32,
    pub release: Release,
    pub full_refund_hours: u32,
    pub late_refund_percent: u8,
    pub payment: Payment,
    /// What starting a payment adds to a hold, once.
    pub payment_extension_seconds: u32,
    /// The most holds a player has open at one time.
    pub max_open_holds: u32,
    /// The most bookings a player has on one service day, holds included.
    pub max_bookings_per_day: u32,
    /// The most bookings a player has ahead, holds included.
    pub max_upcoming: u32,
}

/// What it takes to confirm a hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    /// The player's word.
    #[default]
    None,
    /// The player's word; staff mark the booking paid at the desk.
    AtVenue,
    /// The provider's word that it was paid, and nobody else's.
    Required,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            grid_minutes: 30,
            min_minutes: 60,
            max_minutes: 180,
            hold_seconds: 900,
            advance_days: 14,
            release: Release::Rolling,
            full_refund_hours: 24,
            late_refund_percent: 50,
            payment: Payment::None,
            payment_extension_seconds: 600,
            max_open_holds: 2,
            max_bookings_per_day: 2,
            max_upcoming: 6,
        }
    }
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
    #[error("the court is out of service on that day")]
    CourtRetired,
    #[error("the start lies in the past")]
    InThePast,
    #[error("this place can be booked from {opens_at} on")]
    TooFarAhead { opens_at: Timestamp },
}

/// Says whether a text will do as a name that people read: 1 to 100 characters on one line.
pub(crate) fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 100 && !text.chars().any(char::is_control)
}
