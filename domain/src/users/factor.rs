//! The second factor of an account: offered, proved by a code, then asked for at every login.
//!
//! Which codes were used is remembered where logins are decided (`logins.rs`): one append judges password, lock and code.
use super::{User, UserEvent, UserRejection};
use crate::sealed::Sealed;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// What the codes are made from, in base 32.
    pub secret: Sealed,
    /// The step of the code that proved it. That one and those before it are used up.
    pub step: u64,
    /// Keyed hashes of the recovery codes that were shown last.
    pub recovery: Vec<String>,
}

/// What may be asked of a second factor.
#[derive(Clone, Debug)]
pub enum FactorCommand {
    Offer {
        secret: Sealed,
    },
    /// A code of step `step` was right for `secret`.
    Confirm {
        secret: Sealed,
        step: u64,
        recovery: Vec<String>,
    },
    Renew {
        recovery: Vec<String>,
    },
    Remove {
        reason: Option<Sealed>,
    },
}

pub(super) fn decide(user: &User, command: FactorCommand) -> Result<Vec<UserEvent>, UserRejection> {
    use FactorCommand as C;
    use UserEvent as E;
    use UserRejection as R;

    match command {
        C::Remove { .. } if user.factor.is_none() && user.offered.is_none() => Ok(vec![]),
        C::Remove { reason } => Ok(vec![E::FactorRemoved { reason }]),

        _ if user.disabled => Err(R::Disabled),
        // The one there is counts until another is proved: who loses the new telephone half-way keeps the old one.
        C::Offer { secret } => Ok(vec![E::FactorOffered { secret }]),

        C::Confirm { secret, .. } if user.offered.as_ref() != Some(&secret) => Err(R::NoFactor),
        C::Confirm { step, recovery, .. } => Ok(vec![E::FactorConfirmed { step, recovery }]),

        C::Renew { .. } if user.factor.is_none() => Err(R::NoFactor),
        C::Renew { recovery } => Ok(vec![E::RecoveryCodesRenewed { recovery }]),
    }
}
