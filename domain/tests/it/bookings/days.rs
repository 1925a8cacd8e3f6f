//! The court-day of one court on Saturday, 21 November 2026, in Berlin. Holds last from 12:00 to 12:15 unless said
//! otherwise, for play from 18:00 to 19:30 at 24.01 an hour.
use domain::bookings::BookingCommand::{self, Cancel, Confirm, Expire, Release};
use domain::bookings::BookingEvent::{self, Cancelled, Confirmed, Expired, Released};
use domain::bookings::BookingRejection::HoldExpired;
use domain::bookings::{
    self, BlockCause, BookedFor, By, CancelCause, Canceller, ExpiryCause, Held, Hold, Holder,
    PaymentMethod, Place, RefundCause, Terms,
};
use domain::courts::Court;
use domain::ids::{BlockId, BookingId, UserId};
use domain::money::Money;
use domain::policies::{Payment, Prices};
use domain::venues::Venue;
use jiff::Timestamp;
use uuid::Uuid;

use crate::place;

pub const A: &str = "2026-11-21-7FK2-AAAAAAAA";
pub const B: &str = "2026-11-21-7FK2-BBBBBBBB";
pub const PLAYER: UserId = UserId(Uuid::from_u128(1));
pub const ANOTHER: UserId = UserId(Uuid::from_u128(2));

pub fn id(text: &str) -> BookingId {
    text.parse().unwrap()
}

/// A time of the day, `18:00` or `18:00:59.5`.
#[track_caller]
pub fn t(time: &str) -> Timestamp {
    let seconds = if time.len() == 5 { ":00" } else { "" };
    format!("2026-11-21T{time}{seconds}+01:00").parse().unwrap()
}

pub fn court() -> Court {
    let (currency, peak) = ("EUR".to_owned(), vec![]);
    Court {
        venue: "nord".parse().unwrap(),
        name: "Court 1".to_owned(),
        kind: "tennis".to_owned(),
        surface: "clay".to_owned(),
        indoor: true,
        prices: Prices { currency, off_peak_per_hour_minor: 2401, peak_per_hour_minor: 9999, peak }
            .into(),
        service: [].into(),
    }
}

pub fn hold_under(
    venue: Venue,
    booking: &str,
    from: Timestamp,
    to: Timestamp,
    at: Timestamp,
) -> Hold {
    let (starts_at, ends_at, booking, court) = (from, to, id(booking), court());
    let (venue_revision, court_revision) = (3, 1);
    let place =
        Place { booking, starts_at, ends_at, at, venue, venue_revision, court, court_revision };
    Hold { place, by: Holder::Player(PLAYER) }
}

pub fn hold(booking: &str, from: &str, to: &str, at: &str) -> BookingCommand {
    BookingCommand::Hold(Box::new(hold_under(place::venue(), booking, t(from), t(to), t(at))))
}

pub fn eur(amount_minor: i64) -> Money {
    Money { amount_minor, currency: "EUR".to_owned() }
}

/// What a hold of these times at 24.01 an hour writes down.
pub fn held_until(
    booking: &str,
    from: &str,
    to: &str,
    price: i64,
    expires_at: &str,
) -> BookingEvent {
    BookingEvent::Held(Box::new(Held {
        booking: id(booking),
        reference: id(booking),
        generation: 1,
        venue: "nord".parse().unwrap(),
        booked_for: BookedFor::Player { user: PLAYER },
        starts_at: t(from),
        ends_at: t(to),
        zone: "Europe/Berlin".to_owned(),
        expires_at: Some(t(expires_at)),
        price: eur(price),
        terms: Terms { full_refund_hours: 24, late_refund_percent: 50 },
        payment: Payment::None,
        payment_extension_seconds: 600,
        moved_from: None,
        overridden: None,
        venue_revision: 3,
        court_revision: 1,
    }))
}

pub fn held(booking: &str) -> BookingEvent {
    held_until(booking, "18:00", "19:30", 3602, "12:15")
}

pub fn confirmed(booking: &str) -> BookingEvent {
    Confirmed { booking: id(booking), payment_reference: None }
}

pub fn expired(booking: &str, cause: ExpiryCause) -> BookingEvent {
    Expired { booking: id(booking), generation: 1, cause }
}

pub fn released(booking: &str) -> BookingEvent {
    Released { booking: id(booking) }
}

pub fn cancelled(booking: &str, refund: i64) -> BookingEvent {
    Cancelled { booking: id(booking), refund: eur(refund), cause: CancelCause::Player }
}

pub fn confirm(booking: &str, at: &str) -> BookingCommand {
    Confirm { booking: id(booking), payment_reference: None, by: By::Player, at: t(at) }
}

pub fn expire(generation: u32, at: &str) -> BookingCommand {
    Expire { booking: id(A), generation, cause: ExpiryCause::Timer, at: t(at) }
}

pub fn release(at: &str) -> BookingCommand {
    Release { booking: id(A), at: t(at) }
}

pub fn cancel(at: &str) -> BookingCommand {
    Cancel { booking: id(A), by: Canceller::Player, at: t(at) }
}

pub type Answer = Result<Vec<BookingEvent>, bookings::BookingRejection>;

pub fn over() -> Answer {
    Err(HoldExpired { expired_at: t("12:15") })
}

/// The same hold, with a clock or without, and changed as the case needs it.
pub fn held_with(booking: &str, change: impl FnOnce(&mut Held)) -> BookingEvent {
    let BookingEvent::Held(mut held) = held(booking) else { unreachable!() };
    change(&mut held);
    BookingEvent::Held(held)
}

/// A hold that only a payment confirms.
pub fn held_for_payment(booking: &str) -> BookingEvent {
    held_with(booking, |it| it.payment = Payment::Required)
}

pub fn received(booking: &str, reference: &str, amount: i64) -> BookingEvent {
    BookingEvent::PaymentReceived {
        booking: id(booking),
        payment_reference: reference.to_owned(),
        amount: eur(amount),
        method: PaymentMethod::Provider,
        moved_from: None,
    }
}

pub fn paid(booking: &str, reference: &str) -> BookingEvent {
    Confirmed { booking: id(booking), payment_reference: Some(reference.to_owned()) }
}

pub fn refund(booking: &str, reference: &str, amount: i64, why: RefundCause) -> BookingEvent {
    let payment_reference = reference.to_owned();
    BookingEvent::RefundRequired {
        booking: id(booking),
        payment_reference,
        amount: eur(amount),
        why,
    }
}

pub fn moved(booking: &str, to: &str) -> BookingEvent {
    BookingEvent::Moved { booking: id(booking), to: id(to) }
}

pub fn reinstated(booking: &str, generation: u32) -> BookingEvent {
    let (starts_at, ends_at) = (t("18:00"), t("19:30"));
    BookingEvent::Reinstated { booking: id(booking), generation, starts_at, ends_at, reason: None }
}

pub const BLOCK: BlockId = BlockId(Uuid::from_u128(7));

pub fn blocked(from: &str, to: &str) -> BookingEvent {
    let (starts_at, ends_at, cause) = (t(from), t(to), BlockCause::Rain);
    BookingEvent::Blocked { block: BLOCK, starts_at, ends_at, cause, reason: None }
}
