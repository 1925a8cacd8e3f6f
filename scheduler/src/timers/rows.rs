//! Rows of table `timers`, claimed for a while. A claim is a lease: whoever dies with it holds nobody up for long.
use domain::ids::{BookingId, MalformedId};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::PgPool;
use uuid::Uuid;

use super::{Timer, TimerKind};

/// How long a claim lasts. A relay that dies with one must not keep the sweep from being in time.
const LEASE: SignedDuration = SignedDuration::from_secs(5);

/// A timer out of the table.
#[derive(Debug)]
pub(super) struct Claimed {
    pub timer: Timer,
    pub armed_at: Timestamp,
}

/// As the statements return it.
struct Row {
    timer_id: Uuid,
    stream: String,
    booking: String,
    generation: i32,
    armed_at: SqlTimestamp,
    due_at: SqlTimestamp,
}

/// What is due between the two times and is not with the transport.
pub(super) async fn claim_nearly_due(
    db: &PgPool,
    now: Timestamp,
    due: (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<Claimed>, sqlx::Error> {
    let rows = sqlx::query_file_as!(
        Row,
        "src/timers/claim_nearly_due.sql",
        now.to_sqlx() as SqlTimestamp,
        lease_end(now) as SqlTimestamp,
        due.0.to_sqlx() as SqlTimestamp,
        due.1.to_sqlx() as SqlTimestamp,
        limit,
    )
    .fetch_all(db)
    .await?;
    claimed(rows)
}

/// What began after `armed_after`, lasts one of these durations, and is not with the transport.
pub(super) async fn claim_fresh(
    db: &PgPool,
    now: Timestamp,
    armed_after: Timestamp,
    carried_seconds: &[i64],
    limit: i64,
) -> Result<Vec<Claimed>, sqlx::Error> {
    let rows = sqlx::query_file_as!(
        Row,
        "src/timers/claim_fresh.sql",
        now.to_sqlx() as SqlTimestamp,
        lease_end(now) as SqlTimestamp,
        armed_after.to_sqlx() as SqlTimestamp,
        carried_seconds,
        limit,
    )
    .fetch_all(db)
    .await?;
    claimed(rows)
}

pub(super) async fn claim_overdue(
    db: &PgPool,
    now: Timestamp,
    due_before: Timestamp,
    limit: i64,
) -> Result<Vec<Claimed>, sqlx::Error> {
    let rows = sqlx::query_file_as!(
        Row,
        "src/timers/claim_overdue.sql",
        now.to_sqlx() as SqlTimestamp,
        lease_end(now) as SqlTimestamp,
        due_before.to_sqlx() as SqlTimestamp,
        limit,
    )
    .fetch_all(db)
    .await?;
    claimed(rows)
}

/// The transport has confirmed these.
pub(super) async fn mark_published(
    db: &PgPool,
    timers: &[Uuid],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/timers/mark_published.sql", timers, now.to_sqlx() as SqlTimestamp)
        .execute(db)
        .await?;
    Ok(())
}

/// The transport does not have this one, or has it no longer: it waits in the table again.
pub(super) async fn mark_unpublished(db: &PgPool, timers: &[Uuid]) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/timers/mark_unpublished.sql", timers).execute(db).await?;
    Ok(())
}

/// The court-day says that this one is over.
pub(super) async fn close(db: &PgPool, timer: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/timers/close.sql", timer).execute(db).await?;
    Ok(())
}

fn lease_end(now: Timestamp) -> SqlTimestamp {
    (now + LEASE).to_sqlx()
}

fn claimed(rows: Vec<Row>) -> Result<Vec<Claimed>, sqlx::Error> {
    rows.into_iter()
        .map(|it| Claimed::try_from(it).map_err(|error| sqlx::Error::Decode(error.into())))
        .collect()
}

impl TryFrom<Row> for Claimed {
    type Error = MalformedId;

    fn try_from(row: Row) -> Result<Self, MalformedId> {
        let timer = Timer {
            timer_id: row.timer_id,
            // The statements ask for no other: a kind of a newer build's is left to that.
            kind: TimerKind::Hold,
            stream: row.stream,
            booking: row.booking.parse::<BookingId>()?,
            generation: row.generation.cast_unsigned(),
            due_at: row.due_at.to_jiff(),
        };
        Ok(Self { timer, armed_at: row.armed_at.to_jiff() })
    }
}
