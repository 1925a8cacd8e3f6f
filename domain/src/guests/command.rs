use crate::ids::BookingId;

/// What may be asked of a guest.
#[derive(Clone, Debug)]
pub enum GuestCommand {
    /// Whether the desk may still need them is for the court-day to say, beforehand.
    RequestErasure { booking: BookingId },
    /// After the key is destroyed.
    FinishErasure,
}
