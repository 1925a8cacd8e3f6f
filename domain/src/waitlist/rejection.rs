use super::{MAX_JOINS, MAX_OWN, MAX_WAITING};
use crate::policies::Refusal;

/// Why a waitlist said no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaitlistRejection {
    /// No place in this window could ever be sold, or not yet.
    #[error(transparent)]
    Policy(#[from] Refusal),
    #[error("the window lies within one service day")]
    OutsideDay,
    #[error("no booking of this length begins and ends in this window")]
    NothingFits,
    #[error("this is 1 to 100 characters on one line")]
    BadName { field: &'static str },
    #[error("you wait for this already")]
    AlreadyWaiting,
    #[error("you wait for {MAX_OWN} times here on this day already")]
    TooManyWishes,
    #[error("you have joined this list {MAX_JOINS} times")]
    TooManyJoins,
    #[error("{MAX_WAITING} people wait here on this day already")]
    Full,
    #[error("this command id already joined with another wish")]
    WaitingDiffers,
    #[error("nobody waits under this id")]
    UnknownWaiting,
    #[error("they wait no more")]
    NotWaiting,
    #[error("they have an open offer")]
    OfferOpen,
    #[error("part of this time is offered to somebody else")]
    PlaceOffered,
    #[error("part of this time was offered to them before")]
    OfferedBefore,
    #[error("this was never offered")]
    UnknownOffer,
}
