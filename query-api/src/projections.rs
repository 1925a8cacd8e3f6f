//! `/v1/projections`: what operators want to know of the read models.
pub mod parked;
pub mod plan;

use access::{Caller, Permission};
use axum::extract::State;
use axum::response::Response;
use event_store::{Position, ReadError};
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::ParsedPair;
use runtime::problem::{NOT_FOUND, UNAVAILABLE};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use crate::App;
use crate::pages::Page;
use crate::snapshot::{MinPosition, away};

/// A projection and how far it has come.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Projection {
    pub name: String,
    /// The build that queries read.
    pub version: i32,
    #[schema(value_type = u64)]
    pub position: Position,
    #[schema(value_type = u64)]
    pub head: Position,
    #[schema(value_type = u64)]
    pub lag_events: Position,
    /// How long the oldest event it has not seen has been there.
    pub lag_seconds: f64,
    /// `live`; `paused` by an operator; `parked` while events lie aside that could not be applied; `waiting` while none can be applied; `rebuilding` while another build is made beside
    /// it; `another-log` when its place is in another log, or beyond the end of this one, because somebody exchanged or
    /// restored the log.
    pub state: String,
    /// Why it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Events that could not be applied, and those that wait behind them.
    pub parked: i64,
    pub behind: i64,
    /// What to do; none where nothing has to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebuild: Option<Rebuild>,
}

/// A build on its way.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Rebuild {
    pub id: uuid::Uuid,
    pub version: Option<i32>,
    /// `requested`, `building`, `switching`, `differs` until an operator accepts or aborts it, `switched`, `aborted`,
    /// `failed`.
    pub state: String,
    pub done: i64,
    pub total: i64,
    pub events_per_second: f64,
    pub eta_seconds: Option<f64>,
    /// Why it waits, was aborted or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Where it was compared with the live build: the tables that are not the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<Vec<Difference>>,
}

/// A table that is not the same in a new build and in the live one. With which values is not told: some are personal data.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Difference {
    pub table: String,
    pub live_rows: i64,
    pub new_rows: i64,
    /// Columns that only one of the two has.
    pub columns: Vec<String>,
    /// The first rows that differ in what both have.
    pub rows: Vec<DifferingRow>,
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DifferingRow {
    #[schema(value_type = Object)]
    pub key: serde_json::Value,
    /// `live`, `new` or `both`: which builds have it.
    pub is_in: String,
    /// Where both have it: what is different in it.
    pub columns: Vec<String>,
}

/// What to do where the log was exchanged or restored: `docs/log.md`.
const RESET: &str = "Run `courtside projections reset`, and start again what was running.";

const MEND: &str =
    "Mend what last_error says, or run a build that knows the event; it goes on by itself.";

const RESUME: &str = "`courtside projections resume`, when the reason to pause it is gone.";

const JUDGE: &str =
    "See the rebuild's differences: accept them, and its build is switched to, or abort it.";

const LOOK: &str = "See `courtside projections parked list`: each is retried when what was wrong is mended, or skipped.";

/// Lists projections with their positions, lag and rebuilds.
#[utoipa::path(get, path = "/v1/projections", operation_id = "list_projections", tag = "projections",
    security(("bearer" = [])),
    responses((status = 200, body = Page<Projection>), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
) -> Result<Response, Problem> {
    caller.may(Permission::Operate)?;
    let now = app.clock.now();
    let mut snapshot = app.snapshot(&wanted, &[]).await?;
    let rows = sqlx::query_file!("src/projections/list.sql")
        .fetch_all(&mut *snapshot.tx)
        .await
        .map_err(away)?;
    // After the rows: none of them is then beyond the end that it has read itself.
    let head = app.store.head().await.map_err(log_away)?;
    let mut items = Vec::with_capacity(rows.len());
    for it in rows {
        let position = Position::try_from(it.position).unwrap_or_default();
        let rebuild = it.rebuild.map(|id| Rebuild {
            id,
            version: it.rebuild_build,
            state: it.rebuild_state.unwrap_or_default(),
            done: it.done.unwrap_or_default(),
            total: it.total.unwrap_or_default(),
            events_per_second: it.events_per_second.unwrap_or_default(),
            eta_seconds: eta(it.done, it.total, it.events_per_second),
            error: it.rebuild_error,
            differences: it.differences.map(|it| it.0),
        });
        let is_astray = it.log_id.is_some_and(|log| log != app.log.0) || head < position;
        let (state, next_step) = Standing {
            is_astray,
            is_paused: it.is_paused,
            is_rebuilding: rebuild.is_some(),
            differs: rebuild.as_ref().is_some_and(|it| it.state == "differs"),
            waits: it.last_error.is_some(),
            has_parked: 0 < it.parked,
        }
        .told();
        items.push(Projection {
            name: it.projection,
            version: it.build,
            position,
            head,
            lag_events: head.saturating_sub(position),
            lag_seconds: if !is_astray && position < head {
                lag_seconds(&app, position, now).await?
            } else {
                0.0
            },
            state: state.to_owned(),
            last_error: it.last_error,
            parked: it.parked,
            behind: it.behind,
            next_step: next_step.map(ToOwned::to_owned),
            rebuild,
        });
    }
    Ok(snapshot.seen.on(Page { items, next: None }))
}

/// What is known of a projection, from the gravest on.
#[expect(clippy::struct_excessive_bools, reason = "each stands for itself")]
struct Standing {
    is_astray: bool,
    is_paused: bool,
    is_rebuilding: bool,
    /// A new build stands beside the live one, and is not the same.
    differs: bool,
    waits: bool,
    has_parked: bool,
}

impl Standing {
    /// Its state and what has to be done about it; as `courtside projections list` says it.
    fn told(&self) -> (&'static str, Option<&'static str>) {
        match self {
            // Whatever else is under way there: it is of another log.
            Self { is_astray: true, .. } => ("another-log", Some(RESET)),
            Self { is_paused: true, .. } => ("paused", Some(RESUME)),
            Self { differs: true, .. } => ("rebuilding", Some(JUDGE)),
            Self { is_rebuilding: true, .. } => ("rebuilding", None),
            Self { waits: true, .. } => ("waiting", Some(MEND)),
            Self { has_parked: true, .. } => ("parked", Some(LOOK)),
            _ => ("live", None),
        }
    }
}

/// Shows a rebuild: how far it is, or how it ended.
#[utoipa::path(get, path = "/v1/projections/{name}/rebuilds/{id}", operation_id = "get_rebuild", tag = "projections",
    security(("bearer" = [])), params(("name" = String, Path), ("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Rebuild), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn rebuild(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    ParsedPair(name, id): ParsedPair<String, uuid::Uuid>,
) -> Result<Response, Problem> {
    caller.may(Permission::Operate)?;
    let mut snapshot = app.snapshot(&wanted, &[]).await?;
    let row = sqlx::query_file!("src/projections/rebuild.sql", name, id)
        .fetch_optional(&mut *snapshot.tx)
        .await
        .map_err(away)?
        .ok_or_else(|| Problem::new(NOT_FOUND, format!("{name} has no rebuild {id}")))?;
    let rebuild = Rebuild {
        id: row.id,
        version: row.build,
        state: row.state,
        done: row.done,
        total: row.total,
        events_per_second: row.events_per_second.unwrap_or_default(),
        eta_seconds: eta(Some(row.done), Some(row.total), row.events_per_second),
        error: row.error,
        differences: row.differences.map(|it| it.0),
    };
    Ok(snapshot.seen.on(axum::Json(rebuild)))
}

/// The age of the first event after `position`.
async fn lag_seconds(app: &App, position: Position, now: Timestamp) -> Result<f64, Problem> {
    let next = app.store.read_all(position, 1).await.map_err(log_away)?;
    Ok(next.first().map_or(0.0, |it| now.duration_since(it.meta.at).as_secs_f64().max(0.0)))
}

/// A log that does not answer is ours to mend, too.
pub fn log_away(error: ReadError) -> Problem {
    tracing::warn!(error = &error as &dyn std::error::Error, "the event store cannot be read");
    Problem::new(UNAVAILABLE, "the event store cannot be read just now").retry_after(1)
}

#[expect(clippy::cast_precision_loss, reason = "an estimate of seconds")]
fn eta(done: Option<i64>, total: Option<i64>, rate: Option<f64>) -> Option<f64> {
    let left = total?.saturating_sub(done?).max(0) as f64;
    rate.filter(|it| 0.0 < *it).map(|it| (left / it).ceil())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_that_is_known_is_the_state() {
        let nothing = Standing {
            is_astray: false,
            is_paused: false,
            is_rebuilding: false,
            differs: false,
            waits: false,
            has_parked: false,
        };
        assert_eq!(nothing.told(), ("live", None));
        let parked = Standing { has_parked: true, ..nothing };
        assert_eq!(parked.told(), ("parked", Some(LOOK)));
        let waiting = Standing { waits: true, ..parked };
        assert_eq!(waiting.told(), ("waiting", Some(MEND)));
        let rebuilding = Standing { is_rebuilding: true, ..waiting };
        assert_eq!(rebuilding.told(), ("rebuilding", None));
        let differing = Standing { differs: true, ..rebuilding };
        assert_eq!(differing.told(), ("rebuilding", Some(JUDGE)));
        let paused = Standing { is_paused: true, ..differing };
        assert_eq!(paused.told(), ("paused", Some(RESUME)));
        let (state, next) = Standing { is_astray: true, ..paused }.told();
        assert_eq!(state, "another-log");
        assert!(next.is_some_and(|it| it.contains("courtside projections reset")));
    }
}
