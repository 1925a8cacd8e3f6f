use jiff::{SignedDuration, Timestamp};

use super::event::Origin;
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
}

/// One attempt, its password already checked. Whether that counts is decided at the revision it is recorded at.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub password_right: bool,
    pub verified: bool,
    pub disabled: bool,
    /// The session that a success begins.
    pub session: SessionId,
    pub from: Origin,
    pub at: Timestamp,
    pub limits: Limits,
}

/// `AUTH_LOGIN_MAX_ATTEMPTS`, `AUTH_LOGIN_ATTEMPT_WINDOW_MINUTES`, `AUTH_LOGIN_LOCKOUT_MINUTES`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub max_attempts: u32,
    pub window: SignedDuration,
    /// The first lock; each further one without a success between doubles, up to 24 hours.
    pub lockout: SignedDuration,
}
