//! A booking moves under a new id, on the terms it was made under, and takes what was paid along. What it costs less
//! there is owed to whoever paid; what it costs more is left open, and keeps nobody from playing.
//!
//! To another court-day it moves in three steps: the new place is held without a clock (`hold`), the old court-day
//! lets go (`commit`: the point of no return), the new one confirms (`confirm`). Whoever finds that left half-done
//! first makes the old court-day abandon the move (`abandon`). From then on it cannot be committed, and the new
//! place is released; or it has been committed already, and the new place is confirmed.
use jiff::Timestamp;

use super::super::{
    Booking, BookingEvent as E, BookingRejection as R, BookingState as S, BroughtPayment, CourtDay,
    Held, HoldMoved, Move, Place, RefundCause,
};
use super::{Decision, clear, expired, known, moved, places};
use crate::ids::BookingId;
use crate::money::Money;

pub(super) fn within_the_day(day: &CourtDay, it: Move) -> Decision {
    let Move { booking: id, place, overridden } = it;
    let booking = known(day, &id)?;
    let at = place.at;
    if place.booking.stream() != id.stream() {
        return Err(R::NotMoving);
    }
    if let Some(there) = day.bookings.get(&place.booking) {
        let same = is_same(there, &places::moved_to(place, &booking.held, overridden));
        return if same { Ok(vec![]) } else { Err(R::BookingDiffers) };
    }
    check_movable(booking, at)?;
    check_place(&place, &booking.held, overridden.as_ref())?;
    // Half an hour later overlaps with itself.
    let mut events = clear(day, Some(&id), (place.starts_at, place.ends_at), at)?;
    let held = places::moved_to(place, &booking.held, overridden);
    let to = held.booking.clone();
    let left = leave(booking, &to, &held.price);
    let mut booking = booking.clone();
    left.iter().cloned().for_each(|it| booking.evolve(it));
    events.extend(left);
    events.push(E::Held(Box::new(held.clone())));
    events.extend(booking.brought().map(|it| brought(&held, it)));
    let payment_reference = booking.payment_reference.clone();
    events.push(E::Confirmed { booking: to, payment_reference });
    Ok(events)
}

pub(super) fn hold(day: &CourtDay, it: HoldMoved) -> Decision {
    let HoldMoved { from, place, overridden } = it;
    if place.booking.stream() == from.booking.stream() {
        return Err(R::NotMoving);
    }
    if let Some(there) = day.bookings.get(&place.booking) {
        let same = is_same(there, &places::moved_to(place, &from, overridden));
        return if same { Ok(vec![]) } else { Err(R::BookingDiffers) };
    }
    check_place(&place, &from, overridden.as_ref())?;
    let mut events = clear(day, None, (place.starts_at, place.ends_at), place.at)?;
    events.push(E::Held(Box::new(places::moved_to(place, &from, overridden))));
    Ok(events)
}

pub(super) fn commit(
    day: &CourtDay,
    id: BookingId,
    to: BookingId,
    price: &Money,
    at: Timestamp,
) -> Decision {
    let booking = known(day, &id)?;
    match &booking.state {
        S::Moved { to: there } if *there == to => Ok(vec![]),
        _ if booking.abandoned.contains(&to) => Err(R::MoveAbandoned),
        _ => {
            check_movable(booking, at)?;
            Ok(leave(booking, &to, price))
        }
    }
}

/// The old place's last word. What was paid beyond the new price is owed from here on, in the same append: it is owed
/// if and only if the booking has moved, and the rest goes along.
fn leave(booking: &Booking, to: &BookingId, price: &Money) -> Vec<E> {
    let id = &booking.held.booking;
    let mut events = vec![E::Moved { booking: id.clone(), to: to.clone() }];
    let mut open = price.amount_minor;
    for (reference, payment) in booking.paid() {
        let paid = payment.amount.amount_minor;
        // Money of another currency pays for nothing there.
        let used = if payment.amount.currency == price.currency { paid.min(open) } else { 0 };
        open -= used;
        if used < paid {
            let amount = Money { amount_minor: paid - used, ..payment.amount.clone() };
            events.push(E::RefundRequired {
                booking: id.clone(),
                payment_reference: reference.clone(),
                amount,
                why: RefundCause::PriceDifference,
            });
        }
    }
    events
}

/// Never late: the hold has no clock, and nothing else ends it.
pub(super) fn confirm(
    day: &CourtDay,
    id: BookingId,
    payment_reference: Option<String>,
    payments: Vec<BroughtPayment>,
) -> Decision {
    let booking = known(day, &id)?;
    match booking.state {
        _ if booking.held.moved_from.is_none() => Err(R::NotMoving),
        S::Held => {
            let payments = payments.into_iter().map(|it| brought(&booking.held, it));
            let confirmed = E::Confirmed { booking: id, payment_reference };
            Ok(payments.chain([confirmed]).collect())
        }
        S::Confirmed | S::CheckedIn | S::Missed | S::Cancelled | S::Moved { .. } => Ok(vec![]),
        S::Released | S::Expired => Err(R::MoveAbandoned),
    }
}

pub(super) fn abandon(day: &CourtDay, id: BookingId, to: BookingId) -> Decision {
    let booking = known(day, &id)?;
    match &booking.state {
        S::Moved { to: there } if *there == to => Err(moved(there)),
        // It moved somewhere else, and nothing moves twice.
        S::Moved { .. } => Ok(vec![]),
        _ if booking.abandoned.contains(&to) => Ok(vec![]),
        // Whatever else became of it: the desk could reinstate it, and the move would go on.
        _ => Ok(vec![E::MoveAbandoned { booking: id, to }]),
    }
}

pub(super) fn release(day: &CourtDay, id: BookingId) -> Decision {
    let booking = known(day, &id)?;
    match booking.state {
        _ if booking.held.moved_from.is_none() => Err(R::NotMoving),
        S::Held => Ok(vec![E::Released { booking: id }]),
        S::Released | S::Expired => Ok(vec![]),
        S::Confirmed | S::CheckedIn | S::Missed | S::Cancelled | S::Moved { .. } => {
            Err(R::AlreadyConfirmed)
        }
    }
}

fn check_movable(booking: &Booking, at: Timestamp) -> Result<(), R> {
    match booking.state_at(at) {
        S::Held if booking.is_moving_here() => Err(R::MoveUnderWay),
        S::Held => Err(R::OnlyHeld),
        S::Confirmed if at < booking.held.starts_at => Ok(()),
        S::Confirmed | S::CheckedIn => Err(R::AlreadyBegun),
        S::Missed => Err(R::AlreadyOver),
        S::Expired => Err(expired(booking)),
        S::Released => Err(R::AlreadyReleased),
        S::Cancelled => Err(R::AlreadyCancelled),
        S::Moved { to } => Err(moved(&to)),
    }
}

/// Terms and payments are one venue's.
fn check_place(
    place: &Place,
    from: &Held,
    overridden: Option<&crate::sealed::Sealed>,
) -> Result<(), R> {
    if place.court.venue != from.venue {
        return Err(R::AnotherVenue);
    }
    places::check(place, overridden)
}

fn is_same(known: &Booking, wanted: &Held) -> bool {
    let it = &known.held;
    it.moved_from == wanted.moved_from
        && it.starts_at == wanted.starts_at
        && it.ends_at == wanted.ends_at
}

fn brought(held: &Held, payment: BroughtPayment) -> E {
    let BroughtPayment { payment_reference, amount, method } = payment;
    E::PaymentReceived {
        booking: held.booking.clone(),
        payment_reference,
        amount,
        method,
        moved_from: held.moved_from.clone(),
    }
}
