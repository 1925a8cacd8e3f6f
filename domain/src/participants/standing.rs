use jiff::Timestamp;

use crate::bookings::{Booking, BookingRejection, BookingState};
use crate::ids::UserId;

/// How a booking stands when something is asked: its court-day knows that, and this stream does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// `None` for a guest of the desk's, who has no account.
    pub booked_for: Option<UserId>,
    pub state: BookingState,
    /// When its hold ended, if that has run out.
    pub expired_at: Timestamp,
    pub ends_at: Timestamp,
    pub at: Timestamp,
}

impl Standing {
    pub fn of(booking: &Booking, at: Timestamp) -> Self {
        let held = &booking.held;
        Self {
            booked_for: held.booked_for.player(),
            state: booking.state_at(at),
            expired_at: held.expires_at.unwrap_or(held.starts_at),
            ends_at: held.ends_at,
            at,
        }
    }

    /// Why there is nothing to play any more, unless it is held or confirmed, and not over.
    pub(super) fn check(&self) -> Result<(), BookingRejection> {
        use BookingRejection as R;
        use BookingState as S;
        match &self.state {
            S::Held | S::Confirmed | S::CheckedIn if self.at < self.ends_at => Ok(()),
            S::Held | S::Confirmed | S::CheckedIn | S::Missed => Err(R::AlreadyOver),
            S::Expired => Err(R::HoldExpired { expired_at: self.expired_at }),
            S::Released => Err(R::AlreadyReleased),
            S::Cancelled => Err(R::AlreadyCancelled),
            S::Moved { to } => Err(R::BookingMoved { to: to.clone() }),
        }
    }
}
