//! Another address or name for an account that is there.
//!
//! 1. Read what it has, and which claim that is.
//! 2. Give back what an earlier change has left over of the new identifier: a claim is committed to once.
//! 3. Claim it (`claims.rs`).
//! 4. Append the change: the commit point, refused once the claim is fenced. It abandons the former claim.
//! 5. Confirm the new claim and release the former one, best effort: whoever meets what a crash left does the rest.
//!
//! The model of this is `domain/tests/it/claim_protocol/changes.rs`.
use access::identifiers::IdentifierKind;
use domain::claims::{Claim, Holder};
use domain::ids::UserId;
use domain::users::{Claimed, User, UserCommand, UserRejection};
use event_store::{ExecuteError, Metadata, Position};

use super::{ATTEMPTS, AccountError, Registrar, claims};

/// What came of it.
#[derive(Debug)]
pub(crate) enum Changed {
    Done {
        position: Position,
    },
    /// Somebody else has it.
    Taken {
        position: Position,
    },
    Refused {
        rejection: UserRejection,
        position: Position,
    },
}

impl Registrar {
    /// Exchanges the account's identifier of this kind for the one that is claimed as `to`. `commit` makes the command
    /// from the new claim and the former one.
    pub(crate) async fn change(
        &self,
        user: UserId,
        kind: IdentifierKind,
        to: &str,
        commit: impl Fn(Claimed, Claimed) -> UserCommand,
        meta: &Metadata,
    ) -> Result<Changed, AccountError> {
        for _ in 0..ATTEMPTS {
            if let Some(changed) = self.try_change(user, kind, to, &commit, meta).await? {
                return Ok(changed);
            }
        }
        Err(AccountError::Overtaken)
    }

    /// `None` if something has changed under our hands: begin again.
    async fn try_change(
        &self,
        user: UserId,
        kind: IdentifierKind,
        to: &str,
        commit: impl Fn(Claimed, Claimed) -> UserCommand,
        meta: &Metadata,
    ) -> Result<Option<Changed>, AccountError> {
        let stream = user.stream();
        let account = self.executor.load::<User>(&stream).await?.state;
        let present = match kind {
            IdentifierKind::Email => account.email_claim(),
            IdentifierKind::Username => account.username_claim(),
        };
        let former = self.former(user, present.unwrap_or_default()).await?;
        let named = account.claims.contains(to);
        if !named && self.renew(user, &account, to, meta).await? {
            return Ok(None);
        }
        let claimed = if named {
            0
        } else {
            match self.claim(to.to_owned(), user, meta).await? {
                claims::Claimed::Mine(mine) => mine.revision,
                claims::Claimed::Taken { position, .. }
                | claims::Claimed::Pending { position, .. } => {
                    return Ok(Some(Changed::Taken { position }));
                }
            }
        };
        let Some(former) = former else { return Ok(None) };
        let command =
            commit(Claimed { claim: to.to_owned(), claim_revision: claimed }, former.clone());
        let (rejection, position) =
            match self.executor.execute::<User>(&stream, command, meta).await {
                Ok(done) => {
                    self.confirm(to, user, meta).await;
                    if !named {
                        self.let_go(&former, user, meta).await;
                    }
                    return Ok(Some(Changed::Done { position: done.position }));
                }
                Err(ExecuteError::Rejected { rejection, position }) => (rejection, position),
                Err(failure) => return Err(failure.into()),
            };
        if !named && self.abandon(to, claimed, user, meta).await? {
            self.release(to, user, claimed, meta).await?;
        }
        Ok(match rejection {
            UserRejection::ClaimAbandoned | UserRejection::ChangedSince => None,
            rejection => Some(Changed::Refused { rejection, position }),
        })
    }

    /// Which claim the account has now. `None` if the account has just left it.
    async fn former(&self, user: UserId, claim: &str) -> Result<Option<Claimed>, AccountError> {
        let held = self.executor.load::<Claim>(claim).await?.state.held_by(user);
        let claim = claim.to_owned();
        Ok(held.map(|claim_revision| Claimed { claim, claim_revision }))
    }

    /// Gives back the account's own claim on `to`, if it is left over from an earlier time. A claim that another machine is
    /// about to commit to is none of these: it is pending, and not abandoned.
    async fn renew(
        &self,
        user: UserId,
        account: &User,
        to: &str,
        meta: &Metadata,
    ) -> Result<bool, AccountError> {
        let held = self.executor.load::<Claim>(to).await?.state;
        let Some(revision) = held.held_by(user) else { return Ok(false) };
        let is_left = matches!(held.holder, Holder::Owner { .. });
        if !is_left && !account.has_abandoned(to, revision) {
            return Ok(false);
        }
        if self.abandon(to, revision, user, meta).await? {
            self.release(to, user, revision, meta).await?;
        }
        Ok(true)
    }

    async fn let_go(&self, former: &Claimed, user: UserId, meta: &Metadata) {
        if let Err(error) = self.release(&former.claim, user, former.claim_revision, meta).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "a claim that was left is not free for now");
        }
    }
}
