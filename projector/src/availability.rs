//! Taken time: what the search for free courts asks. Advice only; the court-day decides.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::bookings::{BookingEvent, Held};
use domain::ids::{BookingId, CourtCode};
use event_store::Recorded;
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

/// What a batch did to a booking's time, as far as it matters here.
#[derive(Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
enum Change {
    Taken(Taken),
    /// Confirmed: its time runs out no more.
    Kept,
    Free,
}

#[derive(Serialize)]
struct Taken {
    court: CourtCode,
    date: Date,
    starts_at: Timestamp,
    ends_at: Timestamp,
    expires_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct Row {
    booking: BookingId,
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

    fn views(&self) -> &'static str {
        include_str!("availability/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let changes = fold(events)?;
        if changes.is_empty() {
            return Ok(());
        }
        sqlx::query_file!("src/availability/merge.sql", Json(&changes) as _)
            .execute(&mut *db)
            .await?;

        let taken = changes.iter().filter(|it| matches!(it.change, Change::Taken(_)));
        let taken: Vec<String> = taken.map(|it| it.booking.to_string()).collect();
        let overlaps =
            sqlx::query_file_scalar!("src/availability/overlaps.sql", &taken).fetch_one(db).await?;
        if 0 < overlaps {
            self.overlaps.inc_by(overlaps.unsigned_abs());
            tracing::error!(overlaps, "live bookings of one court overlap");
        }
        Ok(())
    }
}

fn fold(events: &[Recorded]) -> Result<Vec<Row>, FollowError> {
    let mut changes = BTreeMap::new();
    for event in events.iter().filter(|it| it.stream.starts_with(COURT_DAYS)) {
        match read(event)? {
            BookingEvent::Held(held) => {
                changes.insert(held.booking.clone(), Change::Taken(Taken::from(held)));
            }
            BookingEvent::Confirmed { booking, .. } => {
                let change = changes.entry(booking).or_insert(Change::Kept);
                if let Change::Taken(taken) = change {
                    taken.expires_at = None;
                }
            }
            BookingEvent::Expired { booking, .. }
            | BookingEvent::Released { booking }
            | BookingEvent::Cancelled { booking, .. } => {
                changes.insert(booking, Change::Free);
            }
        }
    }
    Ok(changes.into_iter().map(|(booking, change)| Row { booking, change }).collect())
}

impl From<Held> for Taken {
    fn from(held: Held) -> Self {
        Self {
            court: held.booking.court().clone(),
            date: held.booking.date(),
            starts_at: held.starts_at,
            ends_at: held.ends_at,
            expires_at: Some(held.expires_at),
        }
    }
}
