use std::fmt::Display;

use axum::http::StatusCode;
use domain::bookings::BookingRejection;
use domain::policies::Refusal;
use jiff::Timestamp;
use runtime::Problem;
use runtime::problem::{INVALID, Kind, NOT_FOUND, Place};

use crate::idempotency::reused;
use crate::refused::{Explain, broken};

const SLOT_TAKEN: Kind = conflict("slot-taken", "Somebody else has the court");
const HOLD_EXPIRED: Kind = conflict("hold-expired", "The hold ran out");
const ALREADY_CONFIRMED: Kind = conflict("already-confirmed", "The booking is confirmed");
const ALREADY_RELEASED: Kind = conflict("already-released", "The hold was given back");
const ALREADY_CANCELLED: Kind = conflict("already-cancelled", "The booking was cancelled");
const ALREADY_BEGUN: Kind = conflict("already-begun", "The booking has begun");
const ONLY_HELD: Kind = conflict("only-held", "The booking is only held");

pub const KINDS: &[Kind] = &[
    SLOT_TAKEN,
    HOLD_EXPIRED,
    ALREADY_CONFIRMED,
    ALREADY_RELEASED,
    ALREADY_CANCELLED,
    ALREADY_BEGUN,
    ONLY_HELD,
];

const fn conflict(name: &'static str, title: &'static str) -> Kind {
    Kind { name, status: StatusCode::CONFLICT, title }
}

impl Explain for BookingRejection {
    fn explain(&self) -> Problem {
        let detail = self.to_string();
        match self {
            Self::Policy(refusal) => explain(refusal),
            Self::SlotTaken => Problem::new(SLOT_TAKEN, detail),
            Self::BookingDiffers => reused(),
            Self::UnknownBooking => Problem::new(NOT_FOUND, detail),
            Self::HoldExpired { .. } => Problem::new(HOLD_EXPIRED, detail),
            Self::NotDue { .. } => {
                tracing::error!("only the timer expires holds, and nobody here asked for it");
                broken()
            }
            Self::AlreadyConfirmed => Problem::new(ALREADY_CONFIRMED, detail),
            Self::OnlyHeld => Problem::new(ONLY_HELD, detail),
            Self::AlreadyReleased => Problem::new(ALREADY_RELEASED, detail),
            Self::AlreadyCancelled => Problem::new(ALREADY_CANCELLED, detail),
            Self::AlreadyBegun => Problem::new(ALREADY_BEGUN, detail),
        }
    }
}

/// What a hold is told. Of a time that is not in the hours, it tells which end: `starts_at` is the one asked for.
pub fn explain_hold(rejection: &BookingRejection, starts_at: Timestamp) -> Problem {
    match rejection {
        BookingRejection::Policy(Refusal::OutsideHours {
            opens_at: Some(opens),
            closes_at: Some(closes),
        }) if (*opens..*closes).contains(&starts_at) => {
            invalid(rejection, "ends_at", "outside-hours")
        }
        _ => rejection.explain(),
    }
}

fn explain(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::EndBeforeStart => invalid(refusal, "ends_at", "end-before-start"),
        Refusal::OffGrid { at_start: true, .. } => invalid(refusal, "starts_at", "off-grid"),
        Refusal::OffGrid { at_start: false, .. } => invalid(refusal, "ends_at", "off-grid"),
        Refusal::TooShort { .. } => invalid(refusal, "ends_at", "too-short"),
        Refusal::TooLong { .. } => invalid(refusal, "ends_at", "too-long"),
        Refusal::OutsideHours { .. } => invalid(refusal, "starts_at", "outside-hours"),
        Refusal::InThePast => invalid(refusal, "starts_at", "in-the-past"),
        Refusal::TooFarAhead { .. } => invalid(refusal, "starts_at", "too-far-ahead"),
    }
}

fn invalid(why: &impl Display, field: &str, code: &'static str) -> Problem {
    let detail = why.to_string();
    Problem::new(INVALID, detail.clone()).at(Place::field(field), code, detail)
}
