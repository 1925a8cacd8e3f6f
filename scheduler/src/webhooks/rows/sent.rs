//! What the worker reads and writes.
use domain::deliveries::Told;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::PgPool;
use uuid::Uuid;

/// How long a worker has before another may think it died. Longer than a slow receiver and a slow store together.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// A webhook that something is due for.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub webhook: Uuid,
    pub url: String,
    pub generation: i32,
    pub rotated_at: Option<SqlTimestamp>,
}

/// Something to tell it, claimed.
#[derive(Debug)]
pub struct Pending {
    pub delivery: Uuid,
    pub webhook: Uuid,
    pub event: Uuid,
    pub body: String,
    pub happened_at: SqlTimestamp,
    pub caused_at: SqlTimestamp,
    /// The receiver has it, and only the record is missing.
    pub accepted_at: Option<SqlTimestamp>,
    /// Before this one.
    pub attempts: i32,
    pub last_status: Option<i32>,
}

impl Pending {
    pub fn told(&self) -> Told {
        Told { webhook: self.webhook, event: self.event, at: self.happened_at.to_jiff() }
    }
}

pub async fn due(db: &PgPool, now: Timestamp) -> Result<Vec<Endpoint>, sqlx::Error> {
    let now = now.to_sqlx() as SqlTimestamp;
    sqlx::query_file_as!(Endpoint, "src/webhooks/due.sql", now as SqlTimestamp).fetch_all(db).await
}

pub async fn claim(
    db: &PgPool,
    webhook: Uuid,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Pending>, sqlx::Error> {
    sqlx::query_file_as!(
        Pending,
        "src/webhooks/claim.sql",
        webhook,
        now.to_sqlx() as SqlTimestamp,
        (now + LEASE).to_sqlx() as SqlTimestamp,
        limit,
    )
    .fetch_all(db)
    .await
}

pub async fn mark_accepted(
    db: &PgPool,
    delivery: Uuid,
    status: u16,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let at = at.to_sqlx() as SqlTimestamp;
    let status = i32::from(status);
    sqlx::query_file!("src/webhooks/mark_accepted.sql", delivery, status, at as SqlTimestamp)
        .execute(db)
        .await?;
    Ok(())
}

/// What became of it for good.
pub async fn settle(
    db: &PgPool,
    it: &Pending,
    state: &str,
    attempt: &Attempt,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "src/webhooks/settle.sql",
        it.delivery,
        state,
        attempt.attempts,
        attempt.status,
        attempt.why,
        at.to_sqlx() as SqlTimestamp,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How often it was tried by now, and what came of the last time.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub attempts: i32,
    pub status: Option<i32>,
    pub why: Option<String>,
}

pub async fn postpone(
    db: &PgPool,
    it: &Pending,
    attempt: &Attempt,
    until: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "src/webhooks/postpone.sql",
        it.delivery,
        attempt.attempts,
        attempt.status,
        attempt.why,
        until.to_sqlx() as SqlTimestamp,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a webhook has taken anything after `since`.
pub async fn taken_since(
    db: &PgPool,
    webhook: Uuid,
    since: SqlTimestamp,
) -> Result<bool, sqlx::Error> {
    sqlx::query_file_scalar!("src/webhooks/taken_since.sql", webhook, since as SqlTimestamp)
        .fetch_one(db)
        .await
}

/// Since when what has waited longest has waited.
pub async fn oldest(db: &PgPool) -> Result<Option<Timestamp>, sqlx::Error> {
    let oldest = sqlx::query_file_scalar!("src/webhooks/oldest.sql").fetch_one(db).await?;
    Ok(oldest.map(SqlTimestamp::to_jiff))
}
