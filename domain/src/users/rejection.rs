/// Why an account said no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserRejection {
    #[error("there is no such user")]
    UnknownUser,
    /// A racing registration was faster; start again under the next user id.
    #[error("one of the claims was abandoned before the registration was made")]
    ClaimAbandoned,
    /// User ids are made from the claims, so this is another command under an id that is taken.
    #[error("the account was registered with other claims")]
    RegisteredOtherwise,
    /// The fence came too late: the account owns the claim.
    #[error("the account already owns this claim")]
    ClaimOwned,
    #[error("there is no second factor to do this with")]
    NoFactor,
    #[error("the account is disabled")]
    Disabled,
    /// Never asked for, asked for otherwise since, or too long ago.
    #[error("no such change of address was asked for")]
    UnknownChange,
    #[error("there is no number that an SMS could go to")]
    NoSmsNumber,
    /// Something has ended older sessions since, and with them what was asked for before.
    #[error("the account has changed since")]
    ChangedSince,
    /// One admin always has to be left, and taking the role away sees to that.
    #[error("an admin cannot be erased")]
    StillAdmin,
    #[error("nobody asked for this erasure")]
    ErasureNotRequested,
}
