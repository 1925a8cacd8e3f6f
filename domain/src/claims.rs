//! A claim: one account per identifier, by compare-and-append alone.
//!
//! The clock here is politeness. What makes a claim final is the race for its user's own stream: see
//! `users::UserCommand::AbandonClaim`.
mod command;
mod event;
mod rejection;
mod upcast;

use jiff::Timestamp;

use crate::decider::Decider;
use crate::ids::UserId;

pub use command::ClaimCommand;
pub use event::ClaimEvent;
pub use rejection::ClaimRejection;

/// What the rules remember of an identifier, and the revision that the next event on it will have.
///
/// Revisions are counted here so that a fence can name the very claim it fences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    pub holder: Holder,
    pub next_revision: u64,
    /// Whether whoever holds it has claimed it once more, to keep it without an account.
    pub kept: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Holder {
    #[default]
    Nobody,
    /// `revision` is that of the `claim.claimed` that made it so.
    Pending {
        user: UserId,
        until: Timestamp,
        revision: u64,
    },
    Owner {
        user: UserId,
        revision: u64,
    },
}

impl Claim {
    /// Which of their claims on it this user holds, confirmed or not.
    pub fn held_by(&self, holder: UserId) -> Option<u64> {
        match self.holder {
            Holder::Pending { user, revision, .. } | Holder::Owner { user, revision } => {
                (user == holder).then_some(revision)
            }
            Holder::Nobody => None,
        }
    }
}

impl Decider for Claim {
    type State = Self;
    type Command = ClaimCommand;
    type Event = ClaimEvent;
    type Rejection = ClaimRejection;

    fn evolve(state: Self, event: ClaimEvent) -> Self {
        let revision = state.next_revision;
        let kept = match event {
            ClaimEvent::Claimed { user, .. } => state.held_by(user).is_some(),
            ClaimEvent::Confirmed { .. } | ClaimEvent::Released { .. } => false,
        };
        let holder = match (state.holder, event) {
            (_, ClaimEvent::Claimed { user, until }) => Holder::Pending { user, until, revision },
            (
                Holder::Pending { revision, .. } | Holder::Owner { revision, .. },
                ClaimEvent::Confirmed { user },
            ) => Holder::Owner { user, revision },
            // Nothing decides so; if it stands there all the same, it is whoever's it says.
            (Holder::Nobody, ClaimEvent::Confirmed { user }) => Holder::Owner { user, revision },
            (_, ClaimEvent::Released { .. }) => Holder::Nobody,
        };
        Self { holder, next_revision: revision + 1, kept }
    }

    fn decide(state: &Self, command: ClaimCommand) -> Result<Vec<ClaimEvent>, ClaimRejection> {
        use ClaimCommand as C;
        use ClaimEvent as E;
        use ClaimRejection as R;
        use Holder::{Nobody, Owner, Pending};

        match (state.holder, command) {
            (Nobody, C::Claim { user, until, .. }) => Ok(vec![E::Claimed { user, until }]),
            (Owner { user: owner, .. }, C::Claim { user, .. }) if owner == user => Ok(vec![]),
            (Owner { user: owner, revision }, C::Claim { .. }) => {
                Err(R::Taken { user: owner, claim_revision: revision })
            }
            (Pending { user: other, .. }, C::Claim { user, .. }) if other == user => Ok(vec![]),
            // Fenced, the other can never commit to it, whatever the clock says.
            (Pending { user: other, revision, .. }, C::Claim { user, until, fenced, .. })
                if fenced == Some((other, revision)) =>
            {
                Ok(vec![E::Claimed { user, until }])
            }
            // Politeness: the other may be about to commit, and a fence would send them round again.
            (Pending { user: other, until, revision }, C::Claim { at, .. }) if at < until => {
                Err(R::Pending { user: other, claim_revision: revision })
            }
            // Over, by the clock alone. The other may have committed a moment ago: only their stream knows.
            (Pending { user: other, revision, .. }, C::Claim { .. }) => {
                Err(R::Lapsed { user: other, claim_revision: revision })
            }

            (Nobody, C::Confirm { .. }) => Err(R::Unclaimed),
            (Owner { user: owner, .. }, C::Confirm { user }) if owner == user => Ok(vec![]),
            (Owner { user: owner, revision }, C::Confirm { .. }) => {
                Err(R::Taken { user: owner, claim_revision: revision })
            }
            (Pending { user: other, .. }, C::Confirm { user }) if other == user => {
                Ok(vec![E::Confirmed { user }])
            }
            (Pending { user: other, revision, .. }, C::Confirm { .. }) => {
                Err(R::Pending { user: other, claim_revision: revision })
            }

            // Once for as long as it lasts: an account would not be there for longer either, asked for again.
            (Pending { until: present_end, .. }, C::Keep { user, claim_revision, until, at })
                if state.held_by(user) == Some(claim_revision)
                    && (!state.kept || present_end <= at) =>
            {
                Ok(vec![E::Claimed { user, until }])
            }
            (Nobody | Pending { .. } | Owner { .. }, C::Keep { .. }) => Ok(vec![]),

            (_, C::Release { user, claim_revision })
                if state.held_by(user) == Some(claim_revision) =>
            {
                Ok(vec![E::Released { user }])
            }
            (Nobody | Pending { .. } | Owner { .. }, C::Release { .. }) => Ok(vec![]),
        }
    }
}
