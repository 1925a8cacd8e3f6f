use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{SessionId, UserId};
use crate::sealed::Sealed;

/// What happened at the door (streams `login-<user>` and `login-unknown-<date>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum LoginEvent {
    #[serde(rename = "login.succeeded.v2")]
    Succeeded {
        session: SessionId,
        from: Origin,
        /// Which device it was, by a commitment under the person's own key; `None` where that key is gone.
        device: Option<String>,
        /// The account knew others by then, and not this one.
        new_device: bool,
    },
    #[serde(rename = "login.failed.v1")]
    Failed { reason: FailureReason, from: Origin, at: Timestamp },
    /// The code that came with the login after this: it counts no more.
    #[serde(rename = "login.code-accepted.v1")]
    CodeAccepted { code: UsedCode },
    /// The failure before this one was one too many. A lock until [`FOR_GOOD`](super::FOR_GOOD) does not end by itself.
    #[serde(rename = "login.locked.v1")]
    Locked { until: Timestamp, failures: u32 },
    /// Tried while it could not succeed, whatever the password.
    #[serde(rename = "login.refused.v1")]
    Refused { reason: RefusalReason, from: Origin },
    /// Why is in the words of whoever did it, sealed under the account's own key.
    #[serde(rename = "login.unlocked.v2")]
    Unlocked { reason: Option<Sealed> },
    /// Somebody who is logged in gave the password again, for what an open session alone may not do.
    #[serde(rename = "login.reauthenticated.v1")]
    Reauthenticated { from: Origin },
    /// A code is to be mailed to the account's address. Whoever can type the address can ask for one.
    #[serde(rename = "login.code-requested.v1")]
    CodeRequested {
        purpose: CodePurpose,
        /// Names the code, which is made from it with a key that is not in the log.
        code: Uuid,
        /// The account as it was: the code is for that one, and for no later state of it.
        epoch: u64,
        email_claim: String,
        until: Timestamp,
        from: Origin,
    },
    /// No code is mailed: it is nobody's address, or a code would be good for nothing.
    #[serde(rename = "login.code-refused.v1")]
    CodeRefused { purpose: CodePurpose, from: Origin },
    /// Somebody wanted to register with the account's address, which its owner is told.
    #[serde(rename = "login.registration-attempted.v1")]
    RegistrationAttempted { from: Origin, at: Timestamp },
}

/// What a mailed code is to be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodePurpose {
    ResetPassword,
    VerifyEmail,
}

/// Where an attempt came from, sealed under the person's key of the quarter (or the day's, for nobody we know).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub address: Option<Sealed>,
    pub user_agent: Option<Sealed>,
    /// The keyed hash of what was typed, by which it can be counted and never read.
    pub identifier: String,
}

impl Origin {
    /// Whose key the origin of an attempt on an account is sealed under: the person's of the quarter, so that old ones can
    /// be destroyed while the person stays.
    pub fn subject(user: UserId, at: Timestamp) -> String {
        format!("{}/{}", user.stream(), quarter(TimeZone::UTC.to_datetime(at).date()))
    }
}

/// Its name, as keys have it: `2026Q4`. Names are in the order of time.
pub fn quarter(day: Date) -> String {
    format!("{}Q{}", day.year(), (day.month() - 1) / 3 + 1)
}

/// The first day of its quarter.
pub fn quarter_begins(day: Date) -> Date {
    day.first_of_month().saturating_sub(Span::new().months((day.month() - 1) % 3))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    WrongPassword,
    UnknownIdentifier,
    /// The password was right, and the code that goes with it was not, or had been used.
    WrongCode,
    /// The password was right, and there was no code.
    MissingCode,
}

/// What makes a code this one and no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsedCode {
    /// By the clock: the thirty seconds it was for, counted since 1970.
    Step(u64),
    /// For recovery: its keyed hash.
    Recovery(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    Locked,
    Disabled,
    Unverified,
}
