//! Notices: an event makes a message necessary, and it is sent once.
//!
//! Event → intent ([`follower`]: a row of table `outbox`, its id derived from the event) → sent by the [`worker`] →
//! `notice.sent` on the intent's own stream. The stream is looked up before anything is sent, so that dropping the
//! read database, replaying or copying the log sends nothing again.
pub mod follower;
pub mod letters;
pub mod metrics;
mod reaction;
mod rows;
pub mod texts;
pub mod worker;

use domain::ids::{BlockId, BookingId, SessionId};
use domain::sealed::Sealed;
use domain::users::PasswordCause;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What there is to say, and the little that is needed to say it: ids and sealed texts.
///
/// Stored in table `outbox` as its kind and its payload; ids of intents are derived from the kind: never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "kebab-case")]
pub enum Notice {
    /// To the address as it was registered; a later change of address does not redirect the proof of this one.
    VerifyEmail {
        email: Sealed,
        display_name: Sealed,
    },
    /// The same code once more, to whoever has not used it yet.
    VerifyEmailAgain {},
    ResetPassword {
        code: Uuid,
        epoch: u64,
        email_claim: String,
    },
    PasswordSet {
        cause: PasswordCause,
        at: Timestamp,
    },
    /// To the address that is to be proved.
    ChangeEmail {
        change: Uuid,
        email: Sealed,
    },
    /// To the address that was left.
    EmailChanged {
        former: Sealed,
        at: Timestamp,
    },
    /// Wrong passwords have closed the door.
    LoginLocked {
        until: Timestamp,
    },
    /// The account was entered from a device it did not know.
    NewDevice {
        address: Option<Sealed>,
        user_agent: Option<Sealed>,
        at: Timestamp,
    },
    /// A refresh token came a second time, and its session is over. Whose it was, its stream says.
    TokenReused {
        session: SessionId,
        at: Timestamp,
    },
    FactorRemoved {
        by_owner: bool,
        at: Timestamp,
    },
    /// Somebody wanted to register with the account's address.
    AddressTaken {},
    /// To the player, wherever they can be reached by then.
    BookingConfirmed {
        booking: BookingId,
    },
    /// Play is near, or the desk wants it.
    Reminder {
        booking: BookingId,
    },
    /// Not by the player: by the desk, or by a block.
    BookingCancelled {
        booking: BookingId,
        block: Option<BlockId>,
    },
    /// Somebody waited for a place, and one is held for them.
    PlaceOffered {
        booking: BookingId,
    },
}

impl Notice {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify-email",
            Self::VerifyEmailAgain {} => "verify-email-again",
            Self::ResetPassword { .. } => "reset-password",
            Self::PasswordSet { .. } => "password-set",
            Self::ChangeEmail { .. } => "change-email",
            Self::EmailChanged { .. } => "email-changed",
            Self::LoginLocked { .. } => "login-locked",
            Self::NewDevice { .. } => "new-device",
            Self::TokenReused { .. } => "token-reused",
            Self::FactorRemoved { .. } => "factor-removed",
            Self::AddressTaken {} => "address-taken",
            Self::BookingConfirmed { .. } => "booking-confirmed",
            Self::Reminder { .. } => "reminder",
            Self::BookingCancelled { .. } => "booking-cancelled",
            Self::PlaceOffered { .. } => "place-offered",
        }
    }

    /// The id of what `event` makes necessary, however often it is derived.
    pub fn intent(&self, event: Uuid) -> Uuid {
        Uuid::new_v5(&event, self.kind().as_bytes())
    }
}
