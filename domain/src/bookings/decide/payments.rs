//! Money. What is here is never refused: it confirms its booking, or it has to go back.
use jiff::{SignedDuration, Timestamp};

use super::super::{
    Booking, BookingEvent as E, BookingRejection as R, BookingState as S, CourtDay, ExtensionCause,
    PaymentMethod, RefundCause,
};
use super::holds::check_own;
use super::{Decision, desk, expired, known, longer, moved};
use crate::ids::BookingId;
use crate::money::Money;
use crate::time::later;

/// More than a patient person tries. Each is an event that everybody on this court-day reads.
const MAX_PAYMENTS: usize = 10;

/// The first payment that is started for a hold extends it; no other does. A booking that moved to where it
/// costs more takes payments of the difference.
pub(super) fn start(
    day: &CourtDay,
    id: BookingId,
    payment_reference: String,
    at: Timestamp,
) -> Decision {
    let booking = known(day, &id)?;
    if booking.payments_started.contains_key(&payment_reference) {
        return Ok(vec![]);
    }
    match booking.state_at(at) {
        S::Held if booking.is_moving_here() => Err(R::MoveUnderWay),
        S::Held if !booking.held.has_to_be_paid() => Err(R::NothingToPay),
        S::Held if has_started_enough(booking) => Err(R::TooManyPayments),
        S::Held => {
            let amount = booking.held.price.clone();
            let mut events = vec![E::PaymentStarted { booking: id, payment_reference, amount }];
            events.extend(extension(booking));
            Ok(events)
        }
        S::Confirmed | S::CheckedIn | S::Missed => match booking.difference() {
            None => Err(R::AlreadyConfirmed),
            Some(_) if has_started_enough(booking) => Err(R::TooManyPayments),
            Some(amount) => Ok(vec![E::PaymentStarted { booking: id, payment_reference, amount }]),
        },
        S::Expired => Err(expired(booking)),
        S::Released => Err(R::AlreadyReleased),
        S::Cancelled => Err(R::AlreadyCancelled),
        S::Moved { to } => Err(moved(&to)),
    }
}

pub(super) fn receive(
    day: &CourtDay,
    id: BookingId,
    payment_reference: String,
    amount: Money,
    at: Timestamp,
) -> Decision {
    let booking = known(day, &id)?;
    if booking.payments.contains_key(&payment_reference) {
        return Ok(vec![]);
    }
    let money = Arrived { id, payment_reference, amount, method: PaymentMethod::Provider };
    Ok(match booking.state_at(at) {
        // It is the other booking's money now, and the provider tells us again.
        S::Moved { to } => return Err(moved(&to)),
        S::Held if booking.is_moving_here() => return Err(R::MoveUnderWay),
        S::Confirmed | S::CheckedIn | S::Missed
            if !booking.is_paid() && money.amount == booking.due() =>
        {
            vec![money.received()]
        }
        // Half a price confirms nothing, and more is not ours to keep: all of it goes back.
        _ if money.amount != booking.held.price => money.back(RefundCause::WrongAmount),
        S::Held if booking.held.ends_at <= at || check_own(day, booking, at).is_err() => {
            money.back(RefundCause::PlaceLost)
        }
        S::Held => money.confirm(vec![]),
        S::Confirmed | S::CheckedIn | S::Missed => money.back(RefundCause::PaidTwice),
        S::Expired if booking.held.starts_at <= at => money.back(RefundCause::PlaceLost),
        S::Expired => match desk::again(day, booking, None, at) {
            Ok(events) => money.confirm(events),
            Err(_) => money.back(RefundCause::PlaceLost),
        },
        S::Released | S::Cancelled => money.back(RefundCause::GivenBack),
    })
}

pub(super) fn mark_paid(
    day: &CourtDay,
    id: BookingId,
    payment_reference: String,
    at: Timestamp,
) -> Decision {
    let booking = known(day, &id)?;
    if booking.payments.contains_key(&payment_reference) {
        return Ok(vec![]);
    }
    let amount = booking.due();
    let money = Arrived { id, payment_reference, amount, method: PaymentMethod::Desk };
    match booking.state_at(at) {
        S::Held if booking.is_moving_here() => Err(R::MoveUnderWay),
        S::Held if booking.held.ends_at <= at => Err(R::AlreadyOver),
        S::Held => {
            check_own(day, booking, at)?;
            Ok(money.confirm(vec![]))
        }
        S::Confirmed | S::CheckedIn | S::Missed if booking.is_paid() => Err(R::AlreadyPaid),
        S::Confirmed | S::CheckedIn | S::Missed => Ok(vec![money.received()]),
        S::Expired => Err(expired(booking)),
        S::Released => Err(R::AlreadyReleased),
        S::Cancelled => Err(R::AlreadyCancelled),
        S::Moved { to } => Err(moved(&to)),
    }
}

/// The next generation of a hold whose first payment starts.
fn extension(booking: &Booking) -> Option<E> {
    let held = &booking.held;
    let expires_at = held.expires_at.filter(|_| booking.payments_started.is_empty())?;
    let by = SignedDuration::from_secs(held.payment_extension_seconds.into());
    longer(booking, later(expires_at, by), ExtensionCause::Payment)
}

fn has_started_enough(booking: &Booking) -> bool {
    MAX_PAYMENTS <= booking.payments_started.len()
}

/// Money that nobody has heard of before.
struct Arrived {
    id: BookingId,
    payment_reference: String,
    amount: Money,
    method: PaymentMethod,
}

impl Arrived {
    fn received(self) -> E {
        let Self { id: booking, payment_reference, amount, method } = self;
        E::PaymentReceived { booking, payment_reference, amount, method, moved_from: None }
    }

    fn confirm(self, mut events: Vec<E>) -> Vec<E> {
        let (booking, reference) = (self.id.clone(), self.payment_reference.clone());
        events.push(self.received());
        events.push(E::Confirmed { booking, payment_reference: Some(reference) });
        events
    }

    fn back(self, why: RefundCause) -> Vec<E> {
        let Self { id: booking, payment_reference, amount, .. } = self;
        vec![E::RefundRequired { booking, payment_reference, amount, why }]
    }
}
