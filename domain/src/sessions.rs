//! A session: a chain of refresh tokens, each used once.
//!
//! A token presented again within the grace time gets the very same successor (its answer was lost); presented
//! later it was stolen, and the session ends.
mod command;
mod event;
mod rejection;
mod upcast;

use jiff::Timestamp;

use crate::ids::UserId;

pub use command::SessionCommand;
pub use event::{RevocationReason, SessionEvent};
pub use rejection::SessionRejection;

/// What the rules remember of a session; `None` until it starts.
#[derive(Clone, Debug, Default)]
pub struct SessionState(pub Option<Session>);

#[derive(Clone, Debug)]
pub struct Session {
    pub user: UserId,
    pub epoch: u64,
    /// The newest token issued: its number (from 0), what it is made from, and until when it can be used.
    pub seq: u32,
    pub nonce: String,
    pub refresh_key: String,
    pub refresh_until: Timestamp,
    /// When the newest token was issued: its predecessor still counts for the grace time after this.
    pub refreshed_at: Option<Timestamp>,
    pub ends_at: Timestamp,
    pub revoked: bool,
}
