use jiff::Timestamp;

use super::super::{
    Booking, BookingEvent as E, BookingRejection as R, BookingState as S, By, CourtDay,
    ExpiryCause, ExtensionCause, Hold, Holder,
};
use super::{Decision, clear, expired, known, longer, moved, places};
use crate::ids::BookingId;
use crate::time::later;

pub(super) fn hold(day: &CourtDay, hold: Hold) -> Decision {
    let Hold { place, by } = hold;
    // Before any rule about time: the answer to a retry does not change because the hours did, or time passed.
    if let Some(known) = day.bookings.get(&place.booking) {
        let wanted = places::sold(place, by);
        return if is_same(known, &wanted) { Ok(vec![]) } else { Err(R::BookingDiffers) };
    }
    let overridden = match &by {
        Holder::Player(_) => None,
        Holder::Desk { overridden, .. } => overridden.as_ref(),
    };
    places::check(&place, overridden)?;
    let mut events = clear(day, None, (place.starts_at, place.ends_at), place.at)?;
    events.push(E::Held(Box::new(places::sold(place, by))));
    Ok(events)
}

pub(super) fn confirm(
    day: &CourtDay,
    id: BookingId,
    payment_reference: Option<String>,
    by: By,
    at: Timestamp,
) -> Decision {
    let booking = known(day, &id)?;
    match booking.state_at(at) {
        S::Held if booking.is_moving_here() => Err(R::MoveUnderWay),
        S::Held if booking.held.ends_at <= at => Err(R::AlreadyOver),
        S::Held if by == By::Player && booking.held.has_to_be_paid() => Err(R::PaymentRequired),
        S::Held => {
            check_own(day, booking, at)?;
            Ok(vec![E::Confirmed { booking: id, payment_reference }])
        }
        S::Confirmed | S::CheckedIn | S::Missed => Ok(vec![]),
        S::Expired => Err(expired(booking)),
        S::Released => Err(R::AlreadyReleased),
        S::Cancelled => Err(R::AlreadyCancelled),
        S::Moved { to } => Err(moved(&to)),
    }
}

pub(super) fn expire(
    day: &CourtDay,
    id: BookingId,
    generation: u32,
    cause: ExpiryCause,
    at: Timestamp,
) -> Decision {
    // What is not held, or held anew, has nothing left to expire: a late timer is no failure.
    let Some(booking) = day.bookings.get(&id) else { return Ok(vec![]) };
    match (&booking.state, booking.held.expires_at) {
        (S::Held, _) if generation != booking.held.generation => Ok(vec![]),
        (S::Held, Some(due_at)) if at < due_at => Err(R::NotDue { due_at }),
        (S::Held, Some(_)) => Ok(vec![E::Expired { booking: id, generation, cause }]),
        // A hold without a clock never expires.
        (S::Held, None) => Ok(vec![]),
        (S::Confirmed | S::CheckedIn | S::Missed, _) => Ok(vec![]),
        (S::Expired | S::Released | S::Cancelled | S::Moved { .. }, _) => Ok(vec![]),
    }
}

pub(super) fn release(day: &CourtDay, id: BookingId, at: Timestamp) -> Decision {
    let booking = known(day, &id)?;
    match booking.state_at(at) {
        S::Held if booking.is_moving_here() => Err(R::MoveUnderWay),
        S::Held => Ok(vec![E::Released { booking: id }]),
        S::Confirmed | S::CheckedIn | S::Missed => Err(R::AlreadyConfirmed),
        S::Expired => Err(expired(booking)),
        S::Released => Ok(vec![]),
        S::Cancelled => Err(R::AlreadyCancelled),
        S::Moved { to } => Err(moved(&to)),
    }
}

/// Its time is taken to have stood still since then, however often this is asked while the maintenance ends. A hold that
/// was over by then is over.
pub(super) fn resume(day: &CourtDay, id: BookingId, since: Timestamp, at: Timestamp) -> Decision {
    let booking = known(day, &id)?;
    if booking.state != S::Held {
        return Ok(vec![]);
    }
    let stood = booking.paused.filter(|it| it.since == since);
    let expires_at = stood.map_or(booking.held.expires_at, |it| it.expires_at);
    let Some(expires_at) = expires_at.filter(|it| since < *it) else { return Ok(vec![]) };
    let until = later(expires_at, at.duration_since(since));
    let cause = ExtensionCause::Maintenance { since };
    Ok(longer(booking, until, cause).into_iter().collect())
}

/// No history of this crate's making has an overlap; an import or a repair by hand could.
pub(super) fn check_own(day: &CourtDay, booking: &Booking, at: Timestamp) -> Result<(), R> {
    let held = &booking.held;
    clear(day, Some(&held.booking), (held.starts_at, held.ends_at), at).map(|_| ())
}

fn is_same(known: &Booking, wanted: &super::super::Held) -> bool {
    let it = &known.held;
    it.booked_for.is_same(&wanted.booked_for)
        && it.starts_at == wanted.starts_at
        && it.ends_at == wanted.ends_at
        && it.moved_from == wanted.moved_from
}
