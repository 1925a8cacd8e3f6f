//! A claim: one account per identifier, by compare-and-append alone.
//!
//! The clock here is politeness. What makes a claim final is the race for its user's own stream: see
//! `users::UserCommand::AbandonClaim`.
mod command;
mod event;
mod rejection;
mod upcast;

use jiff::Timestamp;

use crate::ids::UserId;

pub use command::ClaimCommand;
pub use event::ClaimEvent;
pub use rejection::ClaimRejection;

/// What the rules remember of an identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Claim {
    #[default]
    Free,
    Pending {
        user: UserId,
        until: Timestamp,
    },
    Owned {
        user: UserId,
    },
}
