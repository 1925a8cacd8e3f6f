//! One identifier, taken by one user, against everybody else.
use domain::claims::{Claim, ClaimCommand, ClaimRejection};
use domain::ids::UserId;
use domain::users::{User, UserCommand, UserRejection};
use event_store::{ExecuteError, Metadata, Position};
use jiff::{SignedDuration, Timestamp};

use super::{AccountError, Applicant, Registrar};

/// A claim that this attempt may register with.
pub(super) struct Mine {
    pub stream: String,
    pub revision: u64,
}

pub(super) enum Claimed {
    Mine(Mine),
    /// By somebody's account.
    Taken {
        owner: UserId,
        position: Position,
    },
    /// By nobody's yet: somebody is about to make one, or keeps it as if they had.
    Pending {
        by: UserId,
        position: Position,
    },
}

/// What became of the other who claimed it.
enum Rival {
    Owner,
    /// May be about to commit, or keeps it as if they had.
    Busy,
    /// Can never commit any more.
    Gone,
}

/// How long others wait politely for whoever has claimed: a registration takes a second, a slow one ten.
const CLAIM: SignedDuration = SignedDuration::from_mins(2);

/// Each round but the last gets a rival out of the way; one who meets a third one leaves it to them.
const ROUNDS: u32 = 3;

impl Registrar {
    pub(super) async fn claim(
        &self,
        stream: String,
        user: UserId,
        meta: &Metadata,
    ) -> Result<Claimed, AccountError> {
        let until = meta.at + CLAIM;
        let mut fenced = None;
        let mut rounds = 0;
        loop {
            rounds += 1;
            let claim = ClaimCommand::Claim { user, until, at: meta.at, fenced };
            let (rejection, position) =
                match self.executor.execute::<Claim>(&stream, claim, meta).await {
                    Ok(done) => {
                        let revision = done.state.held_by(user).unwrap_or_default();
                        return Ok(Claimed::Mine(Mine { stream, revision }));
                    }
                    Err(ExecuteError::Rejected { rejection, position }) => (rejection, position),
                    Err(failure) => return Err(failure.into()),
                };
            let (other, revision, rival) = match rejection {
                ClaimRejection::Taken { user: owner, claim_revision } => {
                    let gone = self.take_from(&stream, claim_revision, owner, meta).await?;
                    (owner, claim_revision, if gone { Rival::Gone } else { Rival::Owner })
                }
                // Not yet over by the clock, but perhaps somebody has fenced it already.
                ClaimRejection::Pending { user: other, claim_revision } => {
                    let theirs = self.executor.load::<User>(&other.stream()).await?.state;
                    let gone = theirs.has_abandoned(&stream, claim_revision);
                    (other, claim_revision, if gone { Rival::Gone } else { Rival::Busy })
                }
                ClaimRejection::Lapsed { user: other, claim_revision } => {
                    let gone = self.abandon(&stream, claim_revision, other, meta).await?;
                    (other, claim_revision, if gone { Rival::Gone } else { Rival::Owner })
                }
                rejection @ ClaimRejection::Unclaimed => {
                    return Err(ExecuteError::Rejected { rejection, position }.into());
                }
            };
            match rival {
                Rival::Owner => return Ok(Claimed::Taken { owner: other, position }),
                Rival::Busy => return Ok(Claimed::Pending { by: other, position }),
                Rival::Gone if rounds == ROUNDS => {
                    return Ok(Claimed::Pending { by: other, position });
                }
                Rival::Gone => {}
            }
            fenced = Some((other, revision));
        }
    }

    /// Gives back what its owner's account has left for another identifier, where that was cut off before it could do so
    /// itself. Says `false` where the account names it: it stays theirs.
    async fn take_from(
        &self,
        claim: &str,
        claim_revision: u64,
        owner: UserId,
        meta: &Metadata,
    ) -> Result<bool, AccountError> {
        let theirs = self.executor.load::<User>(&owner.stream()).await?.state;
        if theirs.claims.contains(claim)
            || !self.abandon(claim, claim_revision, owner, meta).await?
        {
            return Ok(false);
        }
        self.release(claim, owner, claim_revision, meta).await?;
        Ok(true)
    }

    /// Races `user` for their own stream: afterwards they can never commit to this claim, or they already have.
    /// In that case the claim is confirmed for them, and this says `false`.
    pub(super) async fn abandon(
        &self,
        claim: &str,
        claim_revision: u64,
        user: UserId,
        meta: &Metadata,
    ) -> Result<bool, AccountError> {
        let abandon = UserCommand::AbandonClaim { claim: claim.to_owned(), claim_revision };
        match self.executor.execute::<User>(&user.stream(), abandon, meta).await {
            Ok(_) => Ok(true),
            Err(ExecuteError::Rejected { rejection: UserRejection::ClaimOwned, .. }) => {
                self.confirm(claim, user, meta).await;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Best effort: whoever needs to know reads its user's stream, and does it again.
    pub(super) async fn confirm(&self, claim: &str, user: UserId, meta: &Metadata) {
        let confirm = ClaimCommand::Confirm { user };
        if let Err(error) = self.executor.execute::<Claim>(claim, confirm, meta).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a claim stays unconfirmed for now"
            );
        }
    }

    /// Keeps a claim that no account is made of: others meet it as if there were one.
    pub(super) async fn keep(
        &self,
        mine: &Mine,
        user: UserId,
        until: Timestamp,
        meta: &Metadata,
    ) -> Result<(), AccountError> {
        let keep = ClaimCommand::Keep { user, claim_revision: mine.revision, until, at: meta.at };
        self.executor.execute::<Claim>(&mine.stream, keep, meta).await?;
        Ok(())
    }

    /// Gives claims back and says whether they turned out to be owned: the same request running elsewhere was faster.
    ///
    /// They are abandoned on the user's own stream first. Else that other run could still register with a claim
    /// which by then is free for everybody. An id without a key is nobody else's, and needs no such care.
    pub(super) async fn give_back(
        &self,
        it: &Applicant,
        user: UserId,
        mine: &[Mine],
        meta: &Metadata,
    ) -> Result<bool, AccountError> {
        for claim in mine {
            if it.key.is_some() && !self.abandon(&claim.stream, claim.revision, user, meta).await? {
                return Ok(true);
            }
            self.release(&claim.stream, user, claim.revision, meta).await?;
        }
        Ok(false)
    }

    pub(super) async fn release(
        &self,
        claim: &str,
        user: UserId,
        claim_revision: u64,
        meta: &Metadata,
    ) -> Result<(), AccountError> {
        let release = ClaimCommand::Release { user, claim_revision };
        self.executor.execute::<Claim>(claim, release, meta).await?;
        Ok(())
    }
}
