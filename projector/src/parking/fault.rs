//! Whose fault it is that a batch was not applied.
use runtime::follow::FollowError;
use vault::VaultError;

use crate::projection::Newer;

/// What an error says about the events it met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// One of them cannot be applied.
    Event,
    /// One of them was written by a newer build, which will know what to do.
    Newer,
    /// Nothing: the same events may do later.
    Circumstances,
}

/// Data exceptions, broken constraints, a row met twice by one statement, and what our own statements raise. Everything
/// else is about the server, or about a statement that no event would pass.
const OF_EVENTS: [&str; 4] = ["21", "22", "23", "P0"];

pub(crate) fn fault(error: &FollowError) -> Fault {
    match error {
        FollowError::Event { error, .. } if error.is::<Newer>() => Fault::Newer,
        FollowError::Event { error, .. } => match error.downcast_ref() {
            // The key is wrong for all of them.
            Some(VaultError::WrongKek { .. } | VaultError::BadKek | VaultError::Unavailable(_)) => {
                Fault::Circumstances
            }
            Some(VaultError::KeyMissing { .. } | VaultError::Tampered) | None => Fault::Event,
        },
        FollowError::Database(error) => {
            let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
            match code {
                Some(code) if OF_EVENTS.iter().any(|it| code.starts_with(it)) => Fault::Event,
                _ => Fault::Circumstances,
            }
        }
        FollowError::Store(_) | FollowError::Resting(_) | FollowError::AnotherLog { .. } => {
            Fault::Circumstances
        }
    }
}
