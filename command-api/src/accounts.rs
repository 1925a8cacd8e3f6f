//! Making an account: one for each e-mail address and username, without a table and without a transaction over
//! streams.
//!
//! 1. Fix the user's id. A repeated request has the same.
//! 2. Claim the username, then the e-mail address (`accounts/claims.rs`).
//! 3. Append `user.registered`: the commit point. Only claims that it names are ever confirmed.
//! 4. Confirm the claims, best effort: what a crash left, whoever meets it finishes.
//!
//! Refused at 3, a racer has fenced one of the claims: give them back and start again under the next id.
//! Found taken at 2: give back what was claimed before, unless that would say which addresses have accounts.
//! The model of this is `domain/tests/it/claim_protocol/`.
mod changes;
mod claims;
mod fields;
mod passwords;

use access::hashing::{Busy, HashPool};
use access::identifiers::{IdentifierKind, Identifiers};
use domain::claims::ClaimRejection;
use domain::ids::{UserId, VenueId};
use domain::time::later;
use domain::users::{Register, Role, User, UserCommand, UserRejection};
use event_store::execute::ReadFailure;
use event_store::{ExecuteError, Executor, Metadata, Position};
use jiff::{SignedDuration, Timestamp};
use runtime::ids::{self, NAMESPACE};
use runtime::{Platform, StartError};
use secrecy::SecretString;
use uuid::Uuid;
use vault::{Vault, VaultError};

pub(crate) use self::changes::Changed;
use self::claims::{Claimed, Mine};
pub use self::fields::Fault;
pub(crate) use self::fields::{
    Fields, Reason, check_display_name, check_email, check_phone, check_username, tidy,
};
pub(crate) use self::passwords::{NewPassword, Rules};
use crate::app::{key, peppers, vault};

/// Registers people. Cheap to clone.
#[derive(Clone)]
pub struct Registrar {
    executor: Executor,
    hashing: HashPool,
    identifiers: Identifiers,
    vault: Vault,
    rules: Rules,
}

/// An account that somebody with the right to do so wants to be there.
pub struct NewAccount {
    pub email: String,
    pub username: String,
    pub display_name: String,
    pub phone: Option<String>,
    pub password: SecretString,
    pub role: Role,
    /// For staff.
    pub venues: Vec<VenueId>,
}

/// Who wants an account, already checked and hashed.
pub(crate) struct Applicant {
    pub email: String,
    pub username: String,
    pub display_name: String,
    pub phone: Option<String>,
    pub role: Role,
    /// How long the account may be there before its address is proved; `None` where it need not be.
    pub unproved: Option<SignedDuration>,
    /// A PHC string, and the version of the pepper in it.
    pub verifier: String,
    pub pepper: u32,
    /// What makes a repeated request the same one; without it each is another.
    pub key: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Registered { user: UserId, position: Position },
    Taken { kind: IdentifierKind, position: Position },
}

/// Why no account was made.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("{}", said(.0))]
    Invalid(Vec<Fault>),
    #[error("the {} belongs to somebody else", named(*.0))]
    Taken(IdentifierKind),
    #[error("others were faster {ATTEMPTS} times")]
    Overtaken,
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error("the vault")]
    Vault(#[from] VaultError),
    #[error("the claim of an identifier")]
    Claim(#[from] ExecuteError<ClaimRejection>),
    #[error("the account's stream")]
    User(#[from] ExecuteError<UserRejection>),
    #[error("a stream cannot be read")]
    Read(#[from] ReadFailure),
}

/// How often a registration starts again after a racer fenced it off.
const ATTEMPTS: u32 = 3;

/// In the order they are claimed: fixed, so that two racers meet at the first. Usernames are public and addresses are
/// not: a taken username is found, and told, before the address was looked at, so that telling says nothing about it.
const KINDS: [IdentifierKind; 2] = [IdentifierKind::Username, IdentifierKind::Email];

impl Registrar {
    /// For tools; the service has its own, which shares its connections.
    pub fn new(platform: &Platform) -> Result<Self, StartError> {
        let (settings, keys) = (&platform.settings, &platform.settings.keys);
        let (vault, _) = vault(settings, 1)?;
        Ok(Self {
            executor: platform.executor.clone(),
            hashing: HashPool::start(1, peppers(settings)?),
            identifiers: Identifiers::new(key(keys.index_key.as_ref(), "INDEX_KEY")?),
            vault,
            rules: Rules::of(settings)?,
        })
    }

    pub(crate) fn with(
        executor: Executor,
        hashing: HashPool,
        identifiers: Identifiers,
        vault: Vault,
        rules: Rules,
    ) -> Self {
        Self { executor, hashing, identifiers, vault, rules }
    }

    /// What is asked of a password of this role's.
    pub(crate) fn password_rules(&self, role: Role) -> Rules {
        self.rules.clone().of_role(role)
    }

    /// Makes an account that needs no verification, for tools. Repeated with the same `command` it finds the account
    /// it made.
    pub async fn create(
        &self,
        account: NewAccount,
        command: Uuid,
        at: Timestamp,
        actor: &str,
    ) -> Result<UserId, AccountError> {
        let meta = Metadata::new(command, at).actor(actor);
        let NewAccount { email, username, display_name, phone, password, role, venues } = account;
        let fields = Fields { email, username, display_name, phone, password };
        let fields =
            fields.check(&self.password_rules(role)).await.map_err(AccountError::Invalid)?;
        let Fields { email, username, display_name, phone, password } = fields;
        let (verifier, pepper) = self.hashing.hash(password).await?;
        let applicant = Applicant {
            email,
            username,
            display_name,
            phone,
            role,
            unproved: None,
            verifier,
            pepper,
            key: Some(command.to_string()),
        };
        let user = match self.register(&applicant, &meta).await? {
            Outcome::Registered { user, .. } => user,
            Outcome::Taken { kind, .. } => return Err(AccountError::Taken(kind)),
        };
        let there = self.executor.load::<User>(&user.stream()).await?.state;
        // Only the first time: what an admin has changed since stays.
        if !venues.is_empty() && there.role == role && there.venues.is_empty() {
            let change = UserCommand::ChangeRole { role, venues, reason: None };
            self.executor.execute::<User>(&user.stream(), change, &meta).await?;
        }
        Ok(user)
    }

    pub(crate) async fn register(
        &self,
        it: &Applicant,
        meta: &Metadata,
    ) -> Result<Outcome, AccountError> {
        for attempt in 0..ATTEMPTS {
            if let Some(outcome) = self.attempt(it, attempt, meta).await? {
                return Ok(outcome);
            }
        }
        Err(AccountError::Overtaken)
    }

    /// `None` if a racer has fenced this attempt's user off.
    async fn attempt(
        &self,
        it: &Applicant,
        attempt: u32,
        meta: &Metadata,
    ) -> Result<Option<Outcome>, AccountError> {
        let user = self.user_id(it, attempt);
        let mut mine: Vec<Mine> = Vec::with_capacity(KINDS.len());
        for kind in KINDS {
            match self.claim(self.claim_stream(it, kind), user, meta).await? {
                Claimed::Mine(claim) => mine.push(claim),
                // A repeated request, whose account was made under another of its ids.
                Claimed::Taken { owner, position } if self.is_own(it, owner) => {
                    return Ok(Some(Outcome::Registered { user: owner, position }));
                }
                // One that has come so far under another of its ids, whose turn is next.
                Claimed::Pending { by, .. } if mine.is_empty() && self.is_own(it, by) => {
                    return Ok(None);
                }
                Claimed::Taken { position, .. } | Claimed::Pending { position, .. } => {
                    return self.leave(it, user, &mine, (kind, position), meta).await;
                }
            }
        }
        let register = self.sealed(it, user, meta.command).await?;
        let register = UserCommand::Register(Box::new(register));
        match self.executor.execute::<User>(&user.stream(), register, meta).await {
            Ok(done) => {
                for claim in &mine {
                    self.confirm(&claim.stream, user, meta).await;
                }
                Ok(Some(Outcome::Registered { user, position: done.position }))
            }
            Err(ExecuteError::Rejected { rejection: UserRejection::ClaimAbandoned, .. }) => {
                self.give_back(it, user, &mine, meta).await?;
                Ok(None)
            }
            // This very request, repeated after its account has changed an identifier.
            Err(ExecuteError::Rejected {
                rejection: UserRejection::RegisteredOtherwise,
                position,
            }) => {
                self.give_back(it, user, &mine, meta).await?;
                Ok(Some(Outcome::Registered { user, position }))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes no account, because an identifier of this kind is somebody else's. `None` to begin again under the next id.
    ///
    /// Who was not told that an address is taken could ask for the username again, under another address: given back, it
    /// would be free where the address has an account, and taken where it had none. So it is kept as long as an account
    /// that nobody proves would have it. As it stays this id's, the same request may go on with it elsewhere.
    async fn leave(
        &self,
        it: &Applicant,
        user: UserId,
        mine: &[Mine],
        (kind, position): (IdentifierKind, Position),
        meta: &Metadata,
    ) -> Result<Option<Outcome>, AccountError> {
        let registered = Outcome::Registered { user, position };
        let taken = Outcome::Taken { kind, position };
        let Some(unproved) = it.unproved.filter(|_| kind == IdentifierKind::Email) else {
            let theirs = self.give_back(it, user, mine, meta).await?;
            return Ok(Some(if theirs { registered } else { taken }));
        };
        let own = self.executor.load::<User>(&user.stream()).await?.state;
        for claim in mine {
            if own.claims.contains(&claim.stream) {
                self.confirm(&claim.stream, user, meta).await;
                return Ok(Some(registered));
            }
            // An id that is fenced off keeps nobody from it.
            if own.has_abandoned(&claim.stream, claim.revision) {
                return Ok(None);
            }
            self.keep(claim, user, later(meta.at, unproved), meta).await?;
        }
        Ok(Some(taken))
    }

    async fn sealed(
        &self,
        it: &Applicant,
        user: UserId,
        command: Uuid,
    ) -> Result<Register, VaultError> {
        let subject = user.stream();
        let seal = async |field, text: &str| self.vault.seal(&subject, field, command, text).await;
        Ok(Register {
            email: seal("email", &it.email).await?,
            username: seal("username", &it.username).await?,
            display_name: seal("display_name", &it.display_name).await?,
            phone: match &it.phone {
                Some(phone) => Some(seal("phone", phone).await?),
                None => None,
            },
            email_claim: self.claim_stream(it, IdentifierKind::Email),
            username_claim: self.claim_stream(it, IdentifierKind::Username),
            role: it.role,
            verification_required: it.unproved.is_some(),
            verifier: seal("verifier", &it.verifier).await?,
            pepper: it.pepper,
        })
    }

    fn claim_stream(&self, it: &Applicant, kind: IdentifierKind) -> String {
        self.identifiers.claim_stream(kind, identifier(it, kind))
    }

    /// A registration has no principal, so the identifiers are in the id: two strangers with one key do not meet.
    fn user_id(&self, it: &Applicant, attempt: u32) -> UserId {
        let Some(key) = &it.key else { return UserId(ids::new()) };
        let [username, email] = KINDS.map(|kind| self.identifiers.hash(kind, identifier(it, kind)));
        UserId(ids::derive(NAMESPACE, &["user", &email, &username, key, &attempt.to_string()]))
    }

    fn is_own(&self, it: &Applicant, user: UserId) -> bool {
        it.key.is_some() && (0..ATTEMPTS).any(|attempt| self.user_id(it, attempt) == user)
    }
}

fn identifier(it: &Applicant, kind: IdentifierKind) -> &str {
    match kind {
        IdentifierKind::Email => &it.email,
        IdentifierKind::Username => &it.username,
    }
}

fn said(faults: &[Fault]) -> String {
    let said: Vec<_> = faults.iter().map(|it| format!("{}: {}", it.field, it.detail)).collect();
    said.join("; ")
}

fn named(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Email => "e-mail address",
        IdentifierKind::Username => "username",
    }
}
