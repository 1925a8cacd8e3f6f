//! The life of a key: made when its subject first needs one, used, and destroyed with a tombstone in its place.
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::VaultError;
use crate::cache::Cache;
use crate::cipher::{Cipher, KEY_BYTES, Kek, bound};
use crate::commitments::Committing;
use crate::keks::Keks;
use crate::missing;

/// All keys there are. Clones share the cache.
#[derive(Clone)]
pub(crate) struct Keys {
    db: PgPool,
    keks: Arc<Keks>,
    cache: Arc<Cache>,
}

/// What became of a key, or of a subject.
#[derive(Clone)]
pub(crate) enum Key {
    There(Arc<DataKey>),
    Destroyed,
}

pub(crate) struct DataKey {
    pub id: Uuid,
    pub subject: String,
    pub cipher: Cipher,
    pub committing: Committing,
}

impl Keys {
    pub fn new(db: PgPool, kek: Kek) -> Self {
        let keks = Arc::new(Keks { wraps: kek, also: None });
        Self { db, keks, cache: Arc::default() }
    }

    pub fn db(&self) -> &PgPool {
        &self.db
    }

    pub fn keks(&self) -> &Keks {
        &self.keks
    }

    /// Nobody else has a clone of these yet.
    pub fn opening_also(self, also: Kek, wraps: Kek) -> Self {
        Self { keks: Arc::new(Keks { wraps, also: Some(also) }), ..self }
    }

    /// The key that `subject` seals with. Makes one if it never had any.
    pub async fn of_subject(&self, subject: &str) -> Result<Key, VaultError> {
        if let Some(key) = self.cache.by_subject(subject) {
            return Ok(Key::There(key));
        }
        let found = self.find(&mut *self.db.acquire().await?, subject).await?;
        let key = match found {
            Some(key) => key,
            None => self.make(subject).await?,
        };
        if let Key::There(key) = &key {
            self.cache.put_newest(key.clone());
        }
        Ok(key)
    }

    /// The keys among `ids` that are there or were destroyed; the others are missing.
    pub async fn by_ids(&self, mut ids: HashSet<Uuid>) -> Result<HashMap<Uuid, Key>, VaultError> {
        let mut keys = HashMap::with_capacity(ids.len());
        ids.retain(|id| {
            let held = self.cache.by_id(*id);
            let asked = held.is_none();
            keys.extend(held.map(|it| (*id, Key::There(it))));
            asked
        });
        if ids.is_empty() {
            return Ok(keys);
        }
        let ids = Vec::from_iter(ids);
        let rows = sqlx::query_file!("src/keys/open.sql", &ids).fetch_all(&self.db).await?;
        for row in rows {
            match (row.destroyed, row.subject, row.wrapped) {
                (true, _, _) => {
                    keys.insert(row.key_id, Key::Destroyed);
                }
                (false, Some(subject), Some(wrapped)) => {
                    let key = self.unwrap(row.key_id, &subject, &wrapped)?;
                    self.cache.put(key.clone());
                    keys.insert(row.key_id, Key::There(key));
                }
                _ => {}
            }
        }
        missing::asked(&ids, |id| keys.contains_key(id));
        Ok(keys)
    }

    pub async fn destroy(&self, subject: &str, event: Option<Uuid>) -> Result<(), VaultError> {
        let mut tx = self.db.begin().await?;
        lock(&mut tx, subject).await?;
        sqlx::query_file!("src/keys/destroy.sql", subject, random_id(), event)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        let parts = format!("{subject}/");
        self.cache.forget(|it| it == subject || it.starts_with(&parts));
        Ok(())
    }

    pub async fn destroyed_for(&self, subject: &str) -> Result<Option<Duration>, VaultError> {
        let seconds = sqlx::query_file_scalar!("src/keys/destroyed_for.sql", subject)
            .fetch_one(&self.db)
            .await?;
        Ok(seconds.map(|it| Duration::from_secs(u64::try_from(it).unwrap_or(0))))
    }

    async fn find(&self, db: &mut PgConnection, subject: &str) -> Result<Option<Key>, VaultError> {
        let row =
            sqlx::query_file!("src/keys/find.sql", subject, person(subject)).fetch_one(db).await?;
        match (row.destroyed, row.key_id, row.wrapped) {
            (true, _, _) => Ok(Some(Key::Destroyed)),
            (false, Some(id), Some(wrapped)) => {
                self.unwrap(id, subject, &wrapped).map(Key::There).map(Some)
            }
            _ => Ok(None),
        }
    }

    async fn make(&self, subject: &str) -> Result<Key, VaultError> {
        let id = random_id();
        let secret: Zeroizing<[u8; KEY_BYTES]> = Zeroizing::new(rand::random());
        let wrapped = self.keks.wrap(&wrapping(id, subject), secret.as_slice());
        let mut tx = self.db.begin().await?;
        lock(&mut tx, subject).await?;
        sqlx::query_file!("src/keys/make.sql", id, subject, wrapped, person(subject))
            .execute(&mut *tx)
            .await?;
        let found = self.find(&mut tx, subject).await?;
        // Only what is committed may seal: an event cannot be taken back, and its key must be there.
        tx.commit().await?;
        found.ok_or(VaultError::KeyMissing { key: id })
    }

    fn unwrap(&self, id: Uuid, subject: &str, wrapped: &[u8]) -> Result<Arc<DataKey>, VaultError> {
        let secret = self.keks.unwrap(&wrapping(id, subject), wrapped);
        let key = secret.as_ref().and_then(|it| it.first_chunk::<KEY_BYTES>());
        let key = key.ok_or_else(|| VaultError::WrongKek { what: format!("key {id}") })?;
        let (cipher, committing) = (Cipher::new(key), Committing::new(key));
        Ok(Arc::new(DataKey { id, subject: subject.to_owned(), cipher, committing }))
    }
}

/// Keeps others from making or destroying keys of this person until the transaction ends.
async fn lock(db: &mut PgConnection, subject: &str) -> Result<(), VaultError> {
    sqlx::query_file!("src/keys/lock.sql", person(subject)).fetch_one(db).await?;
    Ok(())
}

/// Whom a subject is part of: `user-<id>` of `user-<id>/2026Q4`.
fn person(subject: &str) -> &str {
    subject.split_once('/').map_or(subject, |(person, _)| person)
}

pub(crate) fn wrapping(id: Uuid, subject: &str) -> Vec<u8> {
    bound(&[b"data key", id.as_bytes(), subject.as_bytes()])
}

/// Not ordered by time: an id in a sealed value says nothing about when its person came to us.
fn random_id() -> Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}
