//! Whoever was erased stays erased: a vault that was restored from a backup may have their keys again.
use std::collections::BTreeMap;

use sqlx::PgPool;
use uuid::Uuid;
use vault::{Vault, VaultError};

use super::rows;

/// Why not everybody could be looked at.
#[derive(Debug, thiserror::Error)]
pub enum NotReconciled {
    #[error("the read database refused a statement")]
    Database(#[from] sqlx::Error),
    #[error("the vault")]
    Vault(#[from] VaultError),
}

/// People asked about at once.
const BATCH: i64 = 1_000;

/// Destroys again the keys of everybody the log says is erased, and returns how many had one.
pub async fn reconcile(db: &PgPool, vault: &Vault) -> Result<usize, NotReconciled> {
    let (mut after, mut count) = (None, 0);
    loop {
        let page = rows::finished(db, after, BATCH).await?;
        let Some((last, _)) = page.last() else { return Ok(count) };
        after = Some(last.id());
        let people: BTreeMap<String, Uuid> =
            page.into_iter().map(|(person, event)| (person.stream(), event)).collect();
        count += destroy_again(vault, &people).await?;
    }
}

/// Of people and the events that asked for their erasure, destroys the keys of those who have any, or no tombstone.
pub async fn destroy_again(
    vault: &Vault,
    people: &BTreeMap<String, Uuid>,
) -> Result<usize, VaultError> {
    let asked: Vec<String> = people.keys().cloned().collect();
    let alive = vault.not_destroyed(&asked).await?;
    for person in &alive {
        vault.destroy(person, people.get(person).copied()).await?;
    }
    Ok(alive.len())
}
