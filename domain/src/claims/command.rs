use jiff::Timestamp;

use crate::ids::UserId;

/// What may be asked of an identifier.
#[derive(Clone, Debug)]
pub enum ClaimCommand {
    /// Takes the identifier for a while. `fenced` names another user and the one claim of theirs that their own stream says
    /// was abandoned: they may have made another since.
    Claim { user: UserId, until: Timestamp, at: Timestamp, fenced: Option<(UserId, u64)> },
    /// Only after reading that the user's stream names this claim as its own.
    Confirm { user: UserId },
    /// Keeps this one claim until then, as the account would that is not made: whoever asks for the identifier is told the
    /// same. It does so once; kept already it is kept anew only after its time.
    Keep { user: UserId, claim_revision: u64, until: Timestamp, at: Timestamp },
    /// Gives this one claim back, and none made since. First abandon it on the user's own stream (or know the account
    /// erased): the same command may be running on another machine, and would commit to an identifier that others can
    /// have by then.
    Release { user: UserId, claim_revision: u64 },
}
