use jiff::Timestamp;
use uuid::Uuid;

use crate::ids::VenueId;
use crate::sealed::Sealed;
use crate::users::{Claimed, ErasureCause, FactorCommand, Role, Wanted};

/// What may be asked of an account.
#[derive(Clone, Debug)]
pub enum UserCommand {
    Register(Box<Register>),
    AbandonClaim {
        claim: String,
        claim_revision: u64,
    },
    VerifyEmail,
    /// By somebody who knew the password of the account as it was at `epoch`.
    SetPassword {
        verifier: Sealed,
        pepper: u32,
        epoch: u64,
    },
    /// The same one, checked against `of` and hashed anew.
    RehashPassword(Rehash),
    /// By a code that was mailed to the address claimed so, to the account as it was at `epoch`.
    ResetPassword {
        verifier: Sealed,
        pepper: u32,
        epoch: u64,
        email_claim: String,
    },
    RequestEmailChange(EmailChange),
    /// To the address that was asked for as `change`; `claimed` is the account's claim on it.
    ChangeEmail {
        change: Uuid,
        claimed: Claimed,
        former: Claimed,
        at: Timestamp,
    },
    ChangeUsername {
        username: Sealed,
        claimed: Claimed,
        former: Claimed,
    },
    /// What is `None` stays; a phone number can be taken out.
    Describe {
        display_name: Option<Sealed>,
        phone: Option<Option<Sealed>>,
    },
    Prefer(Wanted),
    ChangeRole {
        role: Role,
        venues: Vec<VenueId>,
        reason: Option<Sealed>,
    },
    Disable {
        reason: Option<Sealed>,
    },
    Enable {
        reason: Option<Sealed>,
    },
    RevokeSessions,
    /// With cause `Unverified` only if that is still so.
    RequestErasure {
        cause: ErasureCause,
        reason: Option<Sealed>,
    },
    /// After everything that a person had is given back and every key of theirs is destroyed.
    FinishErasure,
    Factor(FactorCommand),
    /// The command, on the account as it was at `epoch`; what is so already is so at any.
    AsOf {
        epoch: u64,
        command: Box<UserCommand>,
    },
}

#[derive(Clone, Debug)]
pub struct Register {
    pub email: Sealed,
    pub username: Sealed,
    pub display_name: Sealed,
    pub phone: Option<Sealed>,
    pub email_claim: String,
    pub username_claim: String,
    pub role: Role,
    pub verification_required: bool,
    pub verifier: Sealed,
    pub pepper: u32,
}

/// A password as it was checked, and as it is hashed today.
#[derive(Clone, Debug)]
pub struct Rehash {
    pub of: Sealed,
    pub verifier: Sealed,
    pub pepper: u32,
}

/// Another address, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailChange {
    pub change: Uuid,
    pub email: Sealed,
    pub email_claim: String,
    pub until: Timestamp,
}
