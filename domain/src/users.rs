//! A person's account: who may act, as what, and since when.
mod changes;
mod command;
mod event;
mod factor;
mod preferences;
mod rejection;
mod upcast;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::decider::Decider;
use crate::ids::VenueId;
use crate::sealed::Sealed;

pub use command::{EmailChange, Register, Rehash, UserCommand};
pub use event::{Claimed, ErasureCause, PasswordCause, UserEvent};
pub use factor::{FactorCommand, SecondFactor};
pub use preferences::{Channel, ClockStyle, Language, Preferences, Wanted};
pub use rejection::UserRejection;

/// What the rules remember of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    pub registered: bool,
    pub role: Role,
    /// The venues a member of staff is for.
    pub venues: Vec<VenueId>,
    /// Whether the e-mail address was proved, or need not be.
    pub verified: bool,
    pub disabled: bool,
    /// Bumped by everything that must end older tokens: a changed password, role, disable, revoke.
    pub epoch: u64,
    pub email: Option<Sealed>,
    pub username: Option<Sealed>,
    pub display_name: Option<Sealed>,
    pub phone: Option<Sealed>,
    pub preferences: Preferences,
    /// The claims this account owns: of its address, and of its name.
    pub claims: BTreeSet<String>,
    /// The claims it can never own any more, up to these revisions: fenced off, or left for another.
    pub abandoned: BTreeMap<String, u64>,
    /// The address that was asked for last and is not proved yet.
    pub email_change: Option<EmailChange>,
    /// The change of address that was made last.
    pub email_changed: Option<Uuid>,
    pub verifier: Option<Sealed>,
    pub pepper: u32,
    pub erasure: Erasure,
    pub factor: Option<SecondFactor>,
    /// The secret of a second factor that was offered and not proved yet.
    pub offered: Option<Sealed>,
}

/// How far the erasure of an account has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Erasure {
    #[default]
    None,
    /// It cannot be taken back.
    Requested,
    Done,
}

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    #[default]
    Player,
    Staff,
    Auditor,
    Operator,
    Admin,
}

impl Role {
    pub const ALL: [Self; 5] =
        [Self::Player, Self::Staff, Self::Auditor, Self::Operator, Self::Admin];

    /// As everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Player => "player",
            Self::Staff => "staff",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl User {
    /// Whether this is somebody's account, and not one that was never made or is being erased.
    pub fn is_there(&self) -> bool {
        self.registered && self.erasure == Erasure::None
    }

    /// Whether this account administers, today.
    pub fn administers(&self) -> bool {
        self.is_there() && !self.disabled && self.role == Role::Admin
    }
}

impl Decider for User {
    type State = Self;
    type Command = UserCommand;
    type Event = UserEvent;
    type Rejection = UserRejection;

    fn evolve(mut user: Self, event: UserEvent) -> Self {
        match event {
            UserEvent::Registered {
                email,
                username,
                display_name,
                phone,
                email_claim,
                username_claim,
                role,
                verification_required,
            } => Self {
                registered: true,
                role,
                verified: !verification_required,
                email: Some(email),
                username: Some(username),
                display_name: Some(display_name),
                phone,
                claims: BTreeSet::from([email_claim, username_claim]),
                ..user
            },
            UserEvent::ClaimAbandoned { claim, claim_revision } => {
                user.abandon(Claimed { claim, claim_revision });
                user
            }
            UserEvent::EmailChangeRequested { change, email, email_claim, until } => {
                let asked = EmailChange { change, email, email_claim, until };
                Self { email_change: Some(asked), ..user }
            }
            UserEvent::EmailChanged { change, email, email_claim, former, .. } => {
                user.exchange(former, email_claim);
                Self {
                    email: Some(email),
                    verified: true,
                    email_change: None,
                    email_changed: Some(change),
                    ..user
                }
            }
            UserEvent::UsernameChanged { username, username_claim, former } => {
                user.exchange(former, username_claim);
                Self { username: Some(username), ..user }
            }
            UserEvent::Renamed { display_name } => {
                Self { display_name: Some(display_name), ..user }
            }
            UserEvent::PhoneSet { phone } => Self { phone, ..user },
            UserEvent::PreferencesSet { reminders, language, clock, sms_number } => {
                let preferences = Preferences { reminders, language, clock, sms_number };
                Self { preferences, ..user }
            }
            UserEvent::EmailVerified {} => Self { verified: true, ..user },
            // The first password comes with the registration: there is no older token to end.
            UserEvent::PasswordSet { verifier, pepper, .. } => {
                let epoch = user.epoch + u64::from(user.verifier.is_some());
                Self { verifier: Some(verifier), pepper, epoch, ..user }
            }
            UserEvent::PasswordRehashed { verifier, pepper } => {
                Self { verifier: Some(verifier), pepper, ..user }
            }
            UserEvent::RoleChanged { role, venues, .. } => {
                Self { role, venues, epoch: user.epoch + 1, ..user }
            }
            UserEvent::Disabled { .. } => Self { disabled: true, epoch: user.epoch + 1, ..user },
            UserEvent::Enabled { .. } => Self { disabled: false, ..user },
            UserEvent::SessionsRevoked { .. } => Self { epoch: user.epoch + 1, ..user },
            // Nobody finds the account by a name any more, and whoever claims one of its names need not ask it first.
            UserEvent::ErasureRequested { .. } => {
                // Whichever claims on them it had: it gets no other.
                let claims = std::mem::take(&mut user.claims);
                user.abandoned.extend(claims.into_iter().map(|claim| (claim, u64::MAX)));
                Self { erasure: Erasure::Requested, epoch: user.epoch + 1, ..user }
            }
            UserEvent::Erased {} => Self {
                registered: user.registered,
                abandoned: user.abandoned,
                epoch: user.epoch,
                erasure: Erasure::Done,
                ..Self::default()
            },
            UserEvent::FactorOffered { secret } => Self { offered: Some(secret), ..user },
            // From here on who is logged in has given a code.
            UserEvent::FactorConfirmed { step, recovery } => {
                let factor = user.offered.map(|secret| SecondFactor { secret, step, recovery });
                Self { factor, offered: None, epoch: user.epoch + 1, ..user }
            }
            UserEvent::RecoveryCodesRenewed { recovery } => {
                let factor = user.factor.map(|it| SecondFactor { recovery, ..it });
                Self { factor, ..user }
            }
            UserEvent::FactorRemoved { .. } => {
                Self { factor: None, offered: None, epoch: user.epoch + 1, ..user }
            }
        }
    }

    fn decide(user: &Self, command: UserCommand) -> Result<Vec<UserEvent>, UserRejection> {
        use UserCommand as C;
        use UserEvent as E;
        use UserRejection as R;

        match (user.registered, command) {
            (_, C::AsOf { epoch, command }) => as_of(user, epoch, *command),
            (_, C::Register(it)) => register(user, *it),
            // The fence comes before the account as well as after it: an empty stream can be fenced.
            (_, C::AbandonClaim { claim, claim_revision }) => abandon(user, claim, claim_revision),

            (
                false,
                C::VerifyEmail
                | C::SetPassword { .. }
                | C::RehashPassword(_)
                | C::ResetPassword { .. }
                | C::RequestEmailChange(_)
                | C::ChangeEmail { .. }
                | C::ChangeUsername { .. }
                | C::Describe { .. }
                | C::Prefer(_)
                | C::ChangeRole { .. }
                | C::Disable { .. }
                | C::Enable { .. }
                | C::RevokeSessions
                | C::RequestErasure { .. }
                | C::FinishErasure
                | C::Factor(_),
            ) => Err(R::UnknownUser),

            (true, C::RequestErasure { .. }) if !user.is_there() => Ok(vec![]),
            (true, C::RequestErasure { cause: ErasureCause::Unverified, .. }) if user.verified => {
                Ok(vec![])
            }
            (true, C::RequestErasure { .. }) if user.role == Role::Admin => Err(R::StillAdmin),
            (true, C::RequestErasure { cause, reason }) => {
                Ok(vec![E::ErasureRequested { cause, reason }])
            }
            (true, C::FinishErasure) => match user.erasure {
                Erasure::None => Err(R::ErasureNotRequested),
                Erasure::Requested => Ok(vec![E::Erased {}]),
                Erasure::Done => Ok(vec![]),
            },

            // Nothing is done to an account that is on its way out.
            (true, _) if !user.is_there() => Err(R::UnknownUser),

            (true, C::VerifyEmail) if user.verified => Ok(vec![]),
            (true, C::VerifyEmail) if user.disabled => Err(R::Disabled),
            (true, C::VerifyEmail) => Ok(vec![E::EmailVerified {}]),

            (true, C::RequestEmailChange(asked)) => changes::request(user, asked),
            (true, C::ChangeEmail { change, claimed, former, at }) => {
                changes::email(user, change, claimed, former, at)
            }
            (true, C::ChangeUsername { username, claimed, former }) => {
                changes::username(user, username, claimed, former)
            }

            (true, C::Describe { display_name, phone }) => {
                changes::describe(user, display_name, phone)
            }

            (true, C::Prefer(wanted)) => preferences::decide(&user.preferences, wanted),

            (true, C::RehashPassword(it)) => Ok(rehash(user, it)),
            (true, C::SetPassword { verifier, .. } | C::ResetPassword { verifier, .. })
                if user.verifier.as_ref() == Some(&verifier) =>
            {
                Ok(vec![])
            }
            (true, C::SetPassword { .. } | C::ResetPassword { .. }) if user.disabled => {
                Err(R::Disabled)
            }
            (true, C::SetPassword { epoch, .. } | C::ResetPassword { epoch, .. })
                if user.epoch != epoch =>
            {
                Err(R::ChangedSince)
            }
            (true, C::SetPassword { verifier, pepper, .. }) => {
                Ok(vec![E::PasswordSet { verifier, pepper, cause: PasswordCause::Changed }])
            }
            (true, C::ResetPassword { email_claim, .. })
                if user.email_claim() != Some(&*email_claim) =>
            {
                Err(R::ChangedSince)
            }
            (true, C::ResetPassword { verifier, pepper, .. }) => {
                let set = E::PasswordSet { verifier, pepper, cause: PasswordCause::Reset };
                // The code came to the address, so the address is theirs.
                let proved = (!user.verified).then_some(E::EmailVerified {});
                Ok([set].into_iter().chain(proved).collect())
            }

            (true, C::ChangeRole { role, venues, reason }) => {
                let venues: Vec<_> = BTreeSet::from_iter(venues).into_iter().collect();
                let same = user.role == role && user.venues == venues;
                if same { Ok(vec![]) } else { Ok(vec![E::RoleChanged { role, venues, reason }]) }
            }

            (true, C::Disable { .. }) if user.disabled => Ok(vec![]),
            (true, C::Disable { reason }) => Ok(vec![E::Disabled { reason }]),
            (true, C::Enable { reason }) if user.disabled => Ok(vec![E::Enabled { reason }]),
            (true, C::Enable { .. }) => Ok(vec![]),

            (true, C::Factor(command)) => factor::decide(user, command),

            // Asked twice it is done twice: sessions may have begun in between, and who revokes means these too.
            (true, C::RevokeSessions) => Ok(vec![E::SessionsRevoked { by: None }]),
        }
    }
}

fn as_of(user: &User, epoch: u64, command: UserCommand) -> Result<Vec<UserEvent>, UserRejection> {
    match User::decide(user, command)? {
        events if events.is_empty() || user.epoch == epoch => Ok(events),
        _ => Err(UserRejection::ChangedSince),
    }
}

/// Nothing, if another one was set meanwhile, or another login was faster: what was hashed anew is not it any more.
fn rehash(user: &User, it: Rehash) -> Vec<UserEvent> {
    let Rehash { of, verifier, pepper } = it;
    let same = user.verifier.as_ref() == Some(&of);
    same.then_some(UserEvent::PasswordRehashed { verifier, pepper }).into_iter().collect()
}

/// A claim that the account owns is not given up by a fence.
fn abandon(
    user: &User,
    claim: String,
    claim_revision: u64,
) -> Result<Vec<UserEvent>, UserRejection> {
    if user.claims.contains(&claim) {
        return Err(UserRejection::ClaimOwned);
    }
    let known = user.has_abandoned(&claim, claim_revision);
    let event = UserEvent::ClaimAbandoned { claim, claim_revision };
    Ok(if known { vec![] } else { vec![event] })
}

fn register(user: &User, it: Register) -> Result<Vec<UserEvent>, UserRejection> {
    let claims = [&it.email_claim, &it.username_claim];
    // Who registers again after an erasure, even by the same request, is somebody else.
    if user.erasure != Erasure::None {
        return Err(UserRejection::ClaimAbandoned);
    }
    if user.registered {
        let same = claims.into_iter().all(|claim| user.claims.contains(claim));
        return if same { Ok(vec![]) } else { Err(UserRejection::RegisteredOtherwise) };
    }
    // Whichever claim on it that was: this id registers once.
    if claims.into_iter().any(|claim| user.abandoned.contains_key(claim)) {
        return Err(UserRejection::ClaimAbandoned);
    }
    let registered = UserEvent::Registered {
        email: it.email,
        username: it.username,
        display_name: it.display_name,
        phone: it.phone,
        email_claim: it.email_claim,
        username_claim: it.username_claim,
        role: it.role,
        verification_required: it.verification_required,
    };
    let Register { verifier, pepper, .. } = it;
    let cause = PasswordCause::Registered;
    Ok(vec![registered, UserEvent::PasswordSet { verifier, pepper, cause }])
}
