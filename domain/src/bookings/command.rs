use jiff::Timestamp;
use jiff::civil::Date;

use super::{BlockCause, BookedFor, ExpiryCause, Held, PaymentMethod};
use crate::courts::Court;
use crate::ids::{BlockId, BookingId, UserId};
use crate::money::Money;
use crate::policies::service_day;
use crate::sealed::Sealed;
use crate::venues::Venue;

/// What may be asked of a court-day. Times come with the command; the rules have no clock.
#[derive(Clone, Debug)]
pub enum BookingCommand {
    Hold(Box<Hold>),
    Confirm {
        booking: BookingId,
        payment_reference: Option<String>,
        by: By,
        at: Timestamp,
    },
    /// A maintenance ends that began at `since`: of the hold is left what was left of it then.
    ResumeHold {
        booking: BookingId,
        since: Timestamp,
        at: Timestamp,
    },
    /// Extends the hold, the first time. `payment_reference` is what the provider will call the payment by.
    StartPayment {
        booking: BookingId,
        payment_reference: String,
        at: Timestamp,
    },
    /// The provider's word. Money that is here is never refused: it confirms, or it goes back.
    ReceivePayment {
        booking: BookingId,
        payment_reference: String,
        amount: Money,
        at: Timestamp,
    },
    /// The desk's word that the whole price was paid there.
    MarkPaid {
        booking: BookingId,
        payment_reference: String,
        at: Timestamp,
    },
    SettleRefund {
        booking: BookingId,
        payment_reference: String,
    },
    Expire {
        booking: BookingId,
        generation: u32,
        cause: ExpiryCause,
        at: Timestamp,
    },
    Release {
        booking: BookingId,
        at: Timestamp,
    },
    Cancel {
        booking: BookingId,
        by: Canceller,
        at: Timestamp,
    },
    /// To another time on this court-day: one append.
    Move(Box<Move>),
    /// To another court-day, first, at the new place: takes it without a clock.
    HoldMoved(Box<HoldMoved>),
    /// Second, at the old place: from here on the booking is at the new one.
    CommitMove {
        booking: BookingId,
        to: BookingId,
        /// What the new place costs.
        price: Money,
        at: Timestamp,
    },
    /// Third, at the new place; `payments` are those of the old booking, read after it had moved.
    ConfirmMoved {
        booking: BookingId,
        payment_reference: Option<String>,
        payments: Vec<BroughtPayment>,
    },
    /// Gives a move up, at the old place and first: `CommitMove` is refused from then on. Refused when the booking
    /// did move there, and then the new place has to be confirmed.
    AbandonMove {
        booking: BookingId,
        to: BookingId,
    },
    /// Gives the new place back. Only after the old court-day has abandoned the move, or has moved elsewhere.
    ReleaseMoved {
        booking: BookingId,
    },
    Reinstate {
        booking: BookingId,
        reason: Option<Sealed>,
        at: Timestamp,
    },
    CheckIn {
        booking: BookingId,
        at: Timestamp,
    },
    /// The end of play has come.
    Miss {
        booking: BookingId,
        at: Timestamp,
    },
    Block(Box<Block>),
    Unblock {
        block: BlockId,
    },
}

/// Takes a place for a while.
#[derive(Clone, Debug)]
pub struct Hold {
    pub place: Place,
    pub by: Holder,
}

/// A place, and what has to be known to sell it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The id that the booking has there.
    pub booking: BookingId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub at: Timestamp,
    /// The venue and the court as they are now, with the revisions they were read at.
    pub venue: Venue,
    pub venue_revision: u64,
    pub court: Court,
    pub court_revision: u64,
}

/// Who takes a place.
#[derive(Clone, Debug)]
pub enum Holder {
    /// For themselves, with a clock.
    Player(UserId),
    /// For somebody, without a clock. With a reason also beyond the advance limit, and the player's quotas, which are
    /// another stream's to mind; nothing else can be overridden.
    Desk { booked_for: BookedFor, overridden: Option<Sealed> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Player,
    Desk,
}

/// Who cancels, and on what terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Canceller {
    Player,
    Desk,
    /// Everything back, also after play has begun.
    DeskInFull {
        reason: Sealed,
    },
}

#[derive(Clone, Debug)]
pub struct Move {
    pub booking: BookingId,
    /// Where to, under the new id.
    pub place: Place,
    /// With a reason of the desk's also beyond the advance limit, and at no cost to what a cancellation gives back.
    pub overridden: Option<Sealed>,
}

#[derive(Clone, Debug)]
pub struct HoldMoved {
    /// The booking that moves, as its court-day knows it.
    pub from: Held,
    pub place: Place,
    pub overridden: Option<Sealed>,
}

/// A payment that a move takes along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroughtPayment {
    pub payment_reference: String,
    pub amount: Money,
    pub method: PaymentMethod,
}

/// Takes a court away from everybody, from now at the earliest.
#[derive(Clone, Debug)]
pub struct Block {
    pub block: BlockId,
    /// The service date of this court-day, and its venue, which knows where days begin.
    pub date: Date,
    pub venue: Venue,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub cause: BlockCause,
    pub reason: Option<Sealed>,
    pub on_bookings: OnBookings,
    pub at: Timestamp,
}

impl Block {
    /// Of all that is left of a service day that the venue closes, or on which the court has retired: whoever has the
    /// court gets everything back.
    pub fn of_day(
        block: BlockId,
        date: Date,
        venue: &Venue,
        cause: BlockCause,
        at: Timestamp,
    ) -> Self {
        let (starts_at, ends_at) = service_day(venue, date);
        Self {
            block,
            date,
            venue: venue.clone(),
            starts_at,
            ends_at,
            cause,
            reason: None,
            on_bookings: OnBookings::CancelWithRefund,
            at,
        }
    }
}

/// What a block does to those who have the court.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBookings {
    /// They come first.
    Refuse,
    CancelWithRefund,
}
