//! A log and a vault put away, encrypted, and brought back.
//!
//! A folder holds **chains**. A chain is the log from its first event in segments, each written once, the vault as it was
//! when the newest segment was, and a manifest that names them all with their hashes. A run adds a segment, or begins a
//! chain. What a killed run leaves behind is named by no manifest, and goes with the next run.
//!
//! Each file is compressed and then encrypted to `age` recipients: whoever can write a backup cannot read it. The manifest
//! is not secret; a code under the key-encryption key says that it is ours.
//!
//! **Invariant:** the log is read before the vault is, so no event is there whose key is not.
mod archive;
mod chains;
mod envelope;
mod manifest;
mod take;
mod vault_copy;

use std::io;
use std::path::PathBuf;

pub use age::x25519::{Identity, Recipient};
use event_store::{Position, ReadError};

pub use crate::archive::Archive;
pub use crate::chains::{Folder, Lock};
pub use crate::manifest::{Manifest, Seal};
pub use crate::take::{Taken, Taking};
pub use crate::vault_copy::Restored;

/// Why there is no backup, or none to restore.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{} cannot be used", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("another backup to {} is under way", .0.display())]
    Busy(PathBuf),
    #[error("there is no backup in {}", .0.display())]
    None(PathBuf),
    #[error("{} is no manifest of ours", .0.display())]
    Foreign(PathBuf),
    #[error("{} was changed, or was made with another key-encryption key", .0.display())]
    Forged(PathBuf),
    #[error("{} is missing", .0.display())]
    Missing(PathBuf),
    #[error("{} is not what was written: {what}", path.display())]
    Damaged { path: PathBuf, what: &'static str },
    #[error("{} opens with none of these identities", .0.display())]
    Locked(PathBuf),
    #[error("the log is not the one that {} was taken of: {why}. Begin a new chain with --full", path.display())]
    AnotherLog { path: PathBuf, why: &'static str },
    #[error("the event at {0} cannot be put away: it is no text")]
    NoText(Position),
    #[error("the log cannot be read")]
    Log(#[source] ReadError),
    #[error("the vault's database refused")]
    Vault(#[from] sqlx::Error),
    #[error(
        "the vault there is neither empty nor what the backup holds: restore into an empty one"
    )]
    OtherVault,
}

fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.into();
    move |source| BackupError::File { path, source }
}
