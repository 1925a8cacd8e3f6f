//! Bookings as they are, and what happened to each.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::bookings::{BookingEvent, Held, Terms};
use domain::ids::{BookingId, CourtCode, UserId, VenueId};
use event_store::{Position, Recorded};
use jiff::Timestamp;
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::projection::{Projection, all_met, read};

/// Serves a player's own bookings, one booking, and the day sheet.
pub struct Bookings;

/// Streams of court-days begin like this.
pub(crate) const COURT_DAYS: &str = "courtday-";

/// What a batch did to one booking.
#[derive(Serialize)]
struct Change {
    id: BookingId,
    /// Everything a hold says, if the batch has one.
    #[serde(flatten)]
    hold: Option<Hold>,
    state: &'static str,
    /// Confirmed since the last hold of the batch, whatever came after.
    confirmed: bool,
    refund_minor: Option<i64>,
    revision: u64,
    changed_at: Timestamp,
    position: Position,
}

#[derive(Serialize)]
struct Hold {
    reference: BookingId,
    court: CourtCode,
    venue: VenueId,
    player: UserId,
    starts_at: Timestamp,
    ends_at: Timestamp,
    zone: String,
    generation: u32,
    expires_at: Option<Timestamp>,
    price_minor: i64,
    currency: String,
    terms: Terms,
    held_at: Timestamp,
}

#[derive(Serialize)]
struct History<'a> {
    booking: BookingId,
    revision: u64,
    at: Timestamp,
    event: &'static str,
    actor: Option<&'a str>,
}

#[async_trait]
impl Projection for Bookings {
    fn name(&self) -> &'static str {
        "bookings"
    }

    fn create(&self) -> &'static str {
        include_str!("bookings/create.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("bookings/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let (changes, history) = fold(events)?;
        if changes.is_empty() {
            return Ok(());
        }
        let merged = sqlx::query_file!("src/bookings/merge.sql", Json(&changes) as _)
            .execute(&mut *db)
            .await?;
        all_met("bookings", events, changes.len(), merged.rows_affected())?;
        sqlx::query_file!("src/bookings/add_history.sql", Json(&history) as _).execute(db).await?;
        Ok(())
    }
}

fn fold(events: &[Recorded]) -> Result<(Vec<Change>, Vec<History<'_>>), FollowError> {
    let mut changes: BTreeMap<BookingId, Change> = BTreeMap::new();
    let mut history = vec![];
    for event in events.iter().filter(|it| it.stream.starts_with(COURT_DAYS)) {
        let change = Change::of(event)?;
        history.push(History {
            booking: change.id.clone(),
            revision: event.revision,
            at: event.meta.at,
            event: change.state,
            actor: event.meta.actor.as_deref(),
        });
        let change = match changes.remove(&change.id) {
            Some(earlier) => earlier.then(change),
            None => change,
        };
        changes.insert(change.id.clone(), change);
    }
    Ok((changes.into_values().collect(), history))
}

impl Change {
    fn of(event: &Recorded) -> Result<Self, FollowError> {
        let at = event.meta.at;
        let (id, state, hold, refund_minor) = match read(event)? {
            BookingEvent::Held(held) => {
                (held.booking.clone(), "held", Some(Hold::new(held, at)), None)
            }
            BookingEvent::Confirmed { booking, .. } => (booking, "confirmed", None, None),
            BookingEvent::Expired { booking, .. } => (booking, "expired", None, None),
            BookingEvent::Released { booking } => (booking, "released", None, None),
            BookingEvent::Cancelled { booking, refund } => {
                (booking, "cancelled", None, Some(refund.amount_minor))
            }
        };
        Ok(Self {
            id,
            hold,
            state,
            confirmed: state == "confirmed",
            refund_minor,
            revision: event.revision,
            changed_at: at,
            position: event.position,
        })
    }

    /// What both did, in this order.
    fn then(self, mut later: Self) -> Self {
        match (&mut later.hold, self.hold) {
            // Held anew: everything begins again, except when it was first held.
            (Some(hold), Some(earlier)) => hold.held_at = earlier.held_at,
            (Some(_), None) => {}
            (None, hold) => {
                later.confirmed |= self.confirmed;
                later.refund_minor = later.refund_minor.or(self.refund_minor);
                let confirmed = later.confirmed;
                later.hold =
                    hold.map(|it| Hold { expires_at: it.expires_at.filter(|_| !confirmed), ..it });
            }
        }
        later
    }
}

impl Hold {
    fn new(held: Held, held_at: Timestamp) -> Self {
        Self {
            court: held.booking.court().clone(),
            reference: held.reference,
            venue: held.venue,
            player: held.player,
            starts_at: held.starts_at,
            ends_at: held.ends_at,
            zone: held.zone,
            generation: held.generation,
            expires_at: Some(held.expires_at),
            price_minor: held.price.amount_minor,
            currency: held.price.currency,
            terms: held.terms,
            held_at,
        }
    }
}
