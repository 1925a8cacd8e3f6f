//! Which place is whose turn. Advice to whoever offers: the court-day decides.
use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::{Offer, Waiter, WaiterState, WaitingId, Waitlist, Wish};
use crate::bookings::{Booking, BookingState, CourtDay, Held};
use crate::courts::Court;
use crate::ids::CourtCode;
use crate::policies;
use crate::time::later;
use crate::venues::Venue;

/// A court on the day of the list, as it is known.
#[derive(Clone, Debug)]
pub struct Ground {
    pub code: CourtCode,
    pub court: Court,
    pub court_revision: u64,
    pub day: CourtDay,
}

/// A place that somebody may be offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offerable {
    pub court: CourtCode,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

impl Wish {
    /// Every place of this length in the window that the venue's hours have, in order.
    pub fn places(&self, venue: &Venue, date: Date) -> Vec<(Timestamp, Timestamp)> {
        let mut places = policies::slots(venue, date, self.minutes);
        places.retain(|(starts_at, ends_at)| self.from <= *starts_at && *ends_at <= self.to);
        places
    }

    fn wants(&self, code: &CourtCode, court: &Court) -> bool {
        self.court.as_ref().is_none_or(|it| it == code)
            && self.kind.as_ref().is_none_or(|it| *it == court.kind)
            && self.surface.as_ref().is_none_or(|it| *it == court.surface)
            && self.indoor.is_none_or(|it| it == court.indoor)
    }
}

impl Waitlist {
    /// Whose turn it is: of those who have waited longest, the first for whom there is a place. `passed_over` has who may
    /// have none just now, for reasons of their own.
    pub fn next_offer(
        &self,
        venue: &Venue,
        grounds: &[Ground],
        passed_over: &BTreeSet<WaitingId>,
        now: Timestamp,
    ) -> Option<(&Waiter, Offerable)> {
        let mut waiting = self.waiting(now).filter(|it| !passed_over.contains(&it.id));
        waiting.find_map(|it| Some((it, self.place_for(it, venue, grounds, now)?)))
    }

    /// Holds that stand, were made as offers and never told: whoever made them died in between.
    pub fn untold(&self, grounds: &[Ground], now: Timestamp) -> Vec<Offer> {
        let bookings = grounds.iter().flat_map(|it| it.day.bookings.values());
        let live = bookings.filter(|it| it.is_live(now));
        live.filter_map(|it| self.untold_of(it, now)).collect()
    }

    fn untold_of(&self, booking: &Booking, now: Timestamp) -> Option<Offer> {
        let Held { booking: id, starts_at, ends_at, expires_at, .. } = &booking.held;
        let player = booking.held.booked_for.player();
        let theirs = self.waiters.iter().filter(|it| player == Some(it.user));
        let mut untold = theirs.filter(|it| it.offers.iter().all(|offer| offer.booking != *id));
        let waiter = untold.find(|it| it.offer_booking(id.court(), *starts_at, *ends_at) == *id)?;
        // Who waits no more has nothing to be told; but a hold has to be given back.
        let is_of_use =
            waiter.state == WaiterState::Waiting || booking.state_at(now) == BookingState::Held;
        is_of_use.then(|| Offer {
            waiting: waiter.id.clone(),
            booking: id.clone(),
            starts_at: *starts_at,
            ends_at: *ends_at,
            until: expires_at.unwrap_or(*starts_at),
        })
    }

    /// The earliest place that this waiter may be offered now. One that begins before the offer would lapse is none:
    /// who waits is given the whole time to answer.
    pub fn place_for(
        &self,
        waiter: &Waiter,
        venue: &Venue,
        grounds: &[Ground],
        now: Timestamp,
    ) -> Option<Offerable> {
        if !waiter.is_waiting(now) || self.has_open_offer(waiter.user) {
            return None;
        }
        let lapses_at = later(now, SignedDuration::from_secs(venue.policy.hold_seconds.into()));
        let places = waiter.wish.places(venue, waiter.id.date());
        let in_time = places.into_iter().filter(|(starts_at, _)| lapses_at < *starts_at);
        for (starts_at, ends_at) in in_time {
            let is_theirs = |it: &&Ground| {
                let Ground { code, court, day, .. } = it;
                waiter.wish.wants(code, court)
                    && !waiter.was_offered(code, starts_at, ends_at)
                    && policies::check_court(venue, court, starts_at, ends_at, now).is_ok()
                    && day.is_free(starts_at, ends_at, now)
                    // A hold that ran out before anybody was told of it. Its command is spent.
                    && !day.bookings.contains_key(&waiter.offer_booking(code, starts_at, ends_at))
            };
            if let Some(it) = grounds.iter().find(is_theirs) {
                return Some(Offerable { court: it.code.clone(), starts_at, ends_at });
            }
        }
        None
    }
}
