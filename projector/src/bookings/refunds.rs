//! Money that has to go back: what a batch did to each payment, folded.
use std::collections::BTreeMap;

use domain::bookings::{BookingEvent, RefundCause};
use domain::ids::BookingId;
use event_store::{Position, Recorded};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;

/// What a batch did to one refund.
#[derive(Serialize)]
struct Change {
    booking: BookingId,
    payment_reference: String,
    #[serde(flatten)]
    required: Option<Required>,
    #[serde(flatten)]
    settled: Option<Settled>,
    withdrawn: bool,
}

#[derive(Serialize)]
struct Required {
    amount_minor: i64,
    currency: String,
    why: RefundCause,
    #[serde(rename = "required_at")]
    at: Timestamp,
    position: Position,
}

#[derive(Serialize)]
struct Settled {
    #[serde(rename = "settled_at")]
    at: Timestamp,
    #[serde(rename = "settled_by")]
    by: Option<String>,
}

/// Refunds, by booking and payment reference.
#[derive(Default)]
pub(super) struct Refunds(BTreeMap<(BookingId, String), Change>);

impl Refunds {
    pub(super) fn note(&mut self, recorded: &Recorded, event: &BookingEvent) {
        let at = recorded.meta.at;
        match event {
            BookingEvent::RefundRequired { booking, payment_reference, amount, why } => {
                let change = self.of(booking, payment_reference);
                change.required = Some(Required {
                    amount_minor: amount.amount_minor,
                    currency: amount.currency.clone(),
                    why: *why,
                    at,
                    position: recorded.position,
                });
                change.settled = None;
                change.withdrawn = false;
            }
            BookingEvent::RefundSettled { booking, payment_reference, .. } => {
                let settled = Settled { at, by: recorded.meta.actor.clone() };
                self.of(booking, payment_reference).settled = Some(settled);
            }
            BookingEvent::RefundWithdrawn { booking, payment_reference } => {
                let change = self.of(booking, payment_reference);
                change.required = None;
                change.withdrawn = true;
            }
            _ => {}
        }
    }

    pub(super) async fn write(self, db: &mut PgConnection) -> Result<(), sqlx::Error> {
        let changes: Vec<Change> = self.0.into_values().collect();
        if changes.is_empty() {
            return Ok(());
        }
        sqlx::query_file!("src/bookings/merge_refunds.sql", Json(&changes) as _)
            .execute(db)
            .await?;
        Ok(())
    }

    fn of(&mut self, booking: &BookingId, payment_reference: &str) -> &mut Change {
        let key = (booking.clone(), payment_reference.to_owned());
        self.0.entry(key).or_insert_with_key(|(booking, payment_reference)| Change {
            booking: booking.clone(),
            payment_reference: payment_reference.clone(),
            required: None,
            settled: None,
            withdrawn: false,
        })
    }
}
