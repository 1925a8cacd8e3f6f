use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use domain::ids::{SessionId, UserId, VenueId};
use domain::users::Role;
use event_store::Executor;
use runtime::{Clock, Problem, Settings, Shutdown};

use crate::Permission;

/// Recognises callers. Holds the public keys, the epochs and the revoked sessions, fed by a subscription.
#[derive(Clone)]
pub struct Access {
    _private: (),
}

/// Somebody who is logged in.
#[derive(Clone, Debug)]
pub struct Caller {
    pub user: UserId,
    pub session: SessionId,
    pub role: Role,
    /// The venues a member of staff is for.
    pub venues: Vec<VenueId>,
}

impl Access {
    /// Begins to follow keys, epochs and revocations; returns when it knows them all.
    pub async fn start(
        settings: &Settings,
        executor: Executor,
        clock: Clock,
        shutdown: Shutdown,
    ) -> Result<Self, event_store::ReadError> {
        let _ = (settings, executor, clock, shutdown);
        unimplemented!("access helper")
    }

    /// Says who a bearer token speaks for, or why it does not count.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, Problem> {
        let _ = token;
        unimplemented!("access helper")
    }
}

impl Caller {
    /// 403 unless the caller's role has the permission.
    pub fn may(&self, permission: Permission) -> Result<(), Problem> {
        let _ = permission;
        unimplemented!("access helper")
    }

    /// `user:<id>`, for an event's metadata.
    pub fn actor(&self) -> String {
        format!("user:{}", self.user)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    Access: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let _ = (parts, state);
        unimplemented!("access helper")
    }
}
