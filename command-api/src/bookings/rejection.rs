use std::fmt::Display;

use domain::bookings::BookingRejection;
use domain::policies::Refusal;
use jiff::Timestamp;
use runtime::Problem;
use runtime::problem::{Kind, NOT_FOUND};

use crate::idempotency::reused;
use crate::refused::{Explain, broken};

pub const SLOT_TAKEN: Kind = Kind::conflict("slot-taken", "Somebody else has the court");
pub const QUOTA_FULL: Kind = Kind::conflict("quota-full", "You have as much here as one may have");
const HOLD_EXPIRED: Kind = Kind::conflict("hold-expired", "The hold ran out");
const ALREADY_CONFIRMED: Kind = Kind::conflict("already-confirmed", "The booking is confirmed");
const ALREADY_RELEASED: Kind = Kind::conflict("already-released", "The hold was given back");
const ALREADY_CANCELLED: Kind = Kind::conflict("already-cancelled", "The booking was cancelled");
const ALREADY_BEGUN: Kind = Kind::conflict("already-begun", "The booking has begun");
const ONLY_HELD: Kind = Kind::conflict("only-held", "The booking is only held");
const ALREADY_OVER: Kind = Kind::conflict("already-over", "The time of the booking is over");
const TOO_EARLY: Kind = Kind::conflict("too-early", "It is too early to check in");
const BLOCKED: Kind = Kind::conflict("blocked", "Nobody can play on the court then");
const BOOKING_MOVED: Kind = Kind::conflict("booking-moved", "The booking was moved");
const MOVE_UNDER_WAY: Kind = Kind::conflict("move-under-way", "A booking is moving here");
const MOVE_ABANDONED: Kind = Kind::conflict("move-abandoned", "The move was given up");
const PAYMENT_REQUIRED: Kind =
    Kind::conflict("payment-required", "Only a payment confirms this booking");
const NOTHING_TO_PAY: Kind = Kind::conflict("nothing-to-pay", "Nothing has to be paid");
const TOO_MANY_PAYMENTS: Kind =
    Kind::conflict("too-many-payments", "Too many payments were started");
const ALREADY_PAID: Kind = Kind::conflict("already-paid", "The booking is paid");
const BOOKINGS_IN_THE_WAY: Kind = Kind::conflict("bookings-in-the-way", "Bookings are in the way");

pub const KINDS: &[Kind] = &[
    SLOT_TAKEN,
    QUOTA_FULL,
    HOLD_EXPIRED,
    ALREADY_CONFIRMED,
    ALREADY_RELEASED,
    ALREADY_CANCELLED,
    ALREADY_BEGUN,
    ONLY_HELD,
    ALREADY_OVER,
    TOO_EARLY,
    BLOCKED,
    BOOKING_MOVED,
    MOVE_UNDER_WAY,
    MOVE_ABANDONED,
    PAYMENT_REQUIRED,
    NOTHING_TO_PAY,
    TOO_MANY_PAYMENTS,
    ALREADY_PAID,
    BOOKINGS_IN_THE_WAY,
];

impl Explain for BookingRejection {
    fn explain(&self) -> Problem {
        let detail = self.to_string();
        match self {
            Self::Policy(refusal) => explain(refusal),
            Self::SlotTaken => Problem::new(SLOT_TAKEN, detail),
            Self::Blocked { .. } => Problem::new(BLOCKED, detail),
            Self::BookingDiffers | Self::BlockDiffers => reused(),
            Self::UnknownBooking | Self::UnknownRefund | Self::UnknownBlock => {
                Problem::new(NOT_FOUND, detail)
            }
            Self::HoldExpired { .. } => Problem::new(HOLD_EXPIRED, detail),
            Self::NotDue { .. } => {
                tracing::error!("only the timer ends things, and nobody here asked for it");
                broken()
            }
            Self::NotMoving => {
                tracing::error!("a step of a move was taken where no move is");
                broken()
            }
            Self::AlreadyConfirmed => Problem::new(ALREADY_CONFIRMED, detail),
            Self::OnlyHeld => Problem::new(ONLY_HELD, detail),
            Self::AlreadyReleased => Problem::new(ALREADY_RELEASED, detail),
            Self::AlreadyCancelled => Problem::new(ALREADY_CANCELLED, detail),
            Self::AlreadyBegun => Problem::new(ALREADY_BEGUN, detail),
            Self::AlreadyOver => Problem::new(ALREADY_OVER, detail),
            Self::TooEarly { .. } => Problem::new(TOO_EARLY, detail),
            Self::BookingMoved { .. } => Problem::new(BOOKING_MOVED, detail),
            Self::MoveUnderWay => Problem::new(MOVE_UNDER_WAY, detail),
            Self::MoveAbandoned => Problem::new(MOVE_ABANDONED, detail),
            Self::AnotherVenue => invalid(self, "court", "another-venue"),
            Self::PaymentRequired => Problem::new(PAYMENT_REQUIRED, detail),
            Self::NothingToPay => Problem::new(NOTHING_TO_PAY, detail),
            Self::TooManyPayments => Problem::new(TOO_MANY_PAYMENTS, detail),
            Self::AlreadyPaid => Problem::new(ALREADY_PAID, detail),
            Self::BookingsInTheWay { bookings } => {
                let ids: Vec<String> = bookings.iter().map(ToString::to_string).collect();
                Problem::new(BOOKINGS_IN_THE_WAY, format!("{detail}: {}", ids.join(", ")))
            }
            Self::OutsideDay => invalid(self, "ends_at", "outside-day"),
        }
    }
}

/// Whether it is this court that cannot be had, so that another may do.
pub fn is_taken(rejection: &BookingRejection) -> bool {
    use BookingRejection as R;
    matches!(rejection, R::SlotTaken | R::Blocked { .. } | R::Policy(Refusal::CourtRetired))
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
        Refusal::CourtRetired => invalid(refusal, "court", "court-retired"),
        Refusal::InThePast => invalid(refusal, "starts_at", "in-the-past"),
        Refusal::TooFarAhead { .. } => invalid(refusal, "starts_at", "too-far-ahead"),
    }
}

fn invalid(why: &impl Display, field: &str, code: &'static str) -> Problem {
    Problem::invalid(field, code, why.to_string())
}
