//! Why a call gave no answers.
use std::sync::Arc;

use super::batch::Command;
use crate::{AppendError, Hindrance, ReadError, Source};

/// One variant for each thing to do about it.
pub(super) enum Failure {
    /// The server was not reached; nothing was sent.
    Away(sqlx::Error),
    /// The connection went while the call ran: it may have been done.
    Broken(sqlx::Error),
    /// Something in the batch is wrong. None of it was done.
    Content(sqlx::Error),
    /// The server cannot do it now. None of it was done.
    Failed(sqlx::Error),
}

impl Failure {
    pub(super) fn of(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => {
                Self::Broken(error)
            }
            sqlx::Error::Database(it) => match it.code().as_deref().unwrap_or_default() {
                // The server ends the connection: shutdown, crash of a neighbour, not up yet, idle for too long.
                "57P01" | "57P02" | "57P03" | "57P05" => Self::Broken(error),
                code if code.starts_with("08") => Self::Broken(error),
                // Bad values, broken constraints, more than the server's own limits.
                code if ["22", "23", "54"].iter().any(|it| code.starts_with(it)) => {
                    Self::Content(error)
                }
                _ => Self::Failed(error),
            },
            _ => Self::Failed(error),
        }
    }

    /// What this says where the call before broke. That one may have been done, so whatever hinders the server now,
    /// the outcome is not known: the server's word is kept only for people to read.
    pub(super) fn after_a_broken_one(self) -> Self {
        let unsure = |it| sqlx::Error::Io(std::io::Error::other(it));
        match self {
            Self::Away(error) => Self::Away(unsure(error)),
            Self::Failed(error) => Self::Failed(unsure(error)),
            known => known,
        }
    }

    /// What a command is told that failed with this, alone.
    pub(super) fn answer(self, batch: Vec<Command>) {
        match self {
            // A broken constraint is not the command's fault: somebody wrote past the order lock. Asked again, the
            // command finds what stands there now.
            Self::Content(error) if !is_constraint(&error) => {
                for command in batch {
                    let why = format!("the database refuses it, {error}");
                    let _ = command.answer.send(Err(AppendError::Refused(why)));
                }
            }
            Self::Away(error)
            | Self::Broken(error)
            | Self::Content(error)
            | Self::Failed(error) => {
                let hindrance = hindrance(&error);
                let error = Arc::new(error);
                for command in batch {
                    let source = Box::new(error.clone());
                    let failure = match hindrance {
                        Some(hindrance) => AppendError::Hindered { hindrance, source },
                        None => AppendError::Unavailable(source),
                    };
                    let _ = command.answer.send(Err(failure));
                }
            }
        }
    }
}

/// What a reader is told.
pub(super) fn unread(error: sqlx::Error) -> ReadError {
    match hindrance(&error) {
        Some(hindrance) => ReadError::Hindered { hindrance, source: error.into() },
        None => ReadError::Unavailable(error.into()),
    }
}

/// What only an operator mends. The server has said so itself, and with that has taken everything back: in none of
/// these a commit is on its way (a disk that fills under the server's own log ends the server, and the connection).
fn hindrance(error: &sqlx::Error) -> Option<Hindrance> {
    Some(match error.as_database_error()?.code()?.as_ref() {
        "42501" => Hindrance::Rights,
        "28000" | "28P01" => Hindrance::Login,
        "25006" => Hindrance::ReadOnly,
        "53100" => Hindrance::DiskFull,
        // No such database, schema, table, function.
        "3D000" | "3F000" | "42P01" | "42883" => Hindrance::Missing,
        _ => return None,
    })
}

fn is_constraint(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|it| it.starts_with("23"))
}

pub(super) fn unavailable(why: &'static str) -> AppendError {
    AppendError::Unavailable(Source::from(why))
}
