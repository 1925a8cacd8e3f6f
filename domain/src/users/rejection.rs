/// Why an account said no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserRejection {
    #[error("there is no such user")]
    UnknownUser,
    /// A racing registration was faster; start again under the next user id.
    #[error("one of the claims was abandoned before the registration was made")]
    ClaimAbandoned,
    /// The fence came too late: the account owns the claim.
    #[error("the account already owns this claim")]
    ClaimOwned,
    #[error("the account is disabled")]
    Disabled,
}
