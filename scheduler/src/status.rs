//! What an operator asks the scheduler's tables.
use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use runtime::status::Part;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::timers::kind::KINDS;
use crate::timers::rabbitmq::RabbitTransport;

/// The timers that have not ended, and how the way is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimerStats {
    pub armed: i64,
    pub armed_by_kind: BTreeMap<String, i64>,
    /// Of these, not with the broker.
    pub unpublished: i64,
    /// Of these, past their time.
    pub overdue: i64,
    pub due_within_a_minute: i64,
    pub due_within_an_hour: i64,
    pub next_due_at: Option<Timestamp>,
    /// 0 when none is overdue.
    pub oldest_overdue_seconds: f64,
    /// What the sweep had to end, of the last 24 hours.
    pub swept: i64,
    /// Canaries that did not come, of the last 24 hours.
    pub canaries_lost: i64,
    /// How late the last canary came; `None` if none of the last 24 hours did.
    pub canary_late_seconds: Option<f64>,
}

/// What is past its time and not ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overdue {
    pub count: i64,
    pub oldest_seconds: f64,
}

/// The messages that are not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutboxStats {
    pub pending: i64,
    /// Refused for good; somebody has to look.
    pub dead: i64,
    pub oldest_pending_at: Option<Timestamp>,
}

/// Everything about timers. Counts all that wait: for people, not for loops.
pub async fn timers(db: &PgPool) -> Result<TimerStats, sqlx::Error> {
    let row = sqlx::query_file!("src/timers/stats.sql").fetch_one(db).await?;
    let overdue = overdue(db, &KINDS).await?;
    let armed_by_kind = armed(db).await?;
    Ok(TimerStats {
        armed: armed_by_kind.values().sum(),
        armed_by_kind,
        unpublished: row.unpublished,
        overdue: overdue.count,
        due_within_a_minute: row.due_within_a_minute,
        due_within_an_hour: row.due_within_an_hour,
        next_due_at: row.next_due_at.map(jiff_sqlx::Timestamp::to_jiff),
        oldest_overdue_seconds: overdue.oldest_seconds,
        swept: row.swept,
        canaries_lost: row.canaries_lost,
        canary_late_seconds: row.canary_late_seconds,
    })
}

/// Of these kinds. Answered by the index of what is armed, however much waits for later.
pub async fn overdue(db: &PgPool, kinds: &[&str]) -> Result<Overdue, sqlx::Error> {
    let row = sqlx::query_file!("src/timers/overdue.sql", kinds as &[&str]).fetch_one(db).await?;
    Ok(Overdue { count: row.overdue, oldest_seconds: row.oldest_overdue_seconds })
}

/// How many timers wait, by kind.
pub async fn armed(db: &PgPool) -> Result<BTreeMap<String, i64>, sqlx::Error> {
    let rows = sqlx::query_file!("src/timers/armed.sql").fetch_all(db).await?;
    Ok(rows.into_iter().map(|it| (it.kind, it.armed)).collect())
}

pub async fn outbox(db: &PgPool) -> Result<OutboxStats, sqlx::Error> {
    let row = sqlx::query_file!("src/notices/stats.sql").fetch_one(db).await?;
    Ok(OutboxStats {
        pending: row.pending,
        dead: row.dead,
        oldest_pending_at: row.oldest_pending_at.map(jiff_sqlx::Timestamp::to_jiff),
    })
}

/// Timers and the outbox, for whoever asks the process.
pub(crate) struct Waiting {
    pub db: PgPool,
}

#[async_trait]
impl Part for Waiting {
    fn name(&self) -> &'static str {
        "waiting"
    }

    async fn tell(&self) -> Result<Value, String> {
        let away = |_| "the read database does not answer";
        let timers = timers(&self.db).await.map_err(away)?;
        let outbox = outbox(&self.db).await.map_err(away)?;
        Ok(json!({ "timers": timers, "outbox": outbox }))
    }
}

/// Whether the broker takes and brings messages.
pub(crate) struct Broker {
    pub transport: Arc<RabbitTransport>,
}

#[async_trait]
impl Part for Broker {
    fn name(&self) -> &'static str {
        "broker"
    }

    async fn tell(&self) -> Result<Value, String> {
        Ok(
            json!({ "publishes": self.transport.publishes(), "consumes": self.transport.consumes() }),
        )
    }
}
