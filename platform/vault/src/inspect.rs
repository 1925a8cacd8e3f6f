//! The vault looked at as a whole, and wrapped anew: for operators.
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::keks::Under;
use crate::{Vault, VaultError, kept, keys};

/// A key that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: Uuid,
    pub subject: String,
    pub under: Under,
}

/// A key that was destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    pub key: Uuid,
    pub subject: String,
    pub event: Option<Uuid>,
    pub destroyed_at: Timestamp,
}

/// A secret that is no person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    pub name: String,
    pub under: Under,
}

/// What came of one step of a rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Where the next step goes on; `None` at the end.
    pub last: Option<Uuid>,
    pub seen: usize,
    pub rewrapped: usize,
    /// Of these, wrapped with neither key and left as they are.
    pub strangers: usize,
}

impl Vault {
    /// How many keys there are.
    pub async fn key_count(&self) -> Result<u64, VaultError> {
        let count = sqlx::query_file_scalar!("src/inspect/count.sql").fetch_one(self.db()).await?;
        Ok(count.cast_unsigned())
    }

    /// Keys in the order of their ids, after one of them.
    pub async fn keys_after(
        &self,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Listed>, VaultError> {
        let rows = sqlx::query_file!("src/inspect/keys.sql", after, limit);
        let rows = rows.fetch_all(self.db()).await?.into_iter();
        let listed = rows.map(|it| {
            let bound = keys::wrapping(it.key_id, &it.subject);
            let (under, _) = self.keys.keks().look(&bound, &it.wrapped);
            Listed { id: it.key_id, subject: it.subject, under }
        });
        Ok(listed.collect())
    }

    /// Tombstones in the order of their ids, after one of them.
    pub async fn tombstones_after(
        &self,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Tombstone>, VaultError> {
        let rows = sqlx::query_file!("src/inspect/tombstones.sql", after, limit);
        let rows = rows.fetch_all(self.db()).await?.into_iter();
        let listed = rows.map(|it| Tombstone {
            key: it.key_id,
            subject: it.subject,
            event: it.event_id,
            destroyed_at: it.destroyed_at.to_jiff(),
        });
        Ok(listed.collect())
    }

    pub async fn secrets(&self) -> Result<Vec<Secret>, VaultError> {
        let rows = sqlx::query_file!("src/inspect/secrets.sql").fetch_all(self.db()).await?;
        let listed = rows.into_iter().map(|it| {
            let (under, _) = self.keys.keks().look(&kept::wrapping(&it.name), &it.wrapped);
            Secret { name: it.name, under }
        });
        Ok(listed.collect())
    }

    /// Of `people` (subjects without parts), those with a key that is there, or without a tombstone.
    pub async fn not_destroyed(&self, people: &[String]) -> Result<Vec<String>, VaultError> {
        let left = sqlx::query_file_scalar!("src/inspect/not_destroyed.sql", people);
        Ok(left.fetch_all(self.db()).await?)
    }

    /// The subjects with a key whose names begin with `prefix` and lie before `end`.
    pub async fn subjects_before(
        &self,
        prefix: &str,
        end: &str,
    ) -> Result<Vec<String>, VaultError> {
        let found = sqlx::query_file_scalar!("src/inspect/subjects_before.sql", prefix, end);
        Ok(found.fetch_all(self.db()).await?)
    }

    /// How long ago the last key of such a subject was destroyed; `None` if none ever was.
    pub async fn last_destroyed_before(
        &self,
        prefix: &str,
        end: &str,
    ) -> Result<Option<Duration>, VaultError> {
        let seconds =
            sqlx::query_file_scalar!("src/inspect/last_destroyed_before.sql", prefix, end);
        let seconds = seconds.fetch_one(self.db()).await?;
        Ok(seconds.map(|it| Duration::from_secs(u64::try_from(it).unwrap_or(0))))
    }

    /// Of parts of people (`2025Q4` of `user-<id>/2025Q4`) that are older than part `end`, at most `limit` subjects with a
    /// key.
    pub async fn parts_before(&self, end: &str, limit: i64) -> Result<Vec<String>, VaultError> {
        let found = sqlx::query_file_scalar!("src/inspect/parts_before.sql", end, limit);
        Ok(found.fetch_all(self.db()).await?)
    }

    /// How many keys there are of each such part, the oldest first.
    pub async fn count_parts_before(&self, end: &str) -> Result<Vec<(String, u64)>, VaultError> {
        let rows = sqlx::query_file!("src/inspect/count_parts_before.sql", end);
        let rows = rows.fetch_all(self.db()).await?;
        Ok(rows.into_iter().map(|it| (it.part, it.keys.cast_unsigned())).collect())
    }

    /// How long ago the last key of such a part was destroyed; `None` if none ever was.
    pub async fn last_part_destroyed_before(
        &self,
        end: &str,
    ) -> Result<Option<Duration>, VaultError> {
        let seconds = sqlx::query_file_scalar!("src/inspect/last_part_destroyed_before.sql", end);
        let seconds = seconds.fetch_one(self.db()).await?;
        Ok(seconds.map(|it| Duration::from_secs(u64::try_from(it).unwrap_or(0))))
    }

    /// Wraps keys after one of them with the key-encryption key that wraps, those that are not yet. Interrupted anywhere
    /// it loses nothing: each is wrapped with one of the two, and opens.
    pub async fn rewrap_after(
        &self,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Rewrapped, VaultError> {
        let rows = sqlx::query_file!("src/inspect/keys.sql", after, limit);
        let rows = rows.fetch_all(self.db()).await?;
        let mut step = Rewrapped { last: rows.last().map(|it| it.key_id), ..Rewrapped::default() };
        let (mut ids, mut before, mut wrapped) = (Vec::new(), Vec::new(), Vec::new());
        for it in rows {
            step.seen += 1;
            let bound = keys::wrapping(it.key_id, &it.subject);
            match self.keys.keks().look(&bound, &it.wrapped) {
                (Under::Other, Some(secret)) => {
                    ids.push(it.key_id);
                    wrapped.push(self.keys.keks().wrap(&bound, &secret));
                    before.push(it.wrapped);
                }
                (Under::Neither, _) => step.strangers += 1,
                _ => {}
            }
        }
        step.rewrapped = ids.len();
        sqlx::query_file!("src/inspect/rewrap.sql", &ids, &before, &wrapped)
            .execute(self.db())
            .await?;
        Ok(step)
    }

    /// The same for what is no person's. There are a few.
    pub async fn rewrap_secrets(&self) -> Result<Rewrapped, VaultError> {
        let rows = sqlx::query_file!("src/inspect/secrets.sql").fetch_all(self.db()).await?;
        let mut step = Rewrapped::default();
        for it in rows {
            step.seen += 1;
            let bound = kept::wrapping(&it.name);
            match self.keys.keks().look(&bound, &it.wrapped) {
                (Under::Other, Some(secret)) => {
                    let wrapped = self.keys.keks().wrap(&bound, &secret);
                    sqlx::query_file!("src/inspect/rewrap_secret.sql", it.name, wrapped)
                        .execute(self.db())
                        .await?;
                    step.rewrapped += 1;
                }
                (Under::Neither, _) => step.strangers += 1,
                _ => {}
            }
        }
        Ok(step)
    }

    fn db(&self) -> &sqlx::PgPool {
        self.keys.db()
    }
}
