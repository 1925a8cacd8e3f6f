//! Blocks are over bookings, never over one another: each keeps everybody off for its own reason, and lifting one
//! leaves the other.
use jiff::{SignedDuration, Timestamp};

use super::super::{
    Block, Booking, BookingEvent as E, BookingRejection as R, BookingState as S, CancelCause,
    CourtDay, OnBookings,
};
use super::{Decision, known_block, lapse, refunds};
use crate::ids::BlockId;
use crate::policies::{self, Refusal};
use crate::time::later;

pub(super) fn block(day: &CourtDay, it: Block) -> Decision {
    if let Some(known) = day.blocks.get(&it.block) {
        // It may have begun later than it was asked for.
        let same = known.cause == it.cause
            && known.ends_at == it.ends_at
            && it.starts_at <= known.starts_at;
        return if same { Ok(vec![]) } else { Err(R::BlockDiffers) };
    }
    check_day(&it)?;
    // What has been played was played.
    let starts_at = it.starts_at.max(it.at);
    let in_the_way: Vec<&Booking> =
        day.in_the_way(starts_at, it.ends_at, it.at).map(|(_, it)| it).collect();
    if in_the_way.iter().any(|it| it.is_moving_here()) {
        return Err(R::MoveUnderWay);
    }
    if it.on_bookings == OnBookings::Refuse && !in_the_way.is_empty() {
        let bookings = in_the_way.iter().map(|it| it.held.booking.clone()).collect();
        return Err(R::BookingsInTheWay { bookings });
    }
    let covered = day.bookings.values().filter(|other| other.overlaps(starts_at, it.ends_at));
    let mut events: Vec<E> = covered.filter_map(|other| lapse(other, it.at)).collect();
    events.extend(in_the_way.into_iter().flat_map(|other| cancel(other, it.block)));
    let Block { block, ends_at, cause, reason, .. } = it;
    events.push(E::Blocked { block, starts_at, ends_at, cause, reason });
    Ok(events)
}

pub(super) fn unblock(day: &CourtDay, block: BlockId) -> Decision {
    if known_block(day, block)?.lifted {
        return Ok(vec![]);
    }
    Ok(vec![E::Unblocked { block }])
}

/// For a hold nothing was paid yet; what comes later goes back.
fn cancel(booking: &Booking, block: BlockId) -> Vec<E> {
    let percent = if booking.state == S::Held { 0 } else { 100 };
    refunds::cancel(booking, percent, CancelCause::Block { block })
}

/// A block beyond the day would not be seen by those it is for: they are on another stream.
fn check_day(it: &Block) -> Result<(), R> {
    if it.ends_at <= it.starts_at {
        return Err(Refusal::EndBeforeStart.into());
    }
    if it.ends_at <= it.at {
        return Err(Refusal::InThePast.into());
    }
    let last = later(it.ends_at, -SignedDuration::from_nanos(1));
    let on_day = |at: Timestamp| policies::service_date(&it.venue, at) == it.date;
    if on_day(it.starts_at) && on_day(last) { Ok(()) } else { Err(R::OutsideDay) }
}
