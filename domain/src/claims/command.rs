use jiff::Timestamp;

use crate::ids::UserId;

/// What may be asked of an identifier.
#[derive(Clone, Debug)]
pub enum ClaimCommand {
    /// Takes the identifier for a while. `fenced` names another user whose own stream says that this claim was abandoned.
    Claim {
        user: UserId,
        until: Timestamp,
        at: Timestamp,
        fenced: Option<UserId>,
    },
    Confirm {
        user: UserId,
    },
    Release {
        user: UserId,
    },
}
