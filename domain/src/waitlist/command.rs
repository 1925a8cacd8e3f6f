use jiff::Timestamp;

use super::{OfferEnd, WaitingId, Wish};
use crate::ids::{BookingId, UserId};
use crate::venues::Venue;

/// What may be asked of a waitlist.
#[derive(Clone, Debug)]
pub enum WaitlistCommand {
    Join(Box<Join>),
    Leave {
        waiting: WaitingId,
    },
    /// The court-day holds this place for them already.
    Offer(Offer),
    /// The court-day says what became of the hold.
    EndOffer {
        booking: BookingId,
        how: OfferEnd,
    },
}

#[derive(Clone, Debug)]
pub struct Join {
    pub waiting: WaitingId,
    pub user: UserId,
    pub wish: Wish,
    /// As it is now.
    pub venue: Venue,
    pub at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct Offer {
    pub waiting: WaitingId,
    pub booking: BookingId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// When the hold runs out.
    pub until: Timestamp,
}
