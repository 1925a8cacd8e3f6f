use jiff::Timestamp;

use crate::ids::UserId;

/// What may be asked of an identifier.
#[derive(Clone, Debug)]
pub enum ClaimCommand {
    /// Takes the identifier for a while. `fenced` names another user whose own stream says that this claim was abandoned.
    Claim { user: UserId, until: Timestamp, at: Timestamp, fenced: Option<UserId> },
    /// Only after reading that the user's stream names this claim as its own.
    Confirm { user: UserId },
    /// Gives it back. First abandon it on the user's own stream (or know the account erased): the same registration
    /// may be running on another machine, and would commit to an identifier that others can have by then.
    Release { user: UserId },
}
