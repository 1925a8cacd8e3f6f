//! The one look that a decision takes at the read models: which courts are worth a try. It is advice, and may be old or
//! wrong; whatever it says, a court-day decides.
use domain::ids::CourtCode;
use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use runtime::problem::UNAVAILABLE;
use runtime::{Problem, Settings, StartError, postgres};
use sqlx::PgPool;

use super::any::AnyCourt;

/// A look is short, and only those who do not care which court they get take it.
const CONNECTIONS: u32 = 4;

/// What a court has to be, and when.
pub struct Fitting<'a> {
    pub any: &'a AnyCourt,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

/// Connects when first used: nothing else here needs the read models, and all else goes on without them.
pub fn pool(settings: &Settings) -> Result<PgPool, StartError> {
    postgres::pool(&settings.read_database_url, CONNECTIONS)
        .map_err(|error| StartError::new("READ_DATABASE_URL is not a Postgres URL", error))
}

pub async fn free(
    read: &PgPool,
    it: &Fitting<'_>,
    now: Timestamp,
) -> Result<Vec<CourtCode>, Problem> {
    let codes = sqlx::query_file_scalar!(
        "src/bookings/candidates.sql",
        it.any.venue.to_string(),
        it.any.kind,
        it.any.surface,
        it.any.indoor,
        it.starts_at.to_sqlx() as SqlTimestamp,
        it.ends_at.to_sqlx() as SqlTimestamp,
        now.to_sqlx() as SqlTimestamp,
    )
    .fetch_all(read)
    .await
    .map_err(|error| models_away(&error, "which courts are free"))?;
    Ok(codes.iter().filter_map(|it| it.parse().ok()).collect())
}

/// Says what cannot be looked up.
pub fn models_away(error: &sqlx::Error, what: &str) -> Problem {
    tracing::warn!(error = error as &dyn std::error::Error, "the read models are away");
    let detail = format!("{what} cannot be looked up just now; nothing happened");
    Problem::new(UNAVAILABLE, detail).retry_after(1)
}
