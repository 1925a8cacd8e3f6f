//! Who plays along in which booking.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::ids::{BookingId, UserId};
use domain::participants::{PARTICIPANTS, ParticipantsEvent};
use event_store::{Position, Recorded};
use jiff::Timestamp;
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::projection::{Projection, id, read};
use crate::users::{ERASURE_REQUESTED, USERS};

/// Serves the bookings that one plays along in, and to their bookers who does.
///
/// Whoever is erased is on no list in the same moment, those that they are told of later included: who that is stands in a
/// table of its own, so that the rows of a booking and those of a person are changed by nobody else.
pub struct Participants;

/// What a batch left of somebody on a booking's list; without a time they are not on it.
#[derive(Serialize)]
struct Change {
    reference: BookingId,
    user_id: UserId,
    joined_at: Option<Timestamp>,
    position: Position,
}

#[async_trait]
impl Projection for Participants {
    fn name(&self) -> &'static str {
        "participants"
    }

    fn create(&self) -> &'static str {
        include_str!("participants/create.sql")
    }

    fn indexes(&self) -> &'static str {
        include_str!("participants/indexes.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("participants/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let (changes, erased) = fold(events)?;
        if !changes.is_empty() {
            let merge = sqlx::query_file!("src/participants/merge.sql", Json(&changes) as _);
            merge.execute(&mut *db).await?;
        }
        if !erased.is_empty() {
            sqlx::query_file!("src/participants/erase.sql", &erased).execute(db).await?;
        }
        Ok(())
    }
}

/// What became of the lists, and who was erased.
fn fold(events: &[Recorded]) -> Result<(Vec<Change>, Vec<Uuid>), FollowError> {
    let (mut changes, mut erased) = (BTreeMap::new(), Vec::new());
    for event in events {
        if event.stream.starts_with(PARTICIPANTS) {
            let (user_id, joined_at) = match read(event)? {
                ParticipantsEvent::Invited { .. } => continue,
                ParticipantsEvent::Joined { user } => (user, Some(event.meta.at)),
                ParticipantsEvent::Left { user, .. } => (user, None),
            };
            let reference: BookingId = id(event, PARTICIPANTS)?;
            let position = event.position;
            let key = (reference.clone(), user_id);
            changes.insert(key, Change { reference, user_id, joined_at, position });
        } else if event.stream.starts_with(USERS) && event.kind.starts_with(ERASURE_REQUESTED) {
            erased.push(id(event, USERS)?);
        }
    }
    Ok((changes.into_values().collect(), erased))
}
