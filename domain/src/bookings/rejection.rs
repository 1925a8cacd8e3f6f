use jiff::Timestamp;

use super::BlockCause;
use crate::ids::BookingId;
use crate::policies::Refusal;

/// Why a court-day said no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookingRejection {
    /// Nothing that happens later could make this possible.
    #[error(transparent)]
    Policy(#[from] Refusal),
    #[error("the court is already taken for part of this time")]
    SlotTaken,
    #[error("nobody can play on the court for part of this time")]
    Blocked { cause: BlockCause, ends_at: Timestamp },
    #[error("this command id already made another booking")]
    BookingDiffers,
    #[error("there is no such booking")]
    UnknownBooking,
    #[error("the hold ran out at {expired_at}")]
    HoldExpired { expired_at: Timestamp },
    #[error("it is not time yet")]
    NotDue { due_at: Timestamp },
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
    #[error("the time of the booking is over")]
    AlreadyOver,
    #[error("players can check in from {opens_at} on")]
    TooEarly { opens_at: Timestamp },
    #[error("the booking was moved to {to}")]
    BookingMoved { to: BookingId },
    #[error("this place is held for a booking that is moving here")]
    MoveUnderWay,
    #[error("the move was not finished in time and was given up")]
    MoveAbandoned,
    /// The steps of a move are for moves.
    #[error("no booking is moving here")]
    NotMoving,
    #[error("a booking moves within its venue")]
    AnotherVenue,
    #[error("only a payment confirms this booking")]
    PaymentRequired,
    #[error("nothing has to be paid to confirm this booking")]
    NothingToPay,
    #[error("so many payments were started that no more can be")]
    TooManyPayments,
    #[error("the booking is already paid")]
    AlreadyPaid,
    #[error("no such payment has to be paid back")]
    UnknownRefund,
    #[error("bookings are in the way")]
    BookingsInTheWay { bookings: Vec<BookingId> },
    #[error("this command id already made another block")]
    BlockDiffers,
    #[error("there is no such block")]
    UnknownBlock,
    #[error("a block lies within one service day")]
    OutsideDay,
}
