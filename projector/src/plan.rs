//! What a rebuild would do, told before it does.
use event_store::{Position, Store};
use serde::Serialize;
use sqlx::PgPool;

use crate::status::StatusError;

/// A rebuild that nobody has asked for yet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    pub projection: String,
    /// The build that queries read, and go on reading meanwhile; none before a projector has made one.
    pub live_build: Option<i32>,
    /// The end of the log: how many events there are to read, where positions count.
    pub events: Position,
    /// What the live build takes, and the new one will beside it: on disk, with its indexes.
    pub bytes: i64,
    /// About as many rows.
    pub rows: i64,
    /// How fast the last rebuild was, if there was one.
    pub events_per_second: Option<f64>,
    pub estimated_seconds: Option<f64>,
}

/// Plans a rebuild of `projection`, and does nothing.
pub async fn plan(db: &PgPool, store: &Store, projection: &str) -> Result<Plan, StatusError> {
    let row = sqlx::query_file!("src/plan/plan.sql", projection).fetch_optional(db).await?;
    let events = store.head().await?;
    let rate = row.as_ref().and_then(|it| it.events_per_second).filter(|it| 0.0 < *it);
    Ok(Plan {
        projection: projection.to_owned(),
        live_build: row.as_ref().map(|it| it.build),
        events,
        bytes: row.as_ref().map_or(0, |it| it.bytes),
        rows: row.as_ref().map_or(0, |it| it.rows),
        events_per_second: rate,
        estimated_seconds: rate.map(|rate| seconds(events, rate)),
    })
}

#[expect(clippy::cast_precision_loss, reason = "an estimate of seconds")]
fn seconds(events: Position, rate: f64) -> f64 {
    (events as f64 / rate).ceil()
}
