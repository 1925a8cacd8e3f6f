use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::VenueId;
use crate::sealed::Sealed;
use crate::users::{Channel, ClockStyle, Language, Role};

/// What happened to a person's account (stream `user-<id>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum UserEvent {
    /// The commit point of a registration: only the claims named here are ever confirmed.
    #[serde(rename = "user.registered.v1")]
    Registered {
        email: Sealed,
        username: Sealed,
        display_name: Sealed,
        phone: Option<Sealed>,
        /// The streams of the claims: `claim-email-<hmac>`, `claim-username-<hmac>`.
        email_claim: String,
        username_claim: String,
        role: Role,
        /// Whether the address still has to be proved before the first login.
        verification_required: bool,
    },
    /// Somebody else needed this claim, and this account had not committed to it in time: it never will.
    #[serde(rename = "user.claim-abandoned.v1")]
    ClaimAbandoned { claim: String, claim_revision: u64 },
    #[serde(rename = "user.email-verified.v1")]
    EmailVerified {},
    /// The person wants another address. It counts once it is proved; until then nobody is kept from it.
    #[serde(rename = "user.email-change-requested.v1")]
    EmailChangeRequested { change: Uuid, email: Sealed, email_claim: String, until: Timestamp },
    /// The commit point of a change: only now is the new claim confirmed, and the former one abandoned.
    #[serde(rename = "user.email-changed.v1")]
    EmailChanged {
        change: Uuid,
        email: Sealed,
        email_claim: String,
        /// Where the notice of it goes.
        former_email: Option<Sealed>,
        former: Claimed,
    },
    #[serde(rename = "user.username-changed.v1")]
    UsernameChanged { username: Sealed, username_claim: String, former: Claimed },
    #[serde(rename = "user.renamed.v1")]
    Renamed { display_name: Sealed },
    /// `None`: by telephone nobody is to be reached any more.
    #[serde(rename = "user.phone-set.v1")]
    PhoneSet { phone: Option<Sealed> },
    /// How the person wants to be told things, as a whole.
    #[serde(rename = "user.preferences-set.v1")]
    PreferencesSet {
        reminders: Channel,
        language: Language,
        clock: ClockStyle,
        /// Where SMS go; it need not be the number that the desk calls.
        sms_number: Option<Sealed>,
    },
    /// The verifier is a PHC string, sealed under the person's own key: the log alone cannot be attacked offline.
    #[serde(rename = "user.password-set.v2")]
    PasswordSet { verifier: Sealed, pepper: u32, cause: PasswordCause },
    /// The same password, hashed as it is done today: by its owner, who has just given it. No session ends.
    #[serde(rename = "user.password-rehashed.v1")]
    PasswordRehashed { verifier: Sealed, pepper: u32 },
    /// Why is in the words of whoever did it, here and below, sealed under the account's own key.
    #[serde(rename = "user.role-changed.v2")]
    RoleChanged { role: Role, venues: Vec<VenueId>, reason: Option<Sealed> },
    #[serde(rename = "user.disabled.v2")]
    Disabled { reason: Option<Sealed> },
    #[serde(rename = "user.enabled.v2")]
    Enabled { reason: Option<Sealed> },
    /// Every session begun before this is over.
    #[serde(rename = "user.sessions-revoked.v1")]
    SessionsRevoked { by: Option<Uuid> },
    /// What codes are made from, sealed under the person's own key; it counts for nothing until it is proved.
    #[serde(rename = "user.factor-offered.v1")]
    FactorOffered { secret: Sealed },
    /// A code of this step, made from what was offered last, has proved it. Recovery codes are kept as keyed hashes.
    #[serde(rename = "user.factor-confirmed.v1")]
    FactorConfirmed { step: u64, recovery: Vec<String> },
    #[serde(rename = "user.recovery-codes-renewed.v1")]
    RecoveryCodesRenewed { recovery: Vec<String> },
    #[serde(rename = "user.factor-removed.v1")]
    FactorRemoved { reason: Option<Sealed> },
    /// The commit point of an erasure: from here on the account is nobody's, and what is left of it goes.
    #[serde(rename = "user.erasure-requested.v1")]
    ErasureRequested {
        cause: ErasureCause,
        /// In an admin's words, under the admin's key.
        reason: Option<Sealed>,
    },
    /// Its keys are destroyed, and no process has one in memory any more.
    #[serde(rename = "user.erased.v1")]
    Erased {},
}

/// Why somebody is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasureCause {
    /// They asked for it themselves.
    Own,
    Admin,
    /// An operator, at the command line.
    Operator,
    /// Nobody proved the e-mail address in time.
    Unverified,
}

/// One claim on an identifier, told from earlier and later ones of the same user by its revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    pub claim: String,
    pub claim_revision: u64,
}

/// How somebody came to have this password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordCause {
    /// The first one.
    Registered,
    /// By its owner, who knew the one before.
    Changed,
    /// By a mailed code.
    Reset,
}
