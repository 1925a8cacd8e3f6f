use jiff::Timestamp;
use runtime::Problem;
use serde::Serialize;
use sqlx::PgTransaction;

use crate::snapshot::away;

/// A time at which nobody can play on a court, and why.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CourtBlock)]
pub struct Blocked {
    /// The same on each court-day that it covers.
    pub id: uuid::Uuid,
    pub court: String,
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// `maintenance`, `rain`, `closed`, `retired`, `other`; more may come.
    pub cause: String,
}

/// The blocks of these courts between two times, court by court.
pub async fn blocks(
    tx: &mut PgTransaction<'static>,
    courts: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Blocked>, Problem> {
    let rows = sqlx::query_file!(
        "src/availability/blocks.sql",
        courts,
        jiff_sqlx::Timestamp::from(from) as _,
        jiff_sqlx::Timestamp::from(to) as _
    )
    .fetch_all(&mut **tx)
    .await
    .map_err(away)?;
    let blocked = rows.into_iter().map(|it| Blocked {
        id: it.block,
        court: it.court,
        starts_at: it.starts_at.to_jiff(),
        ends_at: it.ends_at.to_jiff(),
        cause: it.cause,
    });
    Ok(blocked.collect())
}
