//! Personal data: sealed under a key for each person, and gone for ever when that key is.
//!
//! **Invariant:** a plaintext never leaves through `Debug` or an error, and a key never leaves at all.
#![warn(clippy::unwrap_used)]

mod cache;
mod cipher;
mod commitments;
mod inspect;
mod keks;
mod kept;
mod keys;
mod missing;
mod text;

use std::collections::HashMap;
use std::time::Duration;

use domain::sealed::Sealed;
use secrecy::SecretString;
use sqlx::PgPool;
use uuid::Uuid;

use crate::cipher::Kek;
pub use crate::inspect::{Listed, Rewrapped, Secret, Tombstone};
pub use crate::keks::Under;
use crate::keys::{DataKey, Key, Keys};
pub use crate::missing::missing_keys;
use crate::text::Text;

/// The vault's own database.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/vault");

/// So long after a key was destroyed no process has it in memory any more: the cache's age, and a little for the way
/// from the database into it.
pub const LIVES_ON: Duration = Duration::from_secs(12);

/// What stands where personal data was that nobody can read any more.
pub const ERASED: &str = "[erased]";

/// Seals and opens. Cheap to clone; clones share the cache of opened keys.
#[derive(Clone)]
pub struct Vault {
    keys: Keys,
}

/// Whose key it is: `user-<id>`, `user-<id>/2026Q4` for addresses and user agents, `unknown-<date>`.
pub type Subject<'a> = &'a str;

/// One value to open: what was sealed, and as what.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    pub subject: Subject<'a>,
    pub field: &'a str,
    pub sealed: &'a Sealed,
}

/// What sealing or opening came to.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the vault is unavailable")]
    Unavailable(#[from] sqlx::Error),
    /// Neither a key nor a tombstone: data was lost, nobody was erased.
    #[error("key {key} is missing and was never destroyed")]
    KeyMissing { key: Uuid },
    #[error("the sealed value is not what was sealed here")]
    Tampered,
    #[error("the key-encryption key is not 32 bytes of hex")]
    BadKek,
    /// The vault was written with another key-encryption key than this process was given, or somebody changed it.
    #[error("{what} does not open with this key-encryption key")]
    WrongKek { what: String },
}

impl Vault {
    pub fn new(db: PgPool, kek: &SecretString) -> Result<Self, VaultError> {
        Ok(Self { keys: Keys::new(db, Kek::from_hex(kek).ok_or(VaultError::BadKek)?) })
    }

    /// The same, and what was wrapped with `also` opens as well: a key-encryption key that is on its way in or out.
    pub fn with_also(
        db: PgPool,
        kek: &SecretString,
        also: Option<&SecretString>,
    ) -> Result<Self, VaultError> {
        let vault = Self::new(db, kek)?;
        let Some(also) = also else { return Ok(vault) };
        let read = |it| Kek::from_hex(it).ok_or(VaultError::BadKek);
        Ok(Self { keys: vault.keys.opening_also(read(also)?, read(kek)?) })
    }

    /// Seals `text` as `field` of `subject`, inside the event of `command`. Makes the subject's key if it has none;
    /// for a destroyed subject the result opens as erased for ever.
    pub async fn seal(
        &self,
        subject: Subject<'_>,
        field: &str,
        command: Uuid,
        text: &str,
    ) -> Result<Sealed, VaultError> {
        let key = self.keys.of_subject(subject).await?;
        Ok(seal_with(&key, subject, field, command, text))
    }

    /// Seals several fields of one subject, each given as its name and its text.
    pub async fn seal_many(
        &self,
        subject: Subject<'_>,
        command: Uuid,
        fields: &[(&str, &str)],
    ) -> Result<Vec<Sealed>, VaultError> {
        let key = self.keys.of_subject(subject).await?;
        Ok(fields
            .iter()
            .map(|(field, text)| seal_with(&key, subject, field, command, text))
            .collect())
    }

    /// Opens a value sealed as `field` of `subject`; `None` when its key was destroyed.
    pub async fn open(
        &self,
        subject: Subject<'_>,
        field: &str,
        sealed: &Sealed,
    ) -> Result<Option<String>, VaultError> {
        let opened = self.open_many(&[Opening { subject, field, sealed }]).await?;
        opened.into_iter().next().unwrap_or(Ok(None))
    }

    /// Opens many values with one question to the database. What is wrong with one says nothing about the others.
    pub async fn open_many(
        &self,
        openings: &[Opening<'_>],
    ) -> Result<Vec<Result<Option<String>, VaultError>>, VaultError> {
        let texts: Vec<_> = openings.iter().map(|it| Text::parse(it.sealed)).collect();
        let wanted = texts.iter().flatten().filter_map(Text::key).collect();
        let keys = self.keys.by_ids(wanted).await?;
        Ok(openings
            .iter()
            .zip(&texts)
            .map(|(it, text)| open_with(&keys, it, text.as_ref()))
            .collect())
    }

    /// Destroys the keys of `subject` and of all its parts, for ever: it never gets another. `event` asked for it.
    ///
    /// Another process may go on with a key it holds until [`LIVES_ON`] is over.
    pub async fn destroy(
        &self,
        subject: Subject<'_>,
        event: Option<Uuid>,
    ) -> Result<(), VaultError> {
        self.keys.destroy(subject, event).await
    }

    /// How long ago the last key of `subject` or of a part of it was destroyed, by the database's clock; `None` if
    /// none ever was.
    pub async fn destroyed_for(
        &self,
        subject: Subject<'_>,
    ) -> Result<Option<Duration>, VaultError> {
        self.keys.destroyed_for(subject).await
    }

    /// Whether another key-encryption key opens beside the one that wraps.
    pub fn opens_also(&self) -> bool {
        self.keys.keks().also.is_some()
    }

    /// Keeps a secret that is no person's (a signing key), wrapped; the first one under a name stays.
    pub async fn keep(&self, name: &str, secret: &[u8]) -> Result<(), VaultError> {
        kept::keep(self.keys.db(), self.keys.keks(), name, secret).await
    }

    /// Forgets a kept secret for ever; one that is not there is forgotten already.
    pub async fn forget(&self, name: &str) -> Result<(), VaultError> {
        kept::forget(self.keys.db(), name).await
    }

    pub async fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        kept::kept(self.keys.db(), self.keys.keks(), name).await
    }
}

/// The key that a text is sealed under, if it is sealed here at all.
pub fn key_of(text: &str) -> Option<Uuid> {
    Text::parse(&Sealed(text.to_owned()))?.key()
}

fn seal_with(key: &Key, subject: &str, field: &str, command: Uuid, text: &str) -> Sealed {
    match key {
        Key::There(key) => {
            let bytes = key.cipher.seal(&bound(subject, field, command), text.as_bytes());
            Text::Sealed { key: key.id, command, bytes }.write()
        }
        Key::Destroyed => Text::Erased.write(),
    }
}

fn open_with(
    keys: &HashMap<Uuid, Key>,
    it: &Opening<'_>,
    text: Option<&Text>,
) -> Result<Option<String>, VaultError> {
    let (id, command, bytes) = match text {
        Some(Text::Sealed { key, command, bytes }) => (*key, *command, bytes),
        Some(Text::Erased) => return Ok(None),
        None => return Err(VaultError::Tampered),
    };
    match keys.get(&id) {
        Some(Key::There(key)) => {
            opened(key, &bound(it.subject, it.field, command), bytes).map(Some)
        }
        Some(Key::Destroyed) => Ok(None),
        None => Err(VaultError::KeyMissing { key: id }),
    }
}

fn opened(key: &DataKey, bound: &[u8], bytes: &[u8]) -> Result<String, VaultError> {
    let text = key.cipher.open(bound, bytes).ok_or(VaultError::Tampered)?;
    std::str::from_utf8(&text).map(str::to_owned).map_err(|_| VaultError::Tampered)
}

/// What a sealed value is good for: moved to another person, field or event, it does not open.
fn bound(subject: &str, field: &str, command: Uuid) -> Vec<u8> {
    cipher::bound(&[b"field", subject.as_bytes(), field.as_bytes(), command.as_bytes()])
}
