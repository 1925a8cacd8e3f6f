use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// What happened to a session (stream `session-<id>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum SessionEvent {
    #[serde(rename = "session.started.v2")]
    Started {
        user: UserId,
        /// The epoch of the account that its password was checked against.
        epoch: u64,
        /// What the refresh token is made from, together with a key that is not in the log.
        nonce: String,
        refresh_key: String,
        /// Idle end: refreshed later than this, it is over.
        refresh_until: Timestamp,
        /// Absolute end, whatever happens.
        ends_at: Timestamp,
        /// Whether a code was given with the password.
        factor: bool,
    },
    #[serde(rename = "session.refreshed.v1")]
    Refreshed {
        seq: u32,
        nonce: String,
        refresh_key: String,
        refresh_until: Timestamp,
        at: Timestamp,
    },
    #[serde(rename = "session.reuse-detected.v1")]
    ReuseDetected { seq: u32 },
    #[serde(rename = "session.revoked.v1")]
    Revoked { reason: RevocationReason },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    LoggedOut,
    Reuse,
    Limit,
    /// Its user was erased.
    Erased,
}
