//! Personal data: sealed under a key for each person, and gone for ever when that key is.
//!
//! **Invariant:** a plaintext never leaves through `Debug` or an error, and a key never leaves at all.
#![warn(clippy::unwrap_used)]

use domain::sealed::Sealed;
use secrecy::SecretString;
use sqlx::PgPool;
use uuid::Uuid;

/// The vault's own database.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/vault");

/// Seals and opens. Cheap to clone; clones share the cache of opened keys.
#[derive(Clone)]
pub struct Vault {
    db: PgPool,
}

/// Whose key it is: `user-<id>`, `user-<id>/2026Q4` for addresses and user agents, `unknown-<date>`.
pub type Subject<'a> = &'a str;

/// What sealing or opening came to.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the vault is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// Neither a key nor a tombstone: data was lost, nobody was erased.
    #[error("key {key} is missing and was never destroyed")]
    KeyMissing { key: Uuid },
    #[error("the sealed value is not what was sealed here")]
    Tampered,
    #[error("the key-encryption key is not 32 bytes of hex")]
    BadKek,
}

impl Vault {
    pub fn new(db: PgPool, kek: &SecretString) -> Result<Self, VaultError> {
        let _ = kek;
        Ok(Self { db })
    }

    /// Seals `text` as `field` of `subject`, inside the event of `command`. Makes the subject's key if it has none;
    /// for a destroyed subject the result opens as erased for ever.
    pub async fn seal(&self, subject: Subject<'_>, field: &str, command: Uuid, text: &str) -> Result<Sealed, VaultError> {
        let _ = (subject, field, command, text, &self.db);
        unimplemented!("vault helper")
    }

    /// Opens a value sealed as `field` of `subject`; `None` when its key was destroyed.
    pub async fn open(&self, subject: Subject<'_>, field: &str, sealed: &Sealed) -> Result<Option<String>, VaultError> {
        let _ = (subject, field, sealed);
        unimplemented!("vault helper")
    }

    /// Keeps a secret that is no person's (a signing key), wrapped; the first one under a name stays.
    pub async fn keep(&self, name: &str, secret: &[u8]) -> Result<(), VaultError> {
        let _ = (name, secret);
        unimplemented!("vault helper")
    }

    pub async fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        let _ = name;
        unimplemented!("vault helper")
    }
}
