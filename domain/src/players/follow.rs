use jiff::Timestamp;

use super::{ExtendLease, PlayerCommand, counts_until};
use crate::bookings::{Booking, BookingState as S};

impl PlayerCommand {
    /// What the player's stream has to hear of a booking, as its court-day has it.
    pub fn following(booking: &Booking, at: Timestamp) -> Self {
        let held = &booking.held;
        let (id, generation) = (held.booking.clone(), held.generation);
        let (confirmed, until) = match &booking.state {
            // Without a clock it counts as long as it can be confirmed.
            S::Held => (false, held.expires_at.map_or(held.ends_at, counts_until)),
            S::Confirmed | S::CheckedIn | S::Missed => (true, held.ends_at),
            S::Expired | S::Released | S::Cancelled | S::Moved { .. } => {
                return Self::ReturnLease { booking: id, generation, at };
            }
        };
        Self::ExtendLease(ExtendLease {
            booking: id,
            reference: held.reference.clone(),
            venue: held.venue.clone(),
            generation,
            confirmed,
            until,
            at,
        })
    }
}
