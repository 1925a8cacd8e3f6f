use domain::bookings::{BookingEvent, BookingState, Terms};
use domain::ids::BookingId;
use domain::money::Money;
use domain::stored::StoredEvent;
use event_store::StreamEvent;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use runtime::Problem;
use serde::Serialize;

use crate::app::App;
use crate::refused::{broken, unreadable};

/// A booking as clients see it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Booking {
    #[schema(value_type = String, example = "2026-11-22-7FK2-9X3M2KQD")]
    id: String,
    /// The first id this booking ever had: what mails and calendars call it.
    reference: String,
    court: String,
    venue: String,
    /// `null` for a guest of the desk's, who has no account.
    player: Option<uuid::Uuid>,
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    local: Local,
    /// `held`, `confirmed`, `expired`, `released`, `cancelled`, `moved`, `checked_in`, `missed`; more may come.
    state: &'static str,
    /// Until when it is, or was, held; `null` for a hold without a clock, and once confirmed.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Object)]
    price: Money,
    /// What came for it and has not to go back.
    #[schema(value_type = Object)]
    paid: Money,
    #[schema(value_type = Object)]
    terms: Terms,
    /// What a move to where it costs more left to pay.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<Money>,
    /// What its terms give back of the price, once cancelled. What was paid and has to go back is among the refunds.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    refund: Option<Money>,
    /// The id under which it goes on, once moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_to: Option<String>,
}

/// The same times on the venue's wall clock.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Local {
    date: String,
    start: String,
    end: String,
    zone: String,
}

impl Booking {
    pub fn new(id: &BookingId, booking: &domain::bookings::Booking, now: Timestamp) -> Self {
        let held = &booking.held;
        let (state, expires_at, moved_to) = match booking.state_at(now) {
            BookingState::Held => ("held", held.expires_at, None),
            BookingState::Confirmed => ("confirmed", None, None),
            BookingState::Expired => ("expired", held.expires_at, None),
            BookingState::Released => ("released", held.expires_at, None),
            BookingState::Cancelled => ("cancelled", None, None),
            BookingState::Moved { to } => ("moved", None, Some(to.to_string())),
            BookingState::CheckedIn => ("checked_in", None, None),
            BookingState::Missed => ("missed", None, None),
        };
        Self {
            id: id.to_string(),
            reference: held.reference.to_string(),
            court: id.court().to_string(),
            venue: held.venue.to_string(),
            player: held.booked_for.player().map(|it| it.0),
            starts_at: held.starts_at,
            ends_at: held.ends_at,
            local: Local::new(held.starts_at, held.ends_at, &held.zone),
            state,
            expires_at,
            price: held.price.clone(),
            paid: paid(booking),
            terms: held.terms.clone(),
            due: booking.difference().filter(|_| booking.is_live(now)),
            refund: booking.refund.clone(),
            moved_to,
        }
    }
}

fn paid(booking: &domain::bookings::Booking) -> Money {
    let amounts = booking.paid().map(|(_, it)| it.amount.amount_minor);
    let currency = booking.held.price.currency.clone();
    Money { amount_minor: amounts.fold(0, i64::saturating_add), currency }
}

impl Local {
    fn new(starts_at: Timestamp, ends_at: Timestamp, zone: &str) -> Self {
        let tz = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let (start, end) = (tz.to_datetime(starts_at), tz.to_datetime(ends_at));
        Self {
            date: start.date().to_string(),
            start: start.strftime("%H:%M").to_string(),
            end: end.strftime("%H:%M").to_string(),
            zone: zone.to_owned(),
        }
    }
}

/// The revision of the last event about a booking: the court-day goes on, the booking may not.
pub async fn revision(app: &App, id: &BookingId) -> Result<u64, Problem> {
    const PAGE: usize = 200;
    let mut from = None;
    loop {
        let page = app.executor.store().read_stream_backwards(&id.stream(), from, PAGE).await;
        let page = page.map_err(|error| unreadable(error.into()))?;
        if let Some(it) = page.iter().find(|it| is_about(it, id)) {
            return Ok(it.revision);
        }
        from = match page.last().and_then(|it| it.revision.checked_sub(1)) {
            Some(older) => Some(older),
            None => return Err(broken()),
        };
    }
}

fn is_about(event: &StreamEvent, id: &BookingId) -> bool {
    BookingEvent::read(&event.kind, &event.data).is_ok_and(|it| it.booking() == Some(id))
}
