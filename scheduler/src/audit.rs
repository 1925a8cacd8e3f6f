//! The login audit's log: audited events → records, and what has been recorded → signed checkpoints.
//!
//! Where both have come is in the log itself, and nowhere else: a crash anywhere loses nothing, and of two schedulers the
//! store lets one write each leaf.
pub mod health;
pub mod loops;
pub mod metrics;
pub mod outside;
mod persons;
mod place;
pub mod recorder;
pub mod signer;

use event_store::{AppendError, ReadError};
use vault::VaultError;

/// Why nothing was recorded or signed. It is tried again from what the log holds.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// Another scheduler was faster, or an answer was lost: what is there says how to go on.
    #[error("nothing was appended")]
    Append(#[from] AppendError),
    #[error("commitments cannot be made")]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Unreadable(#[from] audit::record::Unreadable),
    /// The audit log does not fit together. Nothing is recorded or signed until a person has looked.
    #[error("{stream}: {what}")]
    Broken { stream: String, what: String },
}

pub(crate) fn broken(stream: &str, what: impl Into<String>) -> AuditError {
    AuditError::Broken { stream: stream.to_owned(), what: what.into() }
}
