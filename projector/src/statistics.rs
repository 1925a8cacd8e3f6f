//! What every booking came to: sold, lost or given back, for how long and for how much. Nobody is named in it.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::bookings::{BookingEvent, Held};
use domain::ids::{BookingId, CourtCode, VenueId};
use event_store::Recorded;
use jiff::Timestamp;
use jiff::civil::Date;
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::bookings::COURT_DAYS;
use crate::projection::{Projection, all_met, read};

/// Serves the desk's charts: occupancy, holds lost, takings.
pub struct Statistics;

/// What a batch did to one booking.
#[derive(Serialize)]
struct Change {
    booking: BookingId,
    /// Everything a hold says, if the batch has one.
    #[serde(flatten)]
    sale: Option<Sale>,
    state: &'static str,
}

#[derive(Serialize)]
struct Sale {
    court: CourtCode,
    venue: VenueId,
    date: Date,
    starts_at: Timestamp,
    ends_at: Timestamp,
    price_minor: i64,
    currency: String,
    moving: bool,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "as the tables call it")]
struct Amount {
    booking: BookingId,
    payment_reference: String,
    /// Of a refund: `None` once it is withdrawn.
    amount_minor: Option<i64>,
}

/// A batch, table by table.
#[derive(Default)]
struct Folded {
    changes: BTreeMap<BookingId, Change>,
    payments: Vec<Amount>,
    refunds: BTreeMap<(BookingId, String), Amount>,
}

#[async_trait]
impl Projection for Statistics {
    fn name(&self) -> &'static str {
        "statistics"
    }

    fn create(&self) -> &'static str {
        include_str!("statistics/create.sql")
    }

    fn indexes(&self) -> &'static str {
        include_str!("statistics/indexes.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("statistics/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let mut folded = Folded::default();
        for event in events.iter().filter(|it| it.stream.starts_with(COURT_DAYS)) {
            folded.add(read(event)?);
        }
        let Folded { changes, payments, refunds } = folded;
        let changes: Vec<Change> = changes.into_values().collect();
        let refunds: Vec<Amount> = refunds.into_values().collect();
        if !changes.is_empty() {
            let merged = sqlx::query_file!("src/statistics/merge.sql", Json(&changes) as _)
                .execute(&mut *db)
                .await?;
            all_met("sales", events, changes.len(), merged.rows_affected())?;
        }
        if !payments.is_empty() {
            sqlx::query_file!("src/statistics/add_payments.sql", Json(&payments) as _)
                .execute(&mut *db)
                .await?;
        }
        if !refunds.is_empty() {
            sqlx::query_file!("src/statistics/merge_refunds.sql", Json(&refunds) as _)
                .execute(&mut *db)
                .await?;
        }
        Ok(())
    }
}

impl Folded {
    fn add(&mut self, event: BookingEvent) {
        use BookingEvent as E;
        match event {
            E::Held(held) => {
                let booking = held.booking.clone();
                let sale = Some(Sale::from(*held));
                self.changes.insert(booking.clone(), Change { booking, sale, state: "held" });
            }
            E::Reinstated { booking, .. } => self.set(booking, "held"),
            E::Confirmed { booking, .. } => self.set(booking, "sold"),
            E::Expired { booking, .. } | E::Released { booking } => self.set(booking, "lost"),
            E::Cancelled { booking, .. } => self.set(booking, "back"),
            E::Moved { booking, .. } => self.set(booking, "moved"),
            E::PaymentReceived { booking, payment_reference, amount, .. } => {
                let amount_minor = Some(amount.amount_minor);
                self.payments.push(Amount { booking, payment_reference, amount_minor });
            }
            E::RefundRequired { booking, payment_reference, amount, .. } => {
                self.refund(booking, payment_reference, Some(amount.amount_minor));
            }
            E::RefundWithdrawn { booking, payment_reference } => {
                self.refund(booking, payment_reference, None);
            }
            E::HoldExtended { .. }
            | E::PaymentStarted { .. }
            | E::MoveAbandoned { .. }
            | E::RefundSettled { .. }
            | E::CheckedIn { .. }
            | E::Missed { .. }
            | E::Blocked { .. }
            | E::Unblocked { .. } => {}
        }
    }

    fn set(&mut self, booking: BookingId, state: &'static str) {
        let sale = self.changes.remove(&booking).and_then(|it| it.sale);
        self.changes.insert(booking.clone(), Change { booking, sale, state });
    }

    fn refund(&mut self, booking: BookingId, payment_reference: String, amount: Option<i64>) {
        let key = (booking.clone(), payment_reference.clone());
        self.refunds.insert(key, Amount { booking, payment_reference, amount_minor: amount });
    }
}

impl From<Held> for Sale {
    fn from(held: Held) -> Self {
        Self {
            court: held.booking.court().clone(),
            date: held.booking.date(),
            venue: held.venue,
            starts_at: held.starts_at,
            ends_at: held.ends_at,
            price_minor: held.price.amount_minor,
            currency: held.price.currency,
            moving: held.moved_from.is_some(),
        }
    }
}
