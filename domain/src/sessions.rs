//! A session: a chain of refresh tokens, each used once.
//!
//! A token presented again within the grace time gets the very same successor (its answer was lost); presented
//! later it was stolen, and the session ends.
mod command;
mod event;
mod rejection;
mod upcast;

use jiff::{SignedDuration, Timestamp};

use crate::decider::Decider;
use crate::ids::UserId;
use crate::time::later;

pub use command::SessionCommand;
pub use event::{RevocationReason, SessionEvent};
pub use rejection::SessionRejection;

/// What the rules remember of a session; `None` until it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionState(pub Option<Session>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub user: UserId,
    pub epoch: u64,
    /// The newest token issued: its number (from 0), what it is made from, and until when it can be used.
    pub seq: u32,
    pub nonce: String,
    pub refresh_key: String,
    pub refresh_until: Timestamp,
    /// When the newest token was issued: its predecessor still counts for the grace time after this.
    pub refreshed_at: Option<Timestamp>,
    pub ends_at: Timestamp,
    /// Whether a code was given with the password.
    pub factor: bool,
    pub revoked: bool,
}

impl Session {
    /// Whether the session still counts: not revoked, not idle for too long, not at its absolute end.
    pub fn is_alive(&self, at: Timestamp) -> bool {
        !self.revoked && at < self.refresh_until && at < self.ends_at
    }

    /// Whether the token before the newest may be presented again, its answer having been lost.
    fn forgives(&self, grace: SignedDuration, at: Timestamp) -> bool {
        self.refreshed_at.is_some_and(|refreshed_at| at < later(refreshed_at, grace))
    }
}

impl Decider for SessionState {
    type State = Self;
    type Command = SessionCommand;
    type Event = SessionEvent;
    type Rejection = SessionRejection;

    fn evolve(Self(session): Self, event: SessionEvent) -> Self {
        Self(match (session, event) {
            (
                _,
                SessionEvent::Started {
                    user,
                    epoch,
                    nonce,
                    refresh_key,
                    refresh_until,
                    ends_at,
                    factor,
                },
            ) => Some(Session {
                user,
                epoch,
                seq: 0,
                nonce,
                refresh_key,
                refresh_until,
                refreshed_at: None,
                ends_at,
                factor,
                revoked: false,
            }),
            (Some(it), SessionEvent::Refreshed { seq, nonce, refresh_key, refresh_until, at }) => {
                let refreshed_at = Some(at);
                Some(Session { seq, nonce, refresh_key, refresh_until, refreshed_at, ..it })
            }
            (Some(it), SessionEvent::Revoked { .. }) => Some(Session { revoked: true, ..it }),
            (session, SessionEvent::ReuseDetected { .. }) => session,
            (None, SessionEvent::Refreshed { .. } | SessionEvent::Revoked { .. }) => None,
        })
    }

    fn decide(
        Self(session): &Self,
        command: SessionCommand,
    ) -> Result<Vec<SessionEvent>, SessionRejection> {
        use SessionCommand as C;
        use SessionEvent as E;
        use SessionRejection as R;

        match (session, command) {
            (
                None,
                C::Start { user, epoch, nonce, refresh_key, refresh_until, ends_at, factor },
            ) => {
                let refresh_until = refresh_until.min(ends_at);
                Ok(vec![E::Started {
                    user,
                    epoch,
                    nonce,
                    refresh_key,
                    refresh_until,
                    ends_at,
                    factor,
                }])
            }
            // The first nonce stays: the token is derived from it, and so is the same again.
            (Some(it), C::Start { user, .. }) if it.user == user => Ok(vec![]),
            (Some(_), C::Start { .. }) => Err(R::UnknownSession),

            (None, C::Refresh { .. } | C::Revoke { .. }) => Err(R::UnknownSession),

            (Some(it), C::Refresh { at, .. }) if !it.is_alive(at) => Err(R::Over),
            (Some(it), C::Refresh { seq, .. }) if seq > it.seq => Err(R::NeverIssued),
            (Some(it), C::Refresh { seq, nonce, refresh_key, refresh_until, at, .. })
                if seq == it.seq =>
            {
                let refresh_until = refresh_until.min(it.ends_at);
                let seq = seq.checked_add(1).ok_or(R::Over)?;
                Ok(vec![E::Refreshed { seq, nonce, refresh_key, refresh_until, at }])
            }
            (Some(it), C::Refresh { seq, grace, at, .. })
                if seq + 1 == it.seq && it.forgives(grace, at) =>
            {
                Ok(vec![])
            }
            // Two hold the same token, and one of them is a thief: neither keeps the session.
            (Some(_), C::Refresh { seq, .. }) => {
                Ok(vec![E::ReuseDetected { seq }, E::Revoked { reason: RevocationReason::Reuse }])
            }

            (Some(it), C::Revoke { .. }) if it.revoked => Ok(vec![]),
            (Some(_), C::Revoke { reason }) => Ok(vec![E::Revoked { reason }]),
        }
    }
}
