use jiff::{SignedDuration, Timestamp};

use super::event::RevocationReason;
use crate::ids::UserId;

/// What may be asked of a session.
#[derive(Clone, Debug)]
pub enum SessionCommand {
    Start {
        user: UserId,
        epoch: u64,
        nonce: String,
        refresh_key: String,
        refresh_until: Timestamp,
        ends_at: Timestamp,
        factor: bool,
    },
    /// Presents the token numbered `seq`; `nonce` and `refresh_key` are for its successor.
    Refresh {
        seq: u32,
        nonce: String,
        refresh_key: String,
        refresh_until: Timestamp,
        grace: SignedDuration,
        at: Timestamp,
    },
    Revoke {
        reason: RevocationReason,
    },
}
