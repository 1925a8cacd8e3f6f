//! The door: every attempt is one event, and the lockout is nothing but their fold.
//!
//! **Invariant:** whatever the concurrency, no more than `max_attempts` wrong guesses are ever evaluated in a
//! window, because each outcome is appended at exactly the revision it was decided on.
mod command;
mod event;
mod rejection;
mod upcast;

use jiff::Timestamp;

pub use command::{Attempt, Limits, LoginCommand};
pub use event::{FailureReason, LoginEvent, Origin, RefusalReason};
pub use rejection::LoginRejection;

/// What the rules remember of one account's logins.
#[derive(Clone, Debug, Default)]
pub struct Logins {
    /// Times of the wrong guesses since the last success, lock or unlock, oldest first.
    pub failures: Vec<Timestamp>,
    pub locked_until: Option<Timestamp>,
    /// Locks since the last success.
    pub locks: u32,
}
