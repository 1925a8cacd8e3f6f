//! The court-day decides: one stream for each court and service day, and the only lock there is.
//!
//! **Invariant:** no two live bookings of one court-day overlap, and every generation of a hold ends in exactly
//! one terminal event (confirmed, expired, released).
mod command;
mod event;
mod rejection;
mod upcast;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::decider::Decider;
use crate::ids::{BookingId, CourtCode};

pub use command::{BookingCommand, Hold};
pub use event::{BookingEvent, ExpiryCause, Held, Terms};
pub use rejection::BookingRejection;

/// What the rules remember of one court on one service day.
#[derive(Clone, Debug, Default)]
pub struct CourtDay {
    pub bookings: BTreeMap<BookingId, Booking>,
}

#[derive(Clone, Debug)]
pub struct Booking {
    /// As it was held; `generation` and `expires_at` are those of the present hold.
    pub held: Held,
    pub state: BookingState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookingState {
    Held,
    Confirmed,
    Expired,
    Released,
    Cancelled,
}

/// The stream of a court on a service day.
pub fn stream(court: &CourtCode, date: jiff::civil::Date) -> String {
    format!("courtday-{court}-{date}")
}
