use crate::ids::UserId;

/// Why an identifier cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRejection {
    /// Or to somebody whose account has left it: read its user's stream.
    #[error("the identifier belongs to somebody")]
    Taken { user: UserId, claim_revision: u64 },
    #[error("somebody is about to take the identifier")]
    Pending { user: UserId, claim_revision: u64 },
    /// The time of a pending claim is over: read its user's stream, and fence it.
    #[error("the identifier was claimed and never confirmed")]
    Lapsed { user: UserId, claim_revision: u64 },
    /// Confirmed without having been claimed.
    #[error("nobody holds the identifier")]
    Unclaimed,
}
