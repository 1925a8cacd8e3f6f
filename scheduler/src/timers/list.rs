//! Rows as operators see them.
use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

/// A row of table `timers`, of whatever kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    pub id: Uuid,
    pub kind: String,
    pub stream: String,
    pub booking: Option<String>,
    pub generation: i32,
    pub state: String,
    pub armed_at: Timestamp,
    pub due_at: Timestamp,
    pub published_at: Option<Timestamp>,
    /// A relay or a sweep is at it until then.
    pub claimed_until: Option<Timestamp>,
    pub attempts: i32,
    pub closed_at: Option<Timestamp>,
    pub closed_by: Option<String>,
}

/// What is asked for; what is not said is not asked.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub state: Option<String>,
    pub booking: Option<String>,
    pub due_before: Option<Timestamp>,
    pub id: Option<Uuid>,
    pub limit: i64,
}

pub async fn list(db: &PgPool, wanted: &Wanted) -> Result<Vec<Listed>, sqlx::Error> {
    let rows = sqlx::query_file!(
        "src/timers/list.sql",
        wanted.state,
        wanted.booking,
        wanted.due_before.map(Timestamp::to_sqlx) as Option<SqlTimestamp>,
        wanted.id,
        wanted.limit,
    )
    .fetch_all(db)
    .await?;
    let listed = rows.into_iter().map(|it| Listed {
        id: it.timer_id,
        kind: it.kind,
        stream: it.stream,
        booking: it.booking,
        generation: it.generation,
        state: it.state,
        armed_at: it.armed_at.to_jiff(),
        due_at: it.due_at.to_jiff(),
        published_at: it.published_at.map(SqlTimestamp::to_jiff),
        claimed_until: it.claimed_until.map(SqlTimestamp::to_jiff),
        attempts: it.attempts,
        closed_at: it.closed_at.map(SqlTimestamp::to_jiff),
        closed_by: it.closed_by,
    });
    Ok(listed.collect())
}
