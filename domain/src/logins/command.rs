use jiff::{SignedDuration, Timestamp};

use uuid::Uuid;

use super::event::{CodePurpose, Origin, UsedCode};
use crate::ids::SessionId;
use crate::sealed::Sealed;

/// What may be asked of a login history.
#[derive(Clone, Debug)]
pub enum LoginCommand {
    Attempt(Box<Attempt>),
    /// An attempt under an identifier nobody has; goes to the day's stream.
    AttemptUnknown {
        from: Origin,
        at: Timestamp,
    },
    Unlock {
        reason: Option<Sealed>,
    },
    /// Somebody wants to register with the account's address.
    AttemptRegistration {
        from: Origin,
        at: Timestamp,
    },
    /// Asks for a mail with a code; `about` is `None` where no code would be good for anything.
    RequestCode {
        purpose: CodePurpose,
        about: Option<CodeFor>,
        from: Origin,
        at: Timestamp,
    },
}

/// What a code is for: an account in a certain state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFor {
    pub code: Uuid,
    pub epoch: u64,
    pub email_claim: String,
    pub until: Timestamp,
}

/// One attempt, its password already checked. Whether that counts is decided at the revision it is recorded at.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub password_right: bool,
    pub proof: Proof,
    pub verified: bool,
    pub disabled: bool,
    /// The session that a success begins; none where somebody who is logged in gives the password again.
    pub session: Option<SessionId>,
    pub from: Origin,
    /// See [`LoginEvent::Succeeded`](super::LoginEvent::Succeeded).
    pub device: Option<String>,
    pub at: Timestamp,
    pub limits: Limits,
}

/// What came of an account's second factor, if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    NotNeeded,
    Missing,
    Wrong,
    /// Right, unless it was used before.
    Right(UsedCode),
}

/// `AUTH_LOGIN_MAX_ATTEMPTS`, `AUTH_LOGIN_ATTEMPT_WINDOW_MINUTES`, `AUTH_LOGIN_LOCKOUT_MINUTES`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub max_attempts: u32,
    pub window: SignedDuration,
    /// The first lock; each further one without a success between doubles, up to 24 hours.
    pub lockout: SignedDuration,
}
