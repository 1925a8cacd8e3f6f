//! Rebuilds: a projection made anew beside the live one, and switched to while queries go on.
//!
//! 1. Somebody appends `projection.rebuild-requested`. [`Requests`] makes a row of it.
//! 2. A worker takes the row under a lease ([`lease`]) and makes an empty build in a schema of its own.
//! 3. It replays the log into it, a chunk and its checkpoint in one transaction ([`replay`]): a kill costs a chunk,
//!    whoever takes the row next goes on from there.
//! 4. Close to the end the build goes in lockstep with the live one ([`crate::live`]).
//! 5. Where that was asked for, the two are compared in one snapshot ([`verify`]). Differences have to be accepted.
//! 6. When no snapshot from before lockstep is left, one transaction puts the views on the new tables ([`switch`]).
//! 7. `projection.switched` is appended; reading it, [`Requests`] ends the row.
//!
//! **Invariant:** the log says how a rebuild ended, the row only repeats it; and no rebuild touches what the live
//! build's queries read before step 6.
mod ahead;
mod culprit;
mod lease;
mod replay;
mod requests;
mod shares;
mod switch;
mod tidy;
pub mod verify;
mod wishes;
mod worker;

use event_store::ReadError;
use runtime::follow::FollowError;

pub(crate) use requests::{Requests, prepare, read_again};
pub(crate) use worker::Worker;

/// Why a worker put a rebuild down.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// Somebody else has the lease, or the rebuild was ended meanwhile. Nothing more is to be done here.
    #[error("the rebuild is in other hands, or over")]
    Taken,
    /// An operator wants it to rest. It goes on from where it is when it is resumed.
    #[error("the projection is paused")]
    Paused,
    /// Trying again may do. The lease runs out, and somebody takes the row.
    #[error("the rebuild was interrupted")]
    Interrupted(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Somebody holds a lock that we do not want to queue for.
    #[error("somebody holds a lock")]
    Locked,
    /// Trying again will not do.
    #[error("the rebuild cannot succeed: {0}")]
    Hopeless(String),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        FollowError::Database(error).into()
    }
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        FollowError::Store(error).into()
    }
}

impl From<FollowError> for Stop {
    fn from(error: FollowError) -> Self {
        match &error {
            FollowError::Database(cause) if is_lock_timeout(cause) => Self::Locked,
            FollowError::Database(cause) if passes(cause) => Self::Interrupted(error.into()),
            FollowError::Store(ReadError::Unavailable(_) | ReadError::Hindered { .. }) => {
                Self::Interrupted(error.into())
            }
            _ => Self::Hopeless(runtime::causes(&error)),
        }
    }
}

/// `lock_not_available`.
fn is_lock_timeout(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|it| it == "55P03")
}

/// Connections, rollbacks, resources, locks, operators, systems: everything but data, constraints and syntax.
const PASSING: [&str; 6] = ["08", "40", "53", "55", "57", "58"];

/// Whether a database error is about the moment, not about the statement and its data.
fn passes(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        return !matches!(
            error,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::Encode(_)
        );
    };
    error.code().is_none_or(|code| PASSING.iter().any(|it| code.starts_with(it)))
}
