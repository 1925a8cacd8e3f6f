use jiff::Timestamp;

use super::ExpiryCause;
use crate::courts::Court;
use crate::ids::{BookingId, UserId};
use crate::venues::Venue;

/// What may be asked of a court-day. Times come with the command; the rules have no clock.
#[derive(Clone, Debug)]
pub enum BookingCommand {
    Hold(Box<Hold>),
    Confirm { booking: BookingId, payment_reference: Option<String>, at: Timestamp },
    Expire { booking: BookingId, generation: u32, cause: ExpiryCause, at: Timestamp },
    Release { booking: BookingId, at: Timestamp },
    Cancel { booking: BookingId, at: Timestamp },
}

/// Takes a place for a while.
#[derive(Clone, Debug)]
pub struct Hold {
    pub booking: BookingId,
    pub player: UserId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub at: Timestamp,
    /// The venue and the court as they are now, with the revisions they were read at.
    pub venue: Venue,
    pub venue_revision: u64,
    pub court: Court,
    pub court_revision: u64,
}
