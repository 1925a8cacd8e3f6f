use jiff::Timestamp;

use crate::policies::Refusal;

/// Why a court-day said no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookingRejection {
    /// Nothing that happens later could make this possible.
    #[error(transparent)]
    Policy(#[from] Refusal),
    #[error("the court is already taken for part of this time")]
    SlotTaken,
    #[error("this command id already made another booking")]
    BookingDiffers,
    #[error("there is no such booking")]
    UnknownBooking,
    #[error("the hold ran out at {expired_at}")]
    HoldExpired { expired_at: Timestamp },
    #[error("the hold is not over yet")]
    NotDue { expires_at: Timestamp },
    #[error("the booking is already confirmed")]
    AlreadyConfirmed,
    #[error("the booking is only held, not confirmed")]
    OnlyHeld,
    #[error("the hold was released")]
    AlreadyReleased,
    #[error("the booking was cancelled")]
    AlreadyCancelled,
    #[error("the booking has already begun")]
    AlreadyBegun,
}
