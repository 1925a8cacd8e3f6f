//! Taken time: what the search for free courts asks. Advice only; the court-day decides.
mod announce;

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::bookings::{BlockCause, BookingEvent, Held, court_day};
use domain::ids::{BlockId, CourtCode};
use event_store::{Position, Recorded};
use jiff::Timestamp;
use jiff::civil::Date;
use prometheus_client::metrics::counter::Counter;
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::bookings::COURT_DAYS;
use crate::projection::{Projection, read};

/// Knows which courts are taken when.
pub struct Availability {
    /// Two live bookings at one time on one court: stays zero, or the court-day's rules are broken.
    pub overlaps: Counter,
}

/// What a batch did to the time of a booking or a block, as far as it matters here.
#[derive(Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
enum Change {
    Taken(Taken),
    /// Its time runs out later, or no more.
    Kept {
        expires_at: Option<Timestamp>,
    },
    Free,
}

#[derive(Clone, Serialize)]
struct Taken {
    court: CourtCode,
    date: Date,
    starts_at: Timestamp,
    ends_at: Timestamp,
    expires_at: Option<Timestamp>,
    #[serde(flatten)]
    block: Option<Block>,
}

/// What nobody can play for.
#[derive(Clone, Serialize)]
struct Block {
    block: BlockId,
    cause: BlockCause,
}

#[derive(Serialize)]
struct Row {
    /// What has the time: a booking's id, or a block's key.
    booking: String,
    #[serde(flatten)]
    change: Change,
}

#[async_trait]
impl Projection for Availability {
    fn name(&self) -> &'static str {
        "availability"
    }

    fn create(&self) -> &'static str {
        include_str!("availability/create.sql")
    }

    fn indexes(&self) -> &'static str {
        include_str!("availability/indexes.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("availability/views.sql")
    }

    async fn announce(
        &self,
        db: &mut PgConnection,
        build: i32,
        events: &[Recorded],
    ) -> Result<(), FollowError> {
        announce::announce(db, build, events).await
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let changes = fold(events)?;
        if changes.is_empty() {
            return Ok(());
        }
        sqlx::query_file!("src/availability/merge.sql", Json(&changes) as _).execute(db).await?;
        Ok(())
    }

    async fn inspect(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let taken = fold(events)?.into_iter().filter(|it| matches!(it.change, Change::Taken(_)));
        let taken: Vec<String> = taken.map(|it| it.booking).collect();
        if taken.is_empty() {
            return Ok(());
        }
        let overlaps =
            sqlx::query_file_scalar!("src/availability/overlaps.sql", &taken).fetch_one(db).await?;
        if 0 < overlaps {
            self.overlaps.inc_by(overlaps.unsigned_abs());
            tracing::error!(overlaps, "live bookings of one court overlap");
        }
        Ok(())
    }
}

/// What each event did, with its position; for what it was that did it.
fn changes(events: &[Recorded]) -> Result<Vec<(Position, String, Change)>, FollowError> {
    let mut changes = vec![];
    for event in events.iter().filter(|it| it.stream.starts_with(COURT_DAYS)) {
        if let Some((booking, change)) = change(&event.stream, read(event)?) {
            changes.push((event.position, booking, change));
        }
    }
    Ok(changes)
}

/// What a batch comes to.
fn fold(events: &[Recorded]) -> Result<Vec<Row>, FollowError> {
    let mut folded = BTreeMap::new();
    for (_, booking, change) in changes(events)? {
        match (folded.get_mut(&booking), change) {
            (Some(Change::Taken(taken)), Change::Kept { expires_at }) => {
                taken.expires_at = expires_at;
            }
            (_, change) => {
                folded.insert(booking, change);
            }
        }
    }
    Ok(folded.into_iter().map(|(booking, change)| Row { booking, change }).collect())
}

fn change(stream: &str, event: BookingEvent) -> Option<(String, Change)> {
    use BookingEvent as E;
    match event {
        E::Held(held) => Some((held.booking.to_string(), Change::Taken(Taken::from(*held)))),
        E::HoldExtended { booking, expires_at, .. } => {
            Some((booking.to_string(), Change::Kept { expires_at: Some(expires_at) }))
        }
        E::Confirmed { booking, .. } => {
            Some((booking.to_string(), Change::Kept { expires_at: None }))
        }
        E::Expired { booking, .. }
        | E::Released { booking }
        | E::Cancelled { booking, .. }
        | E::Moved { booking, .. } => Some((booking.to_string(), Change::Free)),
        E::Blocked { block, starts_at, ends_at, cause, .. } => {
            let (court, date) = court_day(stream)?;
            let (expires_at, it) = (None, Some(Block { block, cause }));
            let taken = Taken { court, date, starts_at, ends_at, expires_at, block: it };
            Some((key(stream, block), Change::Taken(taken)))
        }
        E::Unblocked { block } => Some((key(stream, block), Change::Free)),
        E::Reinstated { booking, starts_at, ends_at, .. } => {
            let (court, date) = (booking.court().clone(), booking.date());
            let (expires_at, block) = (None, None);
            let taken = Taken { court, date, starts_at, ends_at, expires_at, block };
            Some((booking.to_string(), Change::Taken(taken)))
        }
        E::PaymentStarted { .. }
        | E::PaymentReceived { .. }
        | E::MoveAbandoned { .. }
        | E::RefundRequired { .. }
        | E::RefundSettled { .. }
        | E::RefundWithdrawn { .. }
        | E::CheckedIn { .. }
        | E::Missed { .. } => None,
    }
}

/// One block can lie on many court-days.
fn key(stream: &str, block: BlockId) -> String {
    format!("{block} on {stream}")
}

impl From<Held> for Taken {
    fn from(held: Held) -> Self {
        Self {
            court: held.booking.court().clone(),
            date: held.booking.date(),
            starts_at: held.starts_at,
            ends_at: held.ends_at,
            expires_at: held.expires_at,
            block: None,
        }
    }
}
