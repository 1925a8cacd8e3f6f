//! Sessions: where somebody is logged in, and since when.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::ids::UserId;
use domain::sessions::SessionEvent;
use domain::users::UserEvent;
use event_store::{Position, Recorded};
use jiff::Timestamp;
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::projection::{Projection, all_met, id, read};
use crate::users::USERS;

/// Serves the list of one's own sessions.
pub struct Sessions;

const SESSIONS: &str = "session-";

/// What a batch did to one session; `None` where it changed nothing.
#[derive(Default, Serialize)]
struct Change {
    id: Uuid,
    user_id: Option<UserId>,
    started_at: Option<Timestamp>,
    refreshed_at: Option<Timestamp>,
    refresh_until: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    position: Option<Position>,
}

/// Something that ended every session its user had begun.
#[derive(Serialize)]
struct EndOfAll {
    user_id: Uuid,
    at: Timestamp,
    position: Position,
}

#[async_trait]
impl Projection for Sessions {
    fn name(&self) -> &'static str {
        "sessions"
    }

    /// What ends all of a person's sessions is on the account's stream, and ends those that are there by then.
    fn key<'a>(&self, _: &'a Recorded) -> Option<&'a str> {
        None
    }

    fn create(&self) -> &'static str {
        include_str!("sessions/create.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("sessions/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let changes = fold(events)?;
        if !changes.is_empty() {
            let merged = sqlx::query_file!("src/sessions/merge.sql", Json(&changes) as _)
                .execute(&mut *db)
                .await?;
            all_met("sessions", events, changes.len(), merged.rows_affected())?;
        }
        let ends = fold_ends(events)?;
        if !ends.is_empty() {
            sqlx::query_file!("src/sessions/end_all.sql", Json(&ends) as _).execute(db).await?;
        }
        Ok(())
    }
}

fn fold(events: &[Recorded]) -> Result<Vec<Change>, FollowError> {
    let mut changes: BTreeMap<Uuid, Change> = BTreeMap::new();
    for event in events.iter().filter(|it| it.stream.starts_with(SESSIONS)) {
        let id = id(event, SESSIONS)?;
        let change = changes.entry(id).or_default();
        change.id = id;
        match read(event)? {
            SessionEvent::Started { user, refresh_until, ends_at, .. } => {
                change.user_id = Some(user);
                change.started_at = Some(event.meta.at);
                change.refresh_until = Some(refresh_until);
                change.ends_at = Some(ends_at);
                change.position = Some(event.position);
            }
            SessionEvent::Refreshed { refresh_until, at, .. } => {
                change.refreshed_at = Some(at);
                change.refresh_until = Some(refresh_until);
            }
            // Always followed by a revocation, which is what ends the session.
            SessionEvent::ReuseDetected { .. } => {}
            SessionEvent::Revoked { .. } => {
                let at = event.meta.at;
                change.revoked_at = Some(change.revoked_at.map_or(at, |it| it.min(at)));
            }
        }
    }
    Ok(changes.into_values().collect())
}

/// A changed password or role, a disabled account, a revocation and an erasure raise the account's epoch: no token of an
/// earlier one counts any more.
fn fold_ends(events: &[Recorded]) -> Result<Vec<EndOfAll>, FollowError> {
    let mut ends = vec![];
    for event in events.iter().filter(|it| it.stream.starts_with(USERS)) {
        match read(event)? {
            UserEvent::PasswordSet { .. }
            | UserEvent::RoleChanged { .. }
            | UserEvent::Disabled { .. }
            | UserEvent::SessionsRevoked { .. }
            | UserEvent::FactorConfirmed { .. }
            | UserEvent::FactorRemoved { .. }
            | UserEvent::ErasureRequested { .. } => ends.push(EndOfAll {
                user_id: id(event, USERS)?,
                at: event.meta.at,
                position: event.position,
            }),
            UserEvent::Registered { .. }
            | UserEvent::ClaimAbandoned { .. }
            | UserEvent::EmailVerified {}
            | UserEvent::PasswordRehashed { .. }
            | UserEvent::FactorOffered { .. }
            | UserEvent::RecoveryCodesRenewed { .. }
            | UserEvent::EmailChangeRequested { .. }
            | UserEvent::EmailChanged { .. }
            | UserEvent::UsernameChanged { .. }
            | UserEvent::Renamed { .. }
            | UserEvent::PhoneSet { .. }
            | UserEvent::PreferencesSet { .. }
            | UserEvent::Enabled { .. }
            | UserEvent::Erased {} => {}
        }
    }
    Ok(ends)
}
