//! One function for each command, one row for each state a booking can be in. `state_at` has turned holds past
//! their time into `Expired` already, so that no row can forget the clock.
use jiff::{SignedDuration, Timestamp};

use super::{
    Booking, BookingEvent as E, BookingRejection as R, BookingState as S, CourtDay, ExpiryCause,
    Held, Hold, Terms,
};
use crate::ids::BookingId;
use crate::money::Money;
use crate::policies;

type Decision = Result<Vec<E>, R>;

pub(super) fn hold(day: &CourtDay, hold: Hold) -> Decision {
    // Before any rule about time: the answer to a retry does not change because the hours did, or time passed.
    if let Some(known) = day.bookings.get(&hold.booking) {
        return if is_same(known, &hold) { Ok(vec![]) } else { Err(R::BookingDiffers) };
    }
    policies::check(&hold.venue, hold.starts_at, hold.ends_at, hold.at)?;
    check_day(&hold)?;

    let mut events = vec![];
    for (id, other) in &day.bookings {
        if !other.overlaps(hold.starts_at, hold.ends_at) {
            continue;
        }
        if other.is_live(hold.at) {
            return Err(R::SlotTaken);
        }
        // The place of a hold past its time is free, but its generation has to end before another begins.
        if other.state == S::Held {
            let generation = other.held.generation;
            events.push(E::Expired { booking: id.clone(), generation, cause: ExpiryCause::Lazy });
        }
    }
    events.push(E::Held(held(hold)));
    Ok(events)
}

pub(super) fn confirm(
    day: &CourtDay,
    id: BookingId,
    payment_reference: Option<String>,
    at: Timestamp,
) -> Decision {
    let booking = known(day, &id)?;
    match booking.state_at(at) {
        // No history of this crate's making has an overlap; an import or a repair by hand could.
        S::Held if is_overlapped(day, &id, booking, at) => Err(R::SlotTaken),
        S::Held => Ok(vec![E::Confirmed { booking: id, payment_reference }]),
        S::Confirmed => Ok(vec![]),
        S::Expired => Err(expired(booking)),
        S::Released => Err(R::AlreadyReleased),
        S::Cancelled => Err(R::AlreadyCancelled),
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
    let Held { expires_at, generation: present, .. } = booking.held;
    match booking.state {
        S::Held if generation != present => Ok(vec![]),
        S::Held if at < expires_at => Err(R::NotDue { expires_at }),
        S::Held => Ok(vec![E::Expired { booking: id, generation, cause }]),
        S::Confirmed | S::Expired | S::Released | S::Cancelled => Ok(vec![]),
    }
}

pub(super) fn release(day: &CourtDay, id: BookingId, at: Timestamp) -> Decision {
    let booking = known(day, &id)?;
    match booking.state_at(at) {
        S::Held => Ok(vec![E::Released { booking: id }]),
        S::Confirmed => Err(R::AlreadyConfirmed),
        S::Expired => Err(expired(booking)),
        S::Released => Ok(vec![]),
        S::Cancelled => Err(R::AlreadyCancelled),
    }
}

pub(super) fn cancel(day: &CourtDay, id: BookingId, at: Timestamp) -> Decision {
    let booking = known(day, &id)?;
    match booking.state_at(at) {
        S::Held => Err(R::OnlyHeld),
        S::Confirmed if at < booking.held.starts_at => {
            Ok(vec![E::Cancelled { booking: id, refund: refund(&booking.held, at) }])
        }
        S::Confirmed => Err(R::AlreadyBegun),
        S::Expired => Err(expired(booking)),
        S::Released => Err(R::AlreadyReleased),
        S::Cancelled => Ok(vec![]),
    }
}

fn known<'a>(day: &'a CourtDay, id: &BookingId) -> Result<&'a Booking, R> {
    day.bookings.get(id).ok_or(R::UnknownBooking)
}

fn expired(booking: &Booking) -> R {
    R::HoldExpired { expired_at: booking.held.expires_at }
}

fn is_same(known: &Booking, hold: &Hold) -> bool {
    let it = &known.held;
    it.player == hold.player && it.starts_at == hold.starts_at && it.ends_at == hold.ends_at
}

fn is_overlapped(day: &CourtDay, id: &BookingId, booking: &Booking, at: Timestamp) -> bool {
    let Held { starts_at, ends_at, .. } = booking.held;
    let others = day.bookings.iter().filter(|(other, _)| *other != id);
    others.into_iter().any(|(_, it)| it.is_live(at) && it.overlaps(starts_at, ends_at))
}

/// The id names the stream, and the stream is the lock: a booking under another day's id would not be seen by
/// those it overlaps. Seen from the day the id names, the place lies outside the hours.
fn check_day(hold: &Hold) -> Result<(), R> {
    let date = hold.booking.date();
    if policies::service_date(&hold.venue, hold.starts_at) == date {
        return Ok(());
    }
    Err(policies::outside(policies::open_hours(&hold.venue, date)).into())
}

fn held(hold: Hold) -> Held {
    let policy = &hold.venue.policy;
    Held {
        reference: hold.booking.clone(),
        booking: hold.booking,
        generation: 1,
        price: hold.court.prices.price(&hold.venue, hold.starts_at, hold.ends_at),
        expires_at: policies::expires_at(policy, hold.starts_at, hold.at),
        terms: Terms {
            full_refund_hours: policy.full_refund_hours,
            late_refund_percent: policy.late_refund_percent,
        },
        venue: hold.court.venue,
        player: hold.player,
        starts_at: hold.starts_at,
        ends_at: hold.ends_at,
        zone: hold.venue.zone,
        venue_revision: hold.venue_revision,
        court_revision: hold.court_revision,
    }
}

/// By the terms it was held under, whatever the venue's policy says today.
fn refund(held: &Held, at: Timestamp) -> Money {
    let notice = held.starts_at.duration_since(at);
    let Money { amount_minor: price, ref currency } = held.price;
    let amount_minor = if notice >= SignedDuration::from_hours(held.terms.full_refund_hours.into())
    {
        price
    } else {
        share(price, held.terms.late_refund_percent)
    };
    Money { amount_minor, currency: currency.clone() }
}

/// Rounded up: half a cent is the player's. Never more than the price.
fn share(price: i64, percent: u8) -> i64 {
    let hundredfold = i128::from(price) * i128::from(percent.min(100));
    let share = hundredfold / 100 + i128::from(hundredfold % 100 > 0);
    i64::try_from(share).unwrap_or(price)
}
