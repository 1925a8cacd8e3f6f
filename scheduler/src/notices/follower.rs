//! Events → intents: rows of table `outbox`.
use async_trait::async_trait;
use domain::bookings::BookingEvent;
use domain::stored::StoredEvent;
use domain::users::UserEvent;
use event_store::Recorded;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use runtime::follow::{FollowError, Follower};
use sqlx::PgTransaction;
use uuid::Uuid;

use super::Notice;

/// Names the checkpoint.
pub const NAME: &str = "outbox";

/// Keeps table `outbox` in step with the log.
pub struct OutboxFollower;

/// An account that is not verified within a day is given up; so is the mail that asks for it.
const VERIFICATION_VALID: SignedDuration = SignedDuration::from_hours(24);
/// News of a day ago are none.
const CONFIRMATION_VALID: SignedDuration = SignedDuration::from_hours(24);

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
        let mut sent = Vec::new();
        for it in events {
            if it.kind.starts_with("notice.sent.") {
                sent.push(named(it, "notice-")?);
            } else if let Some((notice, user, valid)) = reaction(it)? {
                intents.push(it, &notice, user, it.meta.at + valid)?;
            }
        }
        intents.write(tx).await?;
        // After the intents: a replay brings both in one batch.
        if !sent.is_empty() {
            sqlx::query_file!("src/notices/mark_recorded.sql", &sent).execute(&mut **tx).await?;
        }
        Ok(())
    }
}

/// What an event makes necessary to say, to whom if it says so, and for how long. Events are told apart by name
/// without their version: a newer version of one of these has to be waited for, not passed over.
fn reaction(it: &Recorded) -> Result<Option<(Notice, Option<Uuid>, SignedDuration)>, FollowError> {
    if it.kind.starts_with("user.registered.") {
        let UserEvent::Registered { email, display_name, verification_required: true, .. } =
            read(it)?
        else {
            return Ok(None);
        };
        let user = named(it, "user-")?;
        return Ok(Some((
            Notice::VerifyEmail { email, display_name },
            Some(user),
            VERIFICATION_VALID,
        )));
    }
    if it.kind.starts_with("booking.confirmed.") {
        let BookingEvent::Confirmed { booking, .. } = read(it)? else {
            return Ok(None);
        };
        return Ok(Some((Notice::BookingConfirmed { booking }, None, CONFIRMATION_VALID)));
    }
    Ok(None)
}

fn read<E: StoredEvent>(it: &Recorded) -> Result<E, FollowError> {
    E::read(&it.kind, &it.data).map_err(|error| unreadable(it, error))
}

/// The id in the stream's name.
fn named(it: &Recorded, prefix: &str) -> Result<Uuid, FollowError> {
    let id = it.stream.strip_prefix(prefix).unwrap_or_default();
    Uuid::try_parse(id).map_err(|error| unreadable(it, error))
}

fn unreadable(
    it: &Recorded,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> FollowError {
    FollowError::Event { position: it.position, error: error.into() }
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
}

impl Intents {
    fn push(
        &mut self,
        it: &Recorded,
        notice: &Notice,
        user: Option<Uuid>,
        until: Timestamp,
    ) -> Result<(), FollowError> {
        let mut tagged = serde_json::to_value(notice).map_err(|error| unreadable(it, error))?;
        self.ids.push(notice.intent(it.id));
        self.kinds.push(notice.kind());
        self.users.push(user);
        self.streams.push(it.stream.clone());
        self.events.push(it.id);
        self.positions.push(it.position.cast_signed());
        self.payloads.push(tagged["payload"].take());
        self.valid_until.push(until.to_sqlx());
        self.at.push(it.meta.at.to_sqlx());
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
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
