//! Events → intents: rows of table `outbox`.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::notices::{Delivery, NoticeEvent};
use domain::stored::StoredEvent;
use event_store::Recorded;
use jiff::SignedDuration;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use runtime::follow::{FollowError, Follower};
use sqlx::PgTransaction;
use uuid::Uuid;

use super::reaction::{Reaction, named, reaction};

/// Names the checkpoint.
pub const NAME: &str = "outbox";

/// Keeps table `outbox` in step with the log.
pub struct OutboxFollower {
    /// How long an address may stay unproved.
    pub verification: SignedDuration,
}

#[async_trait]
impl Follower for OutboxFollower {
    fn name(&self) -> &str {
        NAME
    }

    async fn apply(
        &self,
        tx: &mut PgTransaction<'static>,
        events: &[Recorded],
    ) -> Result<(), FollowError> {
        let mut intents = Intents::default();
        let mut said = Said::default();
        for it in events {
            if it.kind.starts_with("notice.") {
                said.push(it)?;
            } else if let Some(reaction) = reaction(it, self.verification)? {
                intents.push(it, reaction)?;
            }
        }
        intents.write(tx).await?;
        // After the intents: a replay brings both in one batch.
        said.write(tx).await?;
        Ok(())
    }
}

/// What the log says of messages: that they were sent, and what became of them.
#[derive(Default)]
struct Said {
    sent: BTreeMap<Uuid, (String, String)>,
    /// The last of each.
    reported: BTreeMap<Uuid, (Delivery, Option<u32>)>,
    /// And when it was asked to be tried again.
    resent: BTreeMap<Uuid, SqlTimestamp>,
}

impl Said {
    fn push(&mut self, it: &Recorded) -> Result<(), FollowError> {
        let intent = named(it, "notice-")?;
        let event = NoticeEvent::read(&it.kind, &it.data).map_err(FollowError::at(it.position))?;
        match event {
            NoticeEvent::Sent { channel, message_id, .. } => {
                self.sent.insert(intent, (channel, message_id));
            }
            NoticeEvent::DeliveryReported { status, code, .. } => {
                self.reported.insert(intent, (status, code));
            }
            NoticeEvent::ResendRequested { .. } => {
                self.resent.insert(intent, it.meta.at.to_sqlx());
            }
        }
        Ok(())
    }

    async fn write(self, tx: &mut PgTransaction<'static>) -> Result<(), sqlx::Error> {
        if !self.sent.is_empty() {
            let intents: Vec<Uuid> = self.sent.keys().copied().collect();
            let (channels, messages): (Vec<String>, Vec<String>) = self.sent.into_values().unzip();
            sqlx::query_file!("src/notices/mark_recorded.sql", &intents, &channels, &messages)
                .execute(&mut **tx)
                .await?;
        }
        if !self.resent.is_empty() {
            let (intents, at): (Vec<Uuid>, Vec<SqlTimestamp>) = self.resent.into_iter().unzip();
            sqlx::query_file!("src/notices/resend.sql", &intents, &at as &[SqlTimestamp])
                .execute(&mut **tx)
                .await?;
        }
        if !self.reported.is_empty() {
            let intents: Vec<Uuid> = self.reported.keys().copied().collect();
            let (statuses, codes): (Vec<&str>, Vec<Option<i32>>) = self
                .reported
                .into_values()
                .map(|(status, code)| (status.name(), code.and_then(|it| i32::try_from(it).ok())))
                .unzip();
            sqlx::query_file!(
                "src/notices/mark_delivery.sql",
                &intents,
                &statuses as &[&str],
                &codes as &[Option<i32>],
            )
            .execute(&mut **tx)
            .await?;
        }
        Ok(())
    }
}

/// New rows, column by column.
#[derive(Default)]
struct Intents {
    ids: Vec<Uuid>,
    kinds: Vec<&'static str>,
    users: Vec<Option<Uuid>>,
    streams: Vec<String>,
    events: Vec<Uuid>,
    positions: Vec<i64>,
    payloads: Vec<serde_json::Value>,
    valid_until: Vec<SqlTimestamp>,
    at: Vec<SqlTimestamp>,
    traces: Vec<Option<String>>,
}

impl Intents {
    fn push(&mut self, it: &Recorded, reaction: Reaction) -> Result<(), FollowError> {
        let Reaction { notice, user, until } = reaction;
        let mut tagged = serde_json::to_value(&notice).map_err(FollowError::at(it.position))?;
        self.ids.push(notice.intent(it.id));
        self.kinds.push(notice.kind());
        self.users.push(user);
        self.streams.push(it.stream.clone());
        self.events.push(it.id);
        self.positions.push(it.position.cast_signed());
        self.payloads.push(tagged["payload"].take());
        self.valid_until.push(until.to_sqlx());
        self.at.push(it.meta.at.to_sqlx());
        self.traces.push(it.meta.trace.clone());
        Ok(())
    }

    async fn write(self, tx: &mut PgTransaction<'static>) -> Result<(), sqlx::Error> {
        if self.ids.is_empty() {
            return Ok(());
        }
        sqlx::query_file!(
            "src/notices/intend.sql",
            &self.ids,
            &self.kinds as &[&str],
            &self.users as &[Option<Uuid>],
            &self.streams,
            &self.events,
            &self.positions,
            &self.payloads,
            &self.valid_until as &[SqlTimestamp],
            &self.at as &[SqlTimestamp],
            &self.traces as &[Option<String>],
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
