use std::hash::{DefaultHasher, Hash, Hasher};

use runtime::Problem;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::Row;
use crate::snapshot::away;

/// Somebody who plays along in a booking.
#[derive(Hash, Serialize, utoipa::ToSchema)]
pub struct Participant {
    pub id: Uuid,
    /// As it is known here by now: nobody waits for a name.
    pub username: Option<String>,
}

/// Who plays along in the booking of this reference, wherever it has moved.
pub async fn of(db: &mut PgConnection, reference: &str) -> Result<Vec<Participant>, Problem> {
    sqlx::query_file_as!(Participant, "src/bookings/participants.sql", reference)
        .fetch_all(db)
        .await
        .map_err(away)
}

/// The tag of a booking together with its list, of which its revision knows nothing.
pub fn tag(row: &Row, participants: &[Participant]) -> String {
    if participants.is_empty() {
        return format!("\"{}\"", row.revision);
    }
    let mut hasher = DefaultHasher::new();
    participants.hash(&mut hasher);
    format!("\"{}-{:016x}\"", row.revision, hasher.finish())
}
