use jiff::{SignedDuration, Timestamp};

use super::super::{
    Booking, BookingEvent as E, BookingRejection as R, BookingState as S, CancelCause, Canceller,
    CourtDay,
};
use super::{Decision, clear, expired, known, lapse, moved, refunds};
use crate::ids::BookingId;
use crate::sealed::Sealed;
use crate::time::later;

/// Who comes earlier than this has come for something else.
const CHECK_IN_BEFORE: SignedDuration = SignedDuration::from_hours(1);

pub(super) fn cancel(day: &CourtDay, id: BookingId, by: Canceller, at: Timestamp) -> Decision {
    let booking = known(day, &id)?;
    let held = &booking.held;
    let (cause, in_full) = match by {
        Canceller::Player => (CancelCause::Player, false),
        Canceller::Desk => (CancelCause::Staff { reason: None }, false),
        Canceller::DeskInFull { reason } => (CancelCause::Staff { reason: Some(reason) }, true),
    };
    match booking.state_at(at) {
        S::Held if booking.is_moving_here() => Err(R::MoveUnderWay),
        S::Held => Err(R::OnlyHeld),
        S::Confirmed | S::CheckedIn if in_full && at < held.ends_at => {
            Ok(refunds::cancel(booking, 100, cause))
        }
        S::Confirmed if at < held.starts_at => {
            Ok(refunds::cancel(booking, refunds::percent(held, at), cause))
        }
        S::Confirmed | S::CheckedIn => Err(R::AlreadyBegun),
        S::Missed => Err(R::AlreadyOver),
        S::Expired => Err(expired(booking)),
        S::Released => Err(R::AlreadyReleased),
        S::Cancelled => Ok(vec![]),
        S::Moved { to } => Err(moved(&to)),
    }
}

pub(super) fn reinstate(
    day: &CourtDay,
    id: BookingId,
    reason: Option<Sealed>,
    at: Timestamp,
) -> Decision {
    let booking = known(day, &id)?;
    match booking.state_at(at) {
        S::Held if booking.is_moving_here() => Err(R::MoveUnderWay),
        S::Held => Err(R::OnlyHeld),
        S::Confirmed | S::CheckedIn | S::Missed => Ok(vec![]),
        // Its booking never came here: it is still where it was, or somewhere else.
        S::Released if booking.held.moved_from.is_some() => Err(R::MoveAbandoned),
        S::Expired | S::Released | S::Cancelled if at < booking.held.ends_at => {
            let mut events = again(day, booking, reason, at)?;
            events.extend(refunds::withdraw(booking));
            let payment_reference = booking.payment_reference.clone();
            events.push(E::Confirmed { booking: id, payment_reference });
            Ok(events)
        }
        S::Expired | S::Released | S::Cancelled => Err(R::AlreadyOver),
        S::Moved { to } => Err(moved(&to)),
    }
}

/// Takes the place of an ended booking once more, if it is still free. Whoever asks confirms it in the same append.
pub(super) fn again(
    day: &CourtDay,
    booking: &Booking,
    reason: Option<Sealed>,
    at: Timestamp,
) -> Decision {
    let held = &booking.held;
    let mut events = clear(day, Some(&held.booking), (held.starts_at, held.ends_at), at)?;
    events.extend(lapse(booking, at));
    events.push(E::Reinstated {
        booking: held.booking.clone(),
        generation: held.generation + 1,
        starts_at: held.starts_at,
        ends_at: held.ends_at,
        reason,
    });
    Ok(events)
}

pub(super) fn check_in(day: &CourtDay, id: BookingId, at: Timestamp) -> Decision {
    let booking = known(day, &id)?;
    let opens_at = later(booking.held.starts_at, -CHECK_IN_BEFORE);
    match booking.state_at(at) {
        S::Held if booking.is_moving_here() => Err(R::MoveUnderWay),
        S::Held => Err(R::OnlyHeld),
        S::Confirmed if at < opens_at => Err(R::TooEarly { opens_at }),
        S::Confirmed if at < booking.held.ends_at => Ok(vec![E::CheckedIn { booking: id }]),
        S::Confirmed | S::Missed => Err(R::AlreadyOver),
        S::CheckedIn => Ok(vec![]),
        S::Expired => Err(expired(booking)),
        S::Released => Err(R::AlreadyReleased),
        S::Cancelled => Err(R::AlreadyCancelled),
        S::Moved { to } => Err(moved(&to)),
    }
}

/// Like an expiry: whoever was there, or is not expected any more, is nobody's failure.
pub(super) fn miss(day: &CourtDay, id: BookingId, at: Timestamp) -> Decision {
    let Some(booking) = day.bookings.get(&id) else { return Ok(vec![]) };
    let due_at = booking.held.ends_at;
    match booking.state {
        S::Confirmed if at < due_at => Err(R::NotDue { due_at }),
        S::Confirmed => Ok(vec![E::Missed { booking: id }]),
        S::Held | S::CheckedIn | S::Missed => Ok(vec![]),
        S::Expired | S::Released | S::Cancelled | S::Moved { .. } => Ok(vec![]),
    }
}
