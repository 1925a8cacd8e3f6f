//! Rows of table `timers`, claimed for a while. A claim is a lease: whoever dies with it holds nobody up for long.
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::PgPool;
use uuid::Uuid;

use super::Timer;
use super::kind::{Kind, UnreadableKind};

/// How long a claim lasts. A relay that dies with one must not keep the sweep from being in time.
const LEASE: SignedDuration = SignedDuration::from_secs(5);

/// A timer out of the table.
#[derive(Debug)]
pub(super) struct Claimed {
    pub timer: Timer,
    pub armed_at: Timestamp,
    /// Of the event that made it.
    pub trace: Option<String>,
}

/// Who was first to find a timer over. Stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClosedBy {
    Timer,
    Sweep,
    Operator,
}

impl ClosedBy {
    pub fn name(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Sweep => "sweep",
            Self::Operator => "operator",
        }
    }
}

/// As the statements return it.
struct Row {
    timer_id: Uuid,
    kind: String,
    stream: String,
    booking: Option<String>,
    generation: i32,
    armed_at: SqlTimestamp,
    due_at: SqlTimestamp,
    trace: Option<String>,
}

/// What is due between the two times and is not with the transport.
pub(super) async fn claim_nearly_due(
    db: &PgPool,
    kinds: &[&str],
    now: Timestamp,
    due: (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<Claimed>, sqlx::Error> {
    let rows = sqlx::query_file_as!(
        Row,
        "src/timers/claim_nearly_due.sql",
        kinds as &[&str],
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
    kinds: &[&str],
    now: Timestamp,
    armed_after: Timestamp,
    carried_seconds: &[i64],
    limit: i64,
) -> Result<Vec<Claimed>, sqlx::Error> {
    let rows = sqlx::query_file_as!(
        Row,
        "src/timers/claim_fresh.sql",
        kinds as &[&str],
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
    kinds: &[&str],
    now: Timestamp,
    due_before: Timestamp,
    limit: i64,
) -> Result<Vec<Claimed>, sqlx::Error> {
    let rows = sqlx::query_file_as!(
        Row,
        "src/timers/claim_overdue.sql",
        kinds as &[&str],
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

/// The row is over, and who found that; `false` if somebody was faster. For what the log ends too, the follower has
/// the last word.
pub(super) async fn close(
    db: &PgPool,
    timer: Uuid,
    by: ClosedBy,
    at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let at = at.to_sqlx() as SqlTimestamp;
    let closed = sqlx::query_file!("src/timers/close.sql", timer, by.name(), at as SqlTimestamp);
    Ok(closed.execute(db).await?.rows_affected() == 1)
}

pub(super) async fn find(db: &PgPool, timer: Uuid) -> Result<Option<Timer>, sqlx::Error> {
    let row = sqlx::query_file_as!(Row, "src/timers/find.sql", timer).fetch_optional(db).await?;
    Ok(claimed(row.into_iter().collect())?.pop().map(|it| it.timer))
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
    type Error = UnreadableKind;

    fn try_from(row: Row) -> Result<Self, UnreadableKind> {
        let generation = row.generation.cast_unsigned();
        let timer = Timer {
            timer_id: row.timer_id,
            kind: Kind::from_row(&row.kind, row.booking.as_deref(), generation)?,
            stream: row.stream,
            due_at: row.due_at.to_jiff(),
        };
        Ok(Self { timer, armed_at: row.armed_at.to_jiff(), trace: row.trace })
    }
}
