use super::{MAX_INVITATIONS, MAX_JOINS, MAX_PARTICIPANTS};
use crate::bookings::BookingRejection;

/// Why a list of people who play along stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParticipantsRejection {
    /// Nobody is asked to play along in this booking any more.
    #[error(transparent)]
    Booking(#[from] BookingRejection),
    #[error("the invitation does not let you in, or no more")]
    InvitationOver,
    #[error("{MAX_PARTICIPANTS} people play along already")]
    Full,
    #[error("people have joined here {MAX_JOINS} times")]
    TooManyJoins,
    #[error("{MAX_INVITATIONS} invitations were made to this booking")]
    TooManyInvitations,
}
