//! The court-day decides: one stream for each court and service day, and the only lock there is.
//!
//! **Invariant:** no two live bookings of one court-day overlap, and every generation of a hold ends in exactly
//! one terminal event (confirmed, expired, released).
mod command;
mod decide;
mod event;
mod rejection;
mod upcast;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::decider::Decider;
use crate::ids::{BookingId, CourtCode};
use crate::money::Money;

pub use command::{BookingCommand, Hold};
pub use event::{BookingEvent, ExpiryCause, Held, Terms};
pub use rejection::BookingRejection;

/// What the rules remember of one court on one service day.
#[derive(Clone, Debug, Default)]
pub struct CourtDay {
    pub bookings: BTreeMap<BookingId, Booking>,
}

#[derive(Clone, Debug)]
pub struct Booking {
    /// As it was held; `generation` and `expires_at` are those of the present hold.
    pub held: Held,
    /// As it was recorded. A hold whose time is over stays `Held` here until somebody records that: ask `state_at`.
    pub state: BookingState,
    pub payment_reference: Option<String>,
    /// What its cancellation gave back.
    pub refund: Option<Money>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingState {
    Held,
    Confirmed,
    Expired,
    Released,
    Cancelled,
}

impl Booking {
    /// What the booking is now. A hold is alive while `now < expires_at`, half-open; after that it is expired for
    /// everybody, whether or not that has been recorded yet.
    pub fn state_at(&self, now: Timestamp) -> BookingState {
        match self.state {
            BookingState::Held if now < self.held.expires_at => BookingState::Held,
            BookingState::Held => BookingState::Expired,
            recorded => recorded,
        }
    }

    /// Whether the booking keeps others off the court.
    pub fn is_live(&self, now: Timestamp) -> bool {
        matches!(self.state_at(now), BookingState::Held | BookingState::Confirmed)
    }

    fn overlaps(&self, starts_at: Timestamp, ends_at: Timestamp) -> bool {
        self.held.starts_at < ends_at && starts_at < self.held.ends_at
    }
}

impl Decider for CourtDay {
    type State = Self;
    type Command = BookingCommand;
    type Event = BookingEvent;
    type Rejection = BookingRejection;

    fn evolve(mut state: Self, event: BookingEvent) -> Self {
        match event {
            BookingEvent::Held(held) => {
                let id = held.booking.clone();
                let state_now = BookingState::Held;
                let booking =
                    Booking { held, state: state_now, payment_reference: None, refund: None };
                state.bookings.insert(id, booking);
            }
            BookingEvent::Confirmed { booking, payment_reference } => {
                state.change(&booking, |it| {
                    it.state = BookingState::Confirmed;
                    it.payment_reference = payment_reference;
                });
            }
            BookingEvent::Expired { booking, .. } => {
                state.change(&booking, |it| it.state = BookingState::Expired);
            }
            BookingEvent::Released { booking } => {
                state.change(&booking, |it| it.state = BookingState::Released);
            }
            BookingEvent::Cancelled { booking, refund } => {
                state.change(&booking, |it| {
                    it.state = BookingState::Cancelled;
                    it.refund = Some(refund);
                });
            }
        }
        state
    }

    fn decide(
        state: &Self,
        command: BookingCommand,
    ) -> Result<Vec<BookingEvent>, BookingRejection> {
        use BookingCommand as C;
        match command {
            C::Hold(hold) => decide::hold(state, *hold),
            C::Confirm { booking, payment_reference, at } => {
                decide::confirm(state, booking, payment_reference, at)
            }
            C::Expire { booking, generation, cause, at } => {
                decide::expire(state, booking, generation, cause, at)
            }
            C::Release { booking, at } => decide::release(state, booking, at),
            C::Cancel { booking, at } => decide::cancel(state, booking, at),
        }
    }
}

impl CourtDay {
    fn change(&mut self, booking: &BookingId, change: impl FnOnce(&mut Booking)) {
        if let Some(booking) = self.bookings.get_mut(booking) {
            change(booking);
        }
    }
}

/// The stream of a court on a service day.
pub fn stream(court: &CourtCode, date: jiff::civil::Date) -> String {
    format!("courtday-{court}-{date}")
}
