//! Which links of calendar programs count, and whose they are.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::calendars::{CALENDARS, CalendarEvent};
use event_store::Recorded;
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::projection::{Projection, id, read};
use crate::users::{ERASURE_REQUESTED, USERS};

/// Serves the calendars that people's programs read. An erasure ends the link in the same moment as the account.
pub struct Calendars;

/// What a batch left of somebody's link.
#[derive(Serialize)]
struct Change {
    id: Uuid,
    digest: Option<String>,
}

#[async_trait]
impl Projection for Calendars {
    fn name(&self) -> &'static str {
        "calendars"
    }

    /// The person: their link and their account are two streams.
    fn key<'a>(&self, event: &'a Recorded) -> Option<&'a str> {
        let stream = event.stream.as_str();
        let person = stream.strip_prefix(CALENDARS).or_else(|| stream.strip_prefix(USERS));
        Some(person.unwrap_or(stream))
    }

    fn create(&self) -> &'static str {
        include_str!("calendars/create.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("calendars/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let changes = fold(events)?;
        if !changes.is_empty() {
            sqlx::query_file!("src/calendars/merge.sql", Json(&changes) as _).execute(db).await?;
        }
        Ok(())
    }
}

fn fold(events: &[Recorded]) -> Result<Vec<Change>, FollowError> {
    let mut changes: BTreeMap<Uuid, Option<String>> = BTreeMap::new();
    for event in events {
        if event.stream.starts_with(CALENDARS) {
            let digest = match read(event)? {
                CalendarEvent::Linked { digest } => Some(digest),
                CalendarEvent::Unlinked {} => None,
            };
            changes.insert(id(event, CALENDARS)?, digest);
        } else if event.stream.starts_with(USERS) && event.kind.starts_with(ERASURE_REQUESTED) {
            changes.insert(id(event, USERS)?, None);
        }
    }
    Ok(changes.into_iter().map(|(id, digest)| Change { id, digest }).collect())
}
