//! Personal data in the read models: where it is, how it gets there, and how it goes.
//!
//! **Invariant:** a text that was sealed leaves this module only as `Clear`, and each column that one is written to is
//! in [`PERSONAL`]. Both are held by a test.
mod erase;

use domain::sealed::Sealed;
use event_store::Position;
use runtime::follow::FollowError;
use serde::Serialize;
use vault::{ERASED, Opening, Vault, VaultError};

use crate::projection::unfit;

pub(crate) use erase::Personal;

/// A table with personal data in clear.
pub struct Manifest {
    pub projection: &'static str,
    pub table: &'static str,
    /// Whose the rows are, as the table says it: an erasure blanks `columns` of the rows of its subject.
    pub subject: &'static str,
    /// Which part of them, where their keys have parts that end before they do.
    pub part: Option<&'static str>,
    pub columns: &'static [&'static str],
}

/// Somebody's own words, opened. Only a table's column can be made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Clear(String);

/// All of them. Personal data in clear is nowhere else in the read models.
pub const PERSONAL: &[Manifest] = &[
    Manifest {
        projection: "actions",
        table: "actions",
        subject: "subject",
        part: None,
        columns: &["reason"],
    },
    Manifest {
        projection: "guests",
        table: "guests",
        subject: "subject",
        part: None,
        columns: &["name", "email", "phone", "notes"],
    },
    Manifest {
        projection: "logins",
        table: "logins",
        // The keys of a person's quarters are parts of the person's.
        subject: "split_part(subject, '/', 1)",
        part: Some("split_part(subject, '/', 2)"),
        columns: &["ip", "user_agent"],
    },
    Manifest {
        projection: "preferences",
        table: "preferences",
        subject: "subject",
        part: None,
        columns: &["sms_number"],
    },
    Manifest {
        projection: "users",
        table: "users",
        subject: "subject",
        part: None,
        columns: &["email", "username", "display_name", "phone"],
    },
];

/// A sealed value, if there is one, and whose it is.
#[derive(Clone, Copy)]
pub(crate) struct Closed<'a> {
    pub subject: &'a str,
    pub field: &'static str,
    pub sealed: Option<&'a Sealed>,
    /// Of the event that it stands in.
    pub position: Position,
}

/// Opens all of them, in their order; `None` where there was nothing, and `[erased]` where it can be read no more.
pub(crate) async fn open(
    vault: &Vault,
    closed: &[Closed<'_>],
) -> Result<Vec<Option<Clear>>, FollowError> {
    let openings: Vec<Opening<'_>> = closed
        .iter()
        .filter_map(|it| {
            let &Closed { subject, field, sealed, .. } = it;
            sealed.map(|sealed| Opening { subject, field, sealed })
        })
        .collect();
    let opened = vault.open_many(&openings).await.map_err(|error| unopened(error, closed))?;
    let mut opened = opened.into_iter();
    closed
        .iter()
        .map(|it| match it.sealed.and_then(|_| opened.next()) {
            // Postgres has no text with a NUL in it; somebody's odd name must not stop everybody's projection.
            Some(Ok(Some(text))) => Ok(Some(Clear(text.replace('\0', "\u{fffd}")))),
            Some(Ok(None)) => Ok(Some(Clear(ERASED.to_owned()))),
            Some(Err(error)) => Err(unopened(error, std::slice::from_ref(it))),
            None => Ok(None),
        })
        .collect()
}

fn unopened(error: VaultError, closed: &[Closed<'_>]) -> FollowError {
    match error {
        VaultError::Unavailable(error) => FollowError::Database(error),
        error => unfit(closed.first().map_or(0, |it| it.position), error),
    }
}
