//! The demo's telephone: takes every SMS, sends none on, and keeps it in table `inbox` for people to read.
use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::PgPool;
use uuid::Uuid;

use super::NotTexted;

/// Its id is the intent's: sent twice it is there once.
pub(super) async fn keep(
    inbox: &PgPool,
    intent: Uuid,
    to: &str,
    body: &str,
    at: Timestamp,
) -> Result<String, NotTexted> {
    let kept =
        sqlx::query_file!("src/sms/keep.sql", intent, to, body, at.to_sqlx() as SqlTimestamp)
            .execute(inbox)
            .await;
    kept.map(|_| format!("inbox-{intent}")).map_err(|_| {
        let why = "the inbox does not take an SMS".to_owned();
        NotTexted::Unavailable { why, not_before: None }
    })
}
