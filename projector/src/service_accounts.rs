//! The accounts of programs, with the keys that were issued and not revoked.
use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use domain::ids::{ServiceKeyId, VenueId};
use domain::service_accounts::{Description, SERVICE_ACCOUNTS, Scope, ServiceAccountEvent};
use event_store::Recorded;
use jiff::Timestamp;
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::projection::{Projection, all_met, id, read, then};

/// Serves administrators the list of service accounts. Of a key it knows the id and the times, nothing of the secret.
pub struct ServiceAccounts;

/// What a batch did to one service account; `None` where it changed nothing.
#[derive(Serialize)]
struct Change {
    id: Uuid,
    #[serde(flatten)]
    description: Option<Described>,
    /// Where it was made in this batch.
    created_at: Option<Timestamp>,
    /// Of the newest event: the account's tag.
    revision: u64,
    removed: bool,
}

#[derive(Serialize)]
struct Described {
    name: String,
    scopes: BTreeSet<Scope>,
    venues: Option<BTreeSet<VenueId>>,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "as the tables call it")]
struct Issued {
    id: ServiceKeyId,
    account: Uuid,
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
}

/// What a batch did to keys.
#[derive(Default)]
struct Keys {
    issued: Vec<Issued>,
    revoked: Vec<Uuid>,
    /// Accounts that were removed, and all keys with them.
    removed: Vec<Uuid>,
}

#[async_trait]
impl Projection for ServiceAccounts {
    fn name(&self) -> &'static str {
        "service_accounts"
    }

    fn create(&self) -> &'static str {
        include_str!("service_accounts/create.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("service_accounts/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let (changes, keys) = fold(events)?;
        if !changes.is_empty() {
            let merge = sqlx::query_file!("src/service_accounts/merge.sql", Json(&changes) as _);
            let merged = merge.execute(&mut *db).await?;
            all_met("service_accounts", events, changes.len(), merged.rows_affected())?;
        }
        let Keys { issued, revoked, removed } = keys;
        if !issued.is_empty() {
            let add = sqlx::query_file!("src/service_accounts/add_keys.sql", Json(&issued) as _);
            add.execute(&mut *db).await?;
        }
        if !revoked.is_empty() || !removed.is_empty() {
            sqlx::query_file!("src/service_accounts/remove_keys.sql", &revoked, &removed)
                .execute(db)
                .await?;
        }
        Ok(())
    }
}

fn fold(events: &[Recorded]) -> Result<(Vec<Change>, Keys), FollowError> {
    let (mut changes, mut keys) = (BTreeMap::<Uuid, Change>::new(), Keys::default());
    for event in events.iter().filter(|it| it.stream.starts_with(SERVICE_ACCOUNTS)) {
        let account: Uuid = id(event, SERVICE_ACCOUNTS)?;
        let mut change = Change::nothing(account, event.revision);
        match read(event)? {
            ServiceAccountEvent::Created(description) => {
                change.description = Some(description.into());
                change.created_at = Some(event.meta.at);
            }
            ServiceAccountEvent::Changed(description) => {
                change.description = Some(description.into());
            }
            ServiceAccountEvent::KeyIssued { key, digest: _, expires_at } => {
                let issued_at = event.meta.at;
                keys.issued.push(Issued { id: key, account, issued_at, expires_at });
            }
            ServiceAccountEvent::KeyRevoked { key } => keys.revoked.push(key.0),
            ServiceAccountEvent::Removed {} => {
                change.removed = true;
                keys.removed.push(account);
            }
        }
        then(&mut changes, account, change, Change::then);
    }
    // What came and went in one batch was never there.
    let left = changes.into_values().filter(|it| !(it.removed && it.created_at.is_some()));
    Ok((left.collect(), keys))
}

impl Change {
    fn nothing(id: Uuid, revision: u64) -> Self {
        Self { id, description: None, created_at: None, revision, removed: false }
    }

    /// What both did, in this order.
    fn then(self, later: Self) -> Self {
        Self {
            id: self.id,
            description: later.description.or(self.description),
            created_at: self.created_at.or(later.created_at),
            revision: later.revision,
            removed: later.removed,
        }
    }
}

impl From<Description> for Described {
    fn from(Description { name, scopes, venues }: Description) -> Self {
        Self { name, scopes, venues }
    }
}
