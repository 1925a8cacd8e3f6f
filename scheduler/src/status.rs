//! What an operator asks the scheduler's tables.
use jiff::Timestamp;
use sqlx::PgPool;

/// The timers that have not ended.
#[derive(Clone, Debug, PartialEq)]
pub struct TimerStats {
    pub armed: i64,
    /// Of these, not yet with the broker.
    pub unpublished: i64,
    /// Of these, past their time.
    pub overdue: i64,
    pub next_due_at: Option<Timestamp>,
    /// 0 when none is overdue.
    pub oldest_overdue_seconds: f64,
}

/// The messages that are not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxStats {
    pub pending: i64,
    /// Refused for good; somebody has to look.
    pub dead: i64,
    pub oldest_pending_at: Option<Timestamp>,
}

pub async fn timers(db: &PgPool) -> Result<TimerStats, sqlx::Error> {
    let row = sqlx::query_file!("src/timers/stats.sql").fetch_one(db).await?;
    Ok(TimerStats {
        armed: row.armed,
        unpublished: row.unpublished,
        overdue: row.overdue,
        next_due_at: row.next_due_at.map(jiff_sqlx::Timestamp::to_jiff),
        oldest_overdue_seconds: row.oldest_overdue_seconds.unwrap_or(0.0),
    })
}

pub async fn outbox(db: &PgPool) -> Result<OutboxStats, sqlx::Error> {
    let row = sqlx::query_file!("src/notices/stats.sql").fetch_one(db).await?;
    Ok(OutboxStats {
        pending: row.pending,
        dead: row.dead,
        oldest_pending_at: row.oldest_pending_at.map(jiff_sqlx::Timestamp::to_jiff),
    })
}
