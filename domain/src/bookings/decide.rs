//! One function for each command, one row for each state a booking can be in. `state_at` has turned holds past
//! their time into `Expired` already, so that no row can forget the clock.
mod blocks;
mod desk;
mod holds;
mod moves;
mod payments;
mod places;
mod refunds;

use jiff::Timestamp;

use super::{
    Blocked, Booking, BookingCommand as C, BookingEvent as E, BookingRejection as R,
    BookingState as S, CourtDay, ExpiryCause, ExtensionCause,
};
use crate::ids::{BlockId, BookingId};

type Decision = Result<Vec<E>, R>;

pub(super) fn decide(day: &CourtDay, command: C) -> Decision {
    match command {
        C::Hold(hold) => holds::hold(day, *hold),
        C::Confirm { booking, payment_reference, by, at } => {
            holds::confirm(day, booking, payment_reference, by, at)
        }
        C::Expire { booking, generation, cause, at } => {
            holds::expire(day, booking, generation, cause, at)
        }
        C::Release { booking, at } => holds::release(day, booking, at),
        C::ResumeHold { booking, since, at } => holds::resume(day, booking, since, at),
        C::StartPayment { booking, payment_reference, at } => {
            payments::start(day, booking, payment_reference, at)
        }
        C::ReceivePayment { booking, payment_reference, amount, at } => {
            payments::receive(day, booking, payment_reference, amount, at)
        }
        C::MarkPaid { booking, payment_reference, at } => {
            payments::mark_paid(day, booking, payment_reference, at)
        }
        C::SettleRefund { booking, payment_reference } => {
            refunds::settle(day, booking, payment_reference)
        }
        C::Cancel { booking, by, at } => desk::cancel(day, booking, by, at),
        C::Reinstate { booking, reason, at } => desk::reinstate(day, booking, reason, at),
        C::CheckIn { booking, at } => desk::check_in(day, booking, at),
        C::Miss { booking, at } => desk::miss(day, booking, at),
        C::Move(it) => moves::within_the_day(day, *it),
        C::HoldMoved(it) => moves::hold(day, *it),
        C::CommitMove { booking, to, price, at } => moves::commit(day, booking, to, &price, at),
        C::ConfirmMoved { booking, payment_reference, payments } => {
            moves::confirm(day, booking, payment_reference, payments)
        }
        C::AbandonMove { booking, to } => moves::abandon(day, booking, to),
        C::ReleaseMoved { booking } => moves::release(day, booking),
        C::Block(block) => blocks::block(day, *block),
        C::Unblock { block } => blocks::unblock(day, block),
    }
}

fn known<'a>(day: &'a CourtDay, id: &BookingId) -> Result<&'a Booking, R> {
    day.bookings.get(id).ok_or(R::UnknownBooking)
}

fn known_block(day: &CourtDay, id: BlockId) -> Result<&Blocked, R> {
    day.blocks.get(&id).ok_or(R::UnknownBlock)
}

fn expired(booking: &Booking) -> R {
    // Only a hold with a clock expires; the start of play is when it would have, at the latest.
    R::HoldExpired { expired_at: booking.held.expires_at.unwrap_or(booking.held.starts_at) }
}

fn moved(to: &BookingId) -> R {
    R::BookingMoved { to: to.clone() }
}

/// The events that end overdue holds in the way of this time, or why it cannot be had. `own` is the booking that
/// wants it and is in nobody's way.
fn clear(
    day: &CourtDay,
    own: Option<&BookingId>,
    (starts_at, ends_at): (Timestamp, Timestamp),
    at: Timestamp,
) -> Decision {
    if let Some(block) = day.blocks.values().find(|it| it.overlaps(starts_at, ends_at)) {
        return Err(R::Blocked { cause: block.cause, ends_at: block.ends_at });
    }
    if day.in_the_way(starts_at, ends_at, at).any(|(id, _)| Some(id) != own) {
        return Err(R::SlotTaken);
    }
    let others = day.bookings.iter().filter(|(id, _)| Some(*id) != own);
    let overdue = others.filter(|(_, it)| it.overlaps(starts_at, ends_at));
    Ok(overdue.filter_map(|(_, it)| lapse(it, at)).collect())
}

/// The next generation of a hold, until then. Play begins when it begins: a hold that lasts until then already is not
/// extended.
fn longer(booking: &Booking, until: Timestamp, cause: ExtensionCause) -> Option<E> {
    let held = &booking.held;
    let until = until.min(held.starts_at);
    (held.expires_at? < until).then(|| E::HoldExtended {
        booking: held.booking.clone(),
        generation: held.generation + 1,
        expires_at: until,
        cause,
    })
}

/// The place of a hold past its time is free, but its generation has to end before another begins.
fn lapse(booking: &Booking, at: Timestamp) -> Option<E> {
    let overdue = booking.state == S::Held && booking.state_at(at) == S::Expired;
    overdue.then(|| E::Expired {
        booking: booking.held.booking.clone(),
        generation: booking.held.generation,
        cause: ExpiryCause::Lazy,
    })
}
