//! What operators ask: where each projection stands, and how far a rebuild has come.
use event_store::{LogId, Position, Store};
use serde::Serialize;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

pub use crate::rebuilds::verify::{Difference, DifferingRow};

/// A projection that has a live build.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProjectionStatus {
    pub name: String,
    /// The build that queries read.
    pub build: i32,
    pub position: Position,
    /// The end of the log.
    pub head: Position,
    pub lag_events: Position,
    /// `live`; `parked` while events lie aside that could not be applied; `waiting` while none can be applied;
    /// `paused` by an operator; `rebuilding`; `another-log` when its place is in
    /// another log, or beyond the end of this one, because somebody exchanged or restored it: it has to be reset.
    pub state: String,
    /// Why it waits.
    pub last_error: Option<String>,
    /// Events that could not be applied, and those that wait behind them.
    pub parked: i64,
    pub behind: i64,
    /// The rebuild on its way, if there is one.
    pub rebuild: Option<RebuildProgress>,
}

/// How far a rebuild has come.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RebuildProgress {
    pub id: Uuid,
    /// `None` until a projector has begun.
    pub build: Option<i32>,
    /// Events replayed, and how many there are by now.
    pub done: i64,
    pub total: i64,
    pub events_per_second: Option<f64>,
    pub eta_seconds: Option<f64>,
    /// `requested`, `building`, `switching`, `differs` until an operator accepts or aborts it; at the end `switched`,
    /// `aborted` or `failed`.
    pub state: String,
    /// Why it waits, was aborted or failed.
    pub error: Option<String>,
    /// Where it was compared with the live build: the tables that are not the same.
    pub differences: Option<Vec<Difference>>,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    #[error("the read database cannot be read")]
    Database(#[from] sqlx::Error),
    #[error("the event store cannot be read")]
    Store(#[from] event_store::ReadError),
}

/// Where a projection stands that does not belong here.
pub const ANOTHER_LOG: &str = "another-log";

/// Every projection that has a live build, by name.
pub async fn list(
    db: &PgPool,
    store: &Store,
    log: LogId,
) -> Result<Vec<ProjectionStatus>, StatusError> {
    let rows = sqlx::query_file!("src/status/list.sql").fetch_all(db).await?;
    // After the rows: none of them is then beyond the end that it has read itself.
    let head = store.head().await?;
    let status = rows.into_iter().map(|it| {
        let rebuild = it.id.map(|id| RebuildProgress {
            id,
            build: it.rebuild_build,
            done: it.done.unwrap_or_default(),
            total: it.total.unwrap_or_default(),
            events_per_second: it.events_per_second,
            eta_seconds: eta(it.done, it.total, it.events_per_second),
            state: it.state.unwrap_or_default(),
            error: it.rebuild_error,
            differences: it.differences.map(|it| it.0),
        });
        let position = it.position.cast_unsigned();
        let is_astray = it.log_id != log.0 || head < position;
        let state = match (&rebuild, &it.last_error) {
            _ if is_astray => ANOTHER_LOG,
            _ if it.is_paused => "paused",
            (Some(_), _) => "rebuilding",
            (None, Some(_)) => "waiting",
            (None, None) if 0 < it.parked => "parked",
            (None, None) => "live",
        };
        ProjectionStatus {
            name: it.projection,
            build: it.build,
            position,
            head,
            lag_events: head.saturating_sub(position),
            state: state.to_owned(),
            last_error: it.last_error,
            parked: it.parked,
            behind: it.behind,
            rebuild,
        }
    });
    Ok(status.collect())
}

/// One rebuild, also when it is over; `None` until a projector has read the request.
pub async fn rebuild(db: &PgPool, id: Uuid) -> Result<Option<RebuildProgress>, StatusError> {
    let row = sqlx::query_file!("src/status/rebuild.sql", id).fetch_optional(db).await?;
    Ok(row.map(|it| RebuildProgress {
        id,
        build: it.build,
        done: it.done,
        total: it.total,
        events_per_second: it.events_per_second,
        eta_seconds: eta(Some(it.done), Some(it.total), it.events_per_second),
        state: it.state,
        error: it.error,
        differences: it.differences.map(|it| it.0),
    }))
}

#[expect(clippy::cast_precision_loss, reason = "an estimate of seconds")]
fn eta(done: Option<i64>, total: Option<i64>, rate: Option<f64>) -> Option<f64> {
    let left = total?.saturating_sub(done?).max(0) as f64;
    rate.filter(|it| 0.0 < *it).map(|it| (left / it).ceil())
}
