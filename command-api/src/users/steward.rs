//! What is done to other people's accounts, whoever asks: an administrator over HTTP, an operator at the machine.
//!
//! Each is one event on the account's stream, with who and why. Taking an administrator's rights away is announced on
//! the roster first, or two could do it to each other, and comes about only at the epoch it was announced for. A crash
//! between the two leaves somebody who still administers and cannot be the one who stays: the same command, sent again,
//! finishes; giving them the role again mends it, and moves the epoch on, so that nothing that stalls comes after it.
use std::collections::BTreeSet;

use access::identifiers::{IdentifierKind, Identifiers};
use domain::admins::{self, AdminCommand, AdminRejection, Admins};
use domain::ids::{UserId, VenueId};
use domain::logins::{LoginCommand, LoginRejection, Logins};
use domain::sealed::Sealed;
use domain::users::{ErasureCause, FactorCommand, Role, User, UserCommand, UserRejection};
use domain::venues::VenueState;
use event_store::execute::ReadFailure;
use event_store::{ExecuteError, Executor, Metadata, Position};
use runtime::{Platform, StartError};
use vault::{Vault, VaultError};

use crate::app::{key, vault};
use crate::sessions;

/// Changes accounts. Cheap to clone.
#[derive(Clone)]
pub struct Steward {
    pub(crate) executor: Executor,
    pub(crate) identifiers: Identifiers,
    pub(crate) vault: Vault,
}

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum StewardError {
    #[error("there is no such user")]
    UnknownUser,
    #[error("only staff are for venues")]
    OnlyStaff,
    #[error("there is no venue {venue}")]
    UnknownVenue { at: usize, venue: VenueId },
    #[error("at most {MAX_VENUES} venues")]
    TooManyVenues,
    #[error("this is the last administrator")]
    LastAdmin { position: Option<Position> },
    #[error("the account's stream")]
    User(#[source] ExecuteError<UserRejection>),
    #[error("the stream of logins")]
    Login(#[source] ExecuteError<LoginRejection>),
    #[error("the roster of administrators")]
    Roster(#[source] ExecuteError<AdminRejection>),
    #[error("a stream cannot be read")]
    Read(#[from] ReadFailure),
    #[error("the vault")]
    Vault(#[from] VaultError),
}

/// More venues than anybody can be at.
const MAX_VENUES: usize = 200;

/// The name of the append to the roster, beside that to the account. Part of event ids: it stays.
const ROSTER: &str = "admin-roster";
/// And of the append that keeps departures from arriving late.
const FENCE: &str = "fence";

impl Steward {
    /// For tools; the service has its own, which shares its connections.
    pub fn new(platform: &Platform) -> Result<Self, StartError> {
        let (settings, keys) = (&platform.settings, &platform.settings.keys);
        let (vault, _) = vault(settings, 1)?;
        Ok(Self {
            executor: platform.executor.clone(),
            identifiers: Identifiers::new(key(keys.index_key.as_ref(), "INDEX_KEY")?),
            vault,
        })
    }

    /// Whose e-mail address or username it is.
    pub async fn find(
        &self,
        kind: IdentifierKind,
        identifier: &str,
    ) -> Result<Option<UserId>, ReadFailure> {
        let claim = self.identifiers.claim_stream(kind, identifier);
        let found = sessions::find(&self.executor, &claim).await?;
        Ok(found.filter(|it| it.user.is_there()).map(|it| it.id))
    }

    pub async fn user(&self, user: UserId) -> Result<User, ReadFailure> {
        Ok(self.executor.load::<User>(&user.stream()).await?.state)
    }

    pub async fn logins(&self, user: UserId) -> Result<Logins, ReadFailure> {
        Ok(self.executor.load::<Logins>(&user.login_stream()).await?.state)
    }

    /// Who cannot be the administrator that stays: they have left, or are about to.
    pub async fn left(&self) -> Result<BTreeSet<UserId>, ReadFailure> {
        Ok(self.executor.load::<Admins>(admins::STREAM).await?.state.left.into_keys().collect())
    }

    /// Opens something of the account's own; `None` where it was erased.
    pub async fn open(
        &self,
        user: UserId,
        field: &str,
        sealed: Option<&Sealed>,
    ) -> Result<Option<String>, VaultError> {
        match sealed {
            Some(sealed) => self.vault.open(&user.stream(), field, sealed).await,
            None => Ok(None),
        }
    }

    /// Gives a role. `witness` is an administrator who stays one, needed where one is taken the role.
    pub async fn change_role(
        &self,
        user: UserId,
        role: Role,
        venues: Vec<VenueId>,
        reason: Option<&str>,
        witness: Option<UserId>,
        meta: &Metadata,
    ) -> Result<Position, StewardError> {
        self.check_venues(role, &venues).await?;
        let epoch = match role {
            Role::Admin => None,
            _ => Some(self.leave(user, witness, meta).await?),
        };
        let reason = self.seal(user, reason, meta).await?;
        let change = UserCommand::ChangeRole { role, venues, reason };
        let done = self.change(user, as_of(epoch, change), meta).await?;
        self.back(user, done, meta).await
    }

    pub async fn disable(
        &self,
        user: UserId,
        reason: Option<&str>,
        witness: Option<UserId>,
        meta: &Metadata,
    ) -> Result<Position, StewardError> {
        let epoch = Some(self.leave(user, witness, meta).await?);
        let reason = self.seal(user, reason, meta).await?;
        Ok(self.change(user, as_of(epoch, UserCommand::Disable { reason }), meta).await?.0)
    }

    pub async fn enable(
        &self,
        user: UserId,
        reason: Option<&str>,
        meta: &Metadata,
    ) -> Result<Position, StewardError> {
        let reason = self.seal(user, reason, meta).await?;
        let done = self.change(user, UserCommand::Enable { reason }, meta).await?;
        self.back(user, done, meta).await
    }

    pub async fn revoke_sessions(
        &self,
        user: UserId,
        meta: &Metadata,
    ) -> Result<Position, StewardError> {
        Ok(self.change(user, UserCommand::RevokeSessions, meta).await?.0)
    }

    /// Begins an erasure, which cannot be taken back. Refused of an administrator: the role is taken away first, which
    /// is where somebody has to be left. No reason is kept: sealed under their key it would go with them.
    pub async fn erase(&self, user: UserId, meta: &Metadata) -> Result<Position, StewardError> {
        let erase = UserCommand::RequestErasure { cause: ErasureCause::Operator, reason: None };
        Ok(self.change(user, erase, meta).await?.0)
    }

    /// Takes a second factor away that its owner has lost. Their sessions end; a role that needs one enrols again.
    pub async fn reset_second_factor(
        &self,
        user: UserId,
        reason: Option<&str>,
        meta: &Metadata,
    ) -> Result<Position, StewardError> {
        let reason = self.seal(user, reason, meta).await?;
        let remove = UserCommand::Factor(FactorCommand::Remove { reason });
        Ok(self.change(user, remove, meta).await?.0)
    }

    /// Lifts a lock that wrong guesses have made.
    pub async fn unlock(
        &self,
        user: UserId,
        reason: Option<&str>,
        meta: &Metadata,
    ) -> Result<Position, StewardError> {
        if !self.user(user).await?.is_there() {
            return Err(StewardError::UnknownUser);
        }
        let unlock = LoginCommand::Unlock { reason: self.seal(user, reason, meta).await? };
        let done = self.executor.execute::<Logins>(&user.login_stream(), unlock, meta).await;
        Ok(done.map_err(StewardError::Login)?.position)
    }

    async fn change(
        &self,
        user: UserId,
        command: UserCommand,
        meta: &Metadata,
    ) -> Result<(Position, User), StewardError> {
        match self.executor.execute::<User>(&user.stream(), command, meta).await {
            Ok(done) => Ok((done.position, done.state)),
            Err(ExecuteError::Rejected { rejection: UserRejection::UnknownUser, .. }) => {
                Err(StewardError::UnknownUser)
            }
            Err(error) => Err(StewardError::User(error)),
        }
    }

    /// Before an administrator goes: somebody else has to stay. Says at which epoch of the account that is so.
    async fn leave(
        &self,
        user: UserId,
        witness: Option<UserId>,
        meta: &Metadata,
    ) -> Result<u64, StewardError> {
        let now = self.user(user).await?;
        let epoch = now.epoch;
        if !now.administers() {
            return Ok(epoch);
        }
        let Some(witness) = witness else {
            return Err(StewardError::LastAdmin { position: None });
        };
        // Loaded now, and held to it by the roster: whoever takes the role from them later has to find another.
        if !self.user(witness).await?.administers() {
            return Err(StewardError::LastAdmin { position: None });
        }
        let leave = AdminCommand::Leave { user, witness, epoch };
        match self.executor.execute::<Admins>(admins::STREAM, leave, &meta.on(ROSTER)).await {
            Ok(_) => Ok(epoch),
            Err(ExecuteError::Rejected { rejection: AdminRejection::NobodyStays, position }) => {
                Err(StewardError::LastAdmin { position: Some(position) })
            }
            Err(error) => Err(StewardError::Roster(error)),
        }
    }

    /// After somebody came to administer, and not before: until then they cannot be the one who stays.
    async fn back(
        &self,
        user: UserId,
        (position, now): (Position, User),
        meta: &Metadata,
    ) -> Result<Position, StewardError> {
        if !now.administers() || !self.left().await?.contains(&user) {
            return Ok(position);
        }
        // A departure that was announced may still stall somewhere.
        let (position, now) =
            self.change(user, UserCommand::RevokeSessions, &meta.on(FENCE)).await?;
        if !now.administers() {
            return Ok(position);
        }
        let back = AdminCommand::Return { user, epoch: now.epoch };
        let done = self.executor.execute::<Admins>(admins::STREAM, back, &meta.on(ROSTER)).await;
        Ok(done.map_err(StewardError::Roster)?.position.max(position))
    }

    async fn seal(
        &self,
        user: UserId,
        reason: Option<&str>,
        meta: &Metadata,
    ) -> Result<Option<Sealed>, StewardError> {
        let Some(reason) = reason else { return Ok(None) };
        // Nobody's key is made for an account that is not there.
        if !self.user(user).await?.is_there() {
            return Err(StewardError::UnknownUser);
        }
        let sealed = self.vault.seal(&user.stream(), "reason", meta.command, reason.trim()).await;
        Ok(sealed.map(Some)?)
    }

    async fn check_venues(&self, role: Role, venues: &[VenueId]) -> Result<(), StewardError> {
        if role != Role::Staff && !venues.is_empty() {
            return Err(StewardError::OnlyStaff);
        }
        if venues.len() > MAX_VENUES {
            return Err(StewardError::TooManyVenues);
        }
        for (at, venue) in venues.iter().enumerate() {
            if self.executor.load::<VenueState>(&venue.stream()).await?.state.0.is_none() {
                return Err(StewardError::UnknownVenue { at, venue: venue.clone() });
            }
        }
        Ok(())
    }
}

fn as_of(epoch: Option<u64>, command: UserCommand) -> UserCommand {
    match epoch {
        Some(epoch) => UserCommand::AsOf { epoch, command: Box::new(command) },
        None => command,
    }
}
