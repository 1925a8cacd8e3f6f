//! Rows of table `outbox`.
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::PgPool;
use uuid::Uuid;

use super::Notice;

/// How long a worker has before another may think it died. Longer than a slow mail server and a slow store together.
const LEASE: SignedDuration = SignedDuration::from_secs(120);

/// A message to send, claimed.
#[derive(Debug)]
pub(super) struct Pending {
    pub intent: Uuid,
    pub kind: String,
    /// `Err`: this build does not know the kind.
    pub notice: Result<Notice, serde_json::Error>,
    pub user: Option<Uuid>,
    pub subject_stream: String,
    pub source_event: Uuid,
    pub valid_until: Timestamp,
    /// The provider has it, and only the record is missing.
    pub accepted: bool,
    /// By which way it was taken, and as what; an older build noted neither, and sent mail.
    pub taken: Option<Taken>,
    /// When it was first offered to the provider of SMS.
    pub texted_at: Option<Timestamp>,
    /// Why it goes by mail though SMS was wanted.
    pub mailed_because: Option<String>,
    /// From then on another may claim it. As it stands in the row, where it is the mark of this claim.
    pub claimed_until: Timestamp,
    pub attempts: i32,
    /// Of the event that made it necessary.
    pub trace: Option<String>,
}

/// A message as its provider took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub channel: String,
    pub message_id: String,
}

impl Taken {
    pub fn by_sms(message_id: String) -> Self {
        Self { channel: "sms".to_owned(), message_id }
    }
}

/// What became of it for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Sent,
    Expired,
    Dead,
}

impl End {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Expired => "expired",
            Self::Dead => "dead",
        }
    }
}

pub(super) async fn claim(
    db: &PgPool,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Pending>, sqlx::Error> {
    let rows = sqlx::query_file!(
        "src/notices/claim.sql",
        now.to_sqlx() as SqlTimestamp,
        (now + LEASE).to_sqlx() as SqlTimestamp,
        limit,
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter().map(|row| {
        let tagged = serde_json::json!({ "kind": row.kind, "payload": row.payload });
        Pending {
            intent: row.intent,
            notice: serde_json::from_value(tagged),
            kind: row.kind,
            user: row.user_id,
            subject_stream: row.subject_stream,
            source_event: row.source_event,
            valid_until: row.valid_until.to_jiff(),
            accepted: row.accepted_at.is_some(),
            taken: row
                .channel
                .zip(row.message_id)
                .map(|(channel, message_id)| Taken { channel, message_id }),
            texted_at: row.texted_at.map(SqlTimestamp::to_jiff),
            mailed_because: row.mailed_because,
            claimed_until: row.next_attempt_at.to_jiff(),
            attempts: row.attempts,
            trace: row.trace,
        }
    });
    Ok(rows.collect())
}

pub(super) async fn mark_accepted(
    db: &PgPool,
    intent: Uuid,
    at: Timestamp,
    taken: &Taken,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "src/notices/mark_accepted.sql",
        intent,
        at.to_sqlx() as SqlTimestamp,
        taken.channel,
        taken.message_id,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Before it is offered to the provider of SMS.
pub(super) async fn mark_texted(
    db: &PgPool,
    intent: Uuid,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/notices/mark_texted.sql", intent, at.to_sqlx() as SqlTimestamp)
        .execute(db)
        .await?;
    Ok(())
}

/// Before it is mailed though SMS was wanted.
pub(super) async fn mark_mailed(db: &PgPool, intent: Uuid, why: &str) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/notices/mark_mailed.sql", intent, why).execute(db).await?;
    Ok(())
}

pub(super) async fn settle(
    db: &PgPool,
    it: &Pending,
    end: End,
    why: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "src/notices/settle.sql",
        it.intent,
        end.name(),
        why,
        it.claimed_until.to_sqlx() as SqlTimestamp,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn postpone(
    db: &PgPool,
    it: &Pending,
    until: Timestamp,
    why: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "src/notices/postpone.sql",
        it.intent,
        until.to_sqlx() as SqlTimestamp,
        why,
        it.claimed_until.to_sqlx() as SqlTimestamp,
    )
    .execute(db)
    .await?;
    Ok(())
}
