use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{BlockId, BookingId, GuestId, UserId, VenueId};
use crate::money::Money;
use crate::policies::Payment;
use crate::sealed::Sealed;

/// What happened on one court on one service day (stream `courtday-<code>-<date>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum BookingEvent {
    #[serde(rename = "booking.held.v2")]
    Held(Box<Held>),
    /// This generation of the hold is over, and the next one lasts longer.
    #[serde(rename = "booking.hold-extended.v2")]
    HoldExtended {
        booking: BookingId,
        generation: u32,
        expires_at: Timestamp,
        cause: ExtensionCause,
    },
    /// Somebody was sent to the provider to pay this much.
    #[serde(rename = "booking.payment-started.v1")]
    PaymentStarted { booking: BookingId, payment_reference: String, amount: Money },
    /// The money is here, and it is this booking's.
    #[serde(rename = "booking.payment-received.v1")]
    PaymentReceived {
        booking: BookingId,
        payment_reference: String,
        amount: Money,
        method: PaymentMethod,
        /// No new money: the booking it was paid for before that one moved here, or this one itself, reinstated, of
        /// what its cancellation had kept.
        moved_from: Option<BookingId>,
    },
    #[serde(rename = "booking.confirmed.v1")]
    Confirmed { booking: BookingId, payment_reference: Option<String> },
    #[serde(rename = "booking.expired.v1")]
    Expired { booking: BookingId, generation: u32, cause: ExpiryCause },
    #[serde(rename = "booking.released.v1")]
    Released { booking: BookingId },
    #[serde(rename = "booking.cancelled.v2")]
    Cancelled { booking: BookingId, refund: Money, cause: CancelCause },
    /// The booking goes on under another id, on this court-day or another.
    #[serde(rename = "booking.moved.v1")]
    Moved { booking: BookingId, to: BookingId },
    /// A move to there was not finished in time and never will be.
    #[serde(rename = "booking.move-abandoned.v1")]
    MoveAbandoned { booking: BookingId, to: BookingId },
    /// What had ended has its place again: a new generation, which a confirmation ends at once.
    #[serde(rename = "booking.reinstated.v1")]
    Reinstated {
        booking: BookingId,
        generation: u32,
        starts_at: Timestamp,
        ends_at: Timestamp,
        reason: Option<Sealed>,
    },
    /// This much of a payment has to be paid back.
    #[serde(rename = "booking.refund-required.v1")]
    RefundRequired {
        booking: BookingId,
        payment_reference: String,
        amount: Money,
        why: RefundCause,
    },
    #[serde(rename = "booking.refund-settled.v1")]
    RefundSettled { booking: BookingId, payment_reference: String, amount: Money },
    /// The booking was reinstated, and its payment is its own again.
    #[serde(rename = "booking.refund-withdrawn.v1")]
    RefundWithdrawn { booking: BookingId, payment_reference: String },
    #[serde(rename = "booking.checked-in.v1")]
    CheckedIn { booking: BookingId },
    #[serde(rename = "booking.missed.v1")]
    Missed { booking: BookingId },
    #[serde(rename = "courtday.blocked.v1")]
    Blocked {
        block: BlockId,
        starts_at: Timestamp,
        /// Half-open: the court is free again from here.
        ends_at: Timestamp,
        cause: BlockCause,
        reason: Option<Sealed>,
    },
    #[serde(rename = "courtday.unblocked.v1")]
    Unblocked { block: BlockId },
}

/// A place was taken until `expires_at`; for good only when confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub booking: BookingId,
    /// The first id this booking ever had; a move keeps it.
    pub reference: BookingId,
    /// Counts the times this booking was held anew; an expiry names the one it ends.
    pub generation: u32,
    pub venue: VenueId,
    pub booked_for: BookedFor,
    pub starts_at: Timestamp,
    /// Half-open: the court is free again from here.
    pub ends_at: Timestamp,
    /// The venue's IANA zone when it was booked. The instants count; this says what people were told.
    pub zone: String,
    /// `None` for a hold without a clock: the desk's, and the new place of a move.
    pub expires_at: Option<Timestamp>,
    pub price: Money,
    pub terms: Terms,
    /// What it takes to confirm, as agreed when the place was held,
    pub payment: Payment,
    /// and what starting a payment adds to the hold, once.
    pub payment_extension_seconds: u32,
    /// The booking that is moving here. Only the move's own end ends such a hold.
    pub moved_from: Option<BookingId>,
    /// Why the desk went beyond what a player may have.
    pub overridden: Option<Sealed>,
    /// Revisions of the streams the decision was made under.
    pub venue_revision: u64,
    pub court_revision: u64,
}

/// Who will play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BookedFor {
    Player {
        user: UserId,
    },
    /// Somebody without an account, sealed as a player is, under a key of their own (`GuestId::stream`) and the
    /// names of these fields.
    Guest {
        guest: GuestId,
        name: Sealed,
        email: Option<Sealed>,
        phone: Option<Sealed>,
        notes: Option<Sealed>,
    },
}

/// What a cancellation gives back, as agreed when the place was held. After a move that was made too late for a full
/// refund, the hours are more than any start is ahead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Everything back until so many hours before the start,
    pub full_refund_hours: u32,
    /// and this share of the price afterwards.
    pub late_refund_percent: u8,
}

/// Why a hold lasts longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum ExtensionCause {
    /// A payment was started.
    Payment,
    /// No command was taken for a while, which had begun at this moment.
    Maintenance { since: Timestamp },
}

/// Who noticed that a hold was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiryCause {
    /// The timed event.
    Timer,
    /// The search for overdue holds.
    Sweep,
    /// Somebody else took the place.
    Lazy,
}

/// Who gave a confirmed booking up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum CancelCause {
    Player,
    /// With a reason where the desk gave back more than the terms say.
    Staff {
        reason: Option<Sealed>,
    },
    /// The court was blocked, and everything is given back.
    Block {
        block: BlockId,
    },
}

/// Whose word it is that the money is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    Provider,
    Desk,
}

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundCause {
    /// It came after the hold's end, and the place is somebody else's or its time has come.
    PlaceLost,
    /// It came after the place was given back.
    GivenBack,
    /// It was not the price.
    WrongAmount,
    PaidTwice,
    Cancelled,
    /// The booking moved to where it costs less. The rest of the payment went along.
    PriceDifference,
}

/// Why nobody can play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockCause {
    Maintenance,
    Rain,
    /// The venue is closed on this day.
    Closed,
    /// The court is not let any more.
    Retired,
    Other,
}

impl BookingEvent {
    /// The booking it is about; a block is about none.
    pub fn booking(&self) -> Option<&BookingId> {
        match self {
            Self::Held(held) => Some(&held.booking),
            Self::HoldExtended { booking, .. }
            | Self::PaymentStarted { booking, .. }
            | Self::PaymentReceived { booking, .. }
            | Self::Confirmed { booking, .. }
            | Self::Expired { booking, .. }
            | Self::Released { booking }
            | Self::Cancelled { booking, .. }
            | Self::Moved { booking, .. }
            | Self::MoveAbandoned { booking, .. }
            | Self::Reinstated { booking, .. }
            | Self::RefundRequired { booking, .. }
            | Self::RefundSettled { booking, .. }
            | Self::RefundWithdrawn { booking, .. }
            | Self::CheckedIn { booking }
            | Self::Missed { booking } => Some(booking),
            Self::Blocked { .. } | Self::Unblocked { .. } => None,
        }
    }
}

impl BookedFor {
    pub fn player(&self) -> Option<UserId> {
        match self {
            Self::Player { user } => Some(*user),
            Self::Guest { .. } => None,
        }
    }

    /// Whether it is the same person. Sealed twice, one text looks like two.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Player { user }, Self::Player { user: other }) => user == other,
            (Self::Guest { guest, .. }, Self::Guest { guest: other, .. }) => guest == other,
            (Self::Player { .. }, Self::Guest { .. })
            | (Self::Guest { .. }, Self::Player { .. }) => false,
        }
    }
}
