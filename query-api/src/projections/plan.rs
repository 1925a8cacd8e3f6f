//! What a rebuild would do, told before it does: `/v1/projections/{name}/plan`, and the dry run at the command line.
use access::{Caller, Permission};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use event_store::Position;
use runtime::Problem;
use runtime::http::Parsed;
use runtime::problem::NOT_FOUND;
use serde::Serialize;
use sqlx::PgConnection;

use super::log_away;
use crate::App;
use crate::snapshot::{MinPosition, away};

/// A rebuild that nobody has asked for yet.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Plan {
    pub projection: String,
    /// The build that queries read, and go on reading meanwhile.
    pub live_build: i32,
    /// The end of the log: how many events there are to read, where positions count.
    #[schema(value_type = u64)]
    pub events: Position,
    /// What the live build takes, and the new one will beside it: on disk, with its indexes.
    pub bytes: i64,
    /// About as many rows; none where the database has not looked at all of its tables yet.
    pub rows: Option<i64>,
    /// How fast the last rebuild was, if there was one.
    pub events_per_second: Option<f64>,
    pub estimated_seconds: Option<f64>,
}

/// Says what a rebuild would read and make, and does nothing.
#[utoipa::path(get, path = "/v1/projections/{name}/plan", operation_id = "plan_rebuild", tag = "projections",
    security(("bearer" = [])), params(("name" = String, Path)),
    responses((status = 200, body = Plan), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn show(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    Parsed(name): Parsed<String>,
) -> Result<Response, Problem> {
    caller.may(Permission::Operate)?;
    let mut snapshot = app.snapshot(&wanted, &[]).await?;
    let head = app.store.head().await.map_err(log_away)?;
    let plan = plan(&mut snapshot.tx, head, &name)
        .await
        .map_err(away)?
        .ok_or_else(|| Problem::new(NOT_FOUND, format!("{name} has no build yet")))?;
    Ok(snapshot.seen.on(Json(plan)))
}

/// Plans a rebuild of `projection` from a log that ends at `events`; `None` before it has a build at all.
pub async fn plan(
    db: &mut PgConnection,
    events: Position,
    projection: &str,
) -> Result<Option<Plan>, sqlx::Error> {
    let row = sqlx::query_file!("src/projections/plan.sql", projection).fetch_optional(db).await?;
    Ok(row.map(|it| {
        let events_per_second = it.events_per_second.filter(|it| 0.0 < *it);
        Plan {
            projection: projection.to_owned(),
            live_build: it.build,
            events,
            bytes: it.bytes,
            rows: it.rows,
            events_per_second,
            estimated_seconds: events_per_second.map(|rate| seconds(events, rate)),
        }
    }))
}

#[expect(clippy::cast_precision_loss, reason = "an estimate of seconds")]
fn seconds(events: Position, rate: f64) -> f64 {
    (events as f64 / rate).ceil()
}
