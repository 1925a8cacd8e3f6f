//! The court-day decides: one stream for each court and service day, and the only lock there is.
//!
//! **Invariant:** nothing that is live overlaps on one court-day, neither two bookings nor a booking and a block; and
//! every generation of a hold ends in exactly one terminal event (confirmed, expired, released, extended into the
//! next generation, or cancelled by a block).
//!
//! `docs/bookings.md` shows the states and what each command does in them on one page.
mod command;
mod decide;
mod event;
mod evolve;
mod rejection;
mod upcast;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::decider::Decider;
use crate::ids::{BlockId, BookingId, CourtCode};
use crate::money::Money;

pub use command::{
    Block, BookingCommand, BroughtPayment, By, Canceller, Hold, HoldMoved, Holder, Move,
    OnBookings, Place,
};
pub use event::{
    BlockCause, BookedFor, BookingEvent, CancelCause, ExpiryCause, ExtensionCause, Held,
    PaymentMethod, RefundCause, Terms,
};
pub use rejection::BookingRejection;

/// What the rules remember of one court on one service day.
#[derive(Clone, Debug, Default)]
pub struct CourtDay {
    pub bookings: BTreeMap<BookingId, Booking>,
    pub blocks: BTreeMap<BlockId, Blocked>,
}

#[derive(Clone, Debug)]
pub struct Booking {
    /// As it was held; `generation` and `expires_at` are those of the present hold.
    pub held: Held,
    /// As it was recorded. A hold whose time is over stays `Held` here until somebody records that: ask `state_at`.
    pub state: BookingState,
    pub payment_reference: Option<String>,
    /// The maintenance that extended the hold last, if one did.
    pub paused: Option<Paused>,
    /// What its cancellation gave back.
    pub refund: Option<Money>,
    /// Money that ever came for it, by payment reference.
    pub payments: BTreeMap<String, Payment>,
    /// Payments that were started, by reference, and what was asked for, whatever became of them.
    pub payments_started: BTreeMap<String, Money>,
    /// Places that it will never move to.
    pub abandoned: BTreeSet<BookingId>,
    /// Whatever became of it since.
    pub was_confirmed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookingState {
    Held,
    Confirmed,
    Expired,
    Released,
    Cancelled,
    Moved { to: BookingId },
    CheckedIn,
    Missed,
}

/// Money that came. It is the booking's until it has to go back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub amount: Money,
    pub method: PaymentMethod,
    pub refund: Option<Refund>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub amount: Money,
    pub why: RefundCause,
    pub settled: bool,
}

/// A hold's clock as it stood when a maintenance began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paused {
    pub since: Timestamp,
    /// When it would have ended without.
    pub expires_at: Option<Timestamp>,
}

/// A time at which nobody can play, unless it was lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub cause: BlockCause,
    pub lifted: bool,
}

impl Booking {
    /// What the booking is now. A hold is alive while `now < expires_at`, half-open; after that it is expired for
    /// everybody, whether or not that has been recorded yet. One without a clock stays alive.
    pub fn state_at(&self, now: Timestamp) -> BookingState {
        match (&self.state, self.held.expires_at) {
            (BookingState::Held, Some(expires_at)) if expires_at <= now => BookingState::Expired,
            (recorded, _) => recorded.clone(),
        }
    }

    /// Whether the booking keeps others off the court. Of one that was missed, the time is over.
    pub fn is_live(&self, now: Timestamp) -> bool {
        use BookingState as S;
        match self.state_at(now) {
            S::Held | S::Confirmed | S::CheckedIn => true,
            S::Expired | S::Released | S::Cancelled | S::Moved { .. } | S::Missed => false,
        }
    }

    /// Whether it waits for a booking that is on its way here.
    pub fn is_moving_here(&self) -> bool {
        self.state == BookingState::Held && self.held.moved_from.is_some()
    }

    /// Payments that are the booking's own, with what has to go back left out.
    pub fn paid(&self) -> impl Iterator<Item = (&String, &Payment)> {
        self.payments.iter().filter(|(_, it)| it.refund.is_none())
    }

    /// Whether it is paid for, with nothing left open.
    pub fn is_paid(&self) -> bool {
        self.paid().next().is_some() && self.due().amount_minor == 0
    }

    /// What is left of the price to pay.
    pub fn due(&self) -> Money {
        let paid = self.paid().map(|(_, it)| it.amount.amount_minor);
        let paid = paid.fold(0_i64, i64::saturating_add);
        let amount_minor = self.held.price.amount_minor.saturating_sub(paid).max(0);
        Money { amount_minor, ..self.held.price.clone() }
    }

    /// What a move to where it costs more has left open; the booking is its owner's all the same.
    pub fn difference(&self) -> Option<Money> {
        let is_paid_for = self.held.has_to_be_paid() || self.paid().next().is_some();
        let due = Some(self.due()).filter(|it| it.amount_minor > 0);
        due.filter(|_| self.held.moved_from.is_some() && is_paid_for)
    }

    /// What was paid, as a move takes it along.
    fn brought(&self) -> impl Iterator<Item = BroughtPayment> {
        self.payments.iter().filter_map(|(reference, it)| {
            let (payment_reference, method) = (reference.clone(), it.method);
            Some(BroughtPayment { payment_reference, amount: it.kept()?, method })
        })
    }

    /// The last step of a move, at the new place. Of a booking as it is after it has moved there: what is paid later is
    /// paid for the new one.
    pub fn arrive(&self, to: BookingId) -> BookingCommand {
        BookingCommand::ConfirmMoved {
            booking: to,
            payment_reference: self.payment_reference.clone(),
            payments: self.brought().collect(),
        }
    }

    fn overlaps(&self, starts_at: Timestamp, ends_at: Timestamp) -> bool {
        self.held.starts_at < ends_at && starts_at < self.held.ends_at
    }
}

impl Payment {
    /// How much of it goes along when the booking moves.
    fn kept(&self) -> Option<Money> {
        match &self.refund {
            None => Some(self.amount.clone()),
            Some(it) if it.why == RefundCause::PriceDifference => self.rest(it),
            Some(_) => None,
        }
    }

    /// What this refund leaves of it, if that is anything.
    fn rest(&self, refund: &Refund) -> Option<Money> {
        let rest = self.amount.amount_minor.saturating_sub(refund.amount.amount_minor);
        (rest > 0).then(|| Money { amount_minor: rest, ..self.amount.clone() })
    }
}

impl Blocked {
    fn overlaps(&self, starts_at: Timestamp, ends_at: Timestamp) -> bool {
        !self.lifted && self.starts_at < ends_at && starts_at < self.ends_at
    }
}

impl CourtDay {
    /// Live bookings that have part of this time, in the order of their ids.
    pub fn in_the_way(
        &self,
        starts_at: Timestamp,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> impl Iterator<Item = (&BookingId, &Booking)> {
        self.bookings
            .iter()
            .filter(move |(_, it)| it.is_live(now) && it.overlaps(starts_at, ends_at))
    }

    /// Whether nobody has part of this time and no block lies over it.
    pub fn is_free(&self, starts_at: Timestamp, ends_at: Timestamp, now: Timestamp) -> bool {
        self.in_the_way(starts_at, ends_at, now).next().is_none()
            && !self.blocks.values().any(|it| it.overlaps(starts_at, ends_at))
    }
}

impl Decider for CourtDay {
    type State = Self;
    type Command = BookingCommand;
    type Event = BookingEvent;
    type Rejection = BookingRejection;

    fn evolve(state: Self, event: BookingEvent) -> Self {
        evolve::evolve(state, event)
    }

    fn size(state: &Self) -> usize {
        state.bookings.len() + state.blocks.len()
    }

    fn decide(
        state: &Self::State,
        command: BookingCommand,
    ) -> Result<Vec<BookingEvent>, BookingRejection> {
        decide::decide(state, command)
    }
}

/// What goes by the name of a payment is refunded once. Where its booking comes back after that, what had been kept of
/// it is a payment by this name. No provider's reference has a dot.
pub fn rest_of(payment_reference: &str) -> String {
    format!("{payment_reference}.rest")
}

/// The stream of a court on a service day.
pub fn stream(court: &CourtCode, date: Date) -> String {
    format!("courtday-{court}-{date}")
}

/// The court and the service day of a stream, if it is a court-day's.
pub fn court_day(stream: &str) -> Option<(CourtCode, Date)> {
    let (court, date) = stream.strip_prefix("courtday-")?.split_once('-')?;
    Some((court.parse().ok()?, date.parse().ok()?))
}
