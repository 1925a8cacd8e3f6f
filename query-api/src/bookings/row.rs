use domain::money::Money;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::guests::Guest;

/// A row of `bookings_v1`.
#[derive(Clone)]
pub struct Row {
    pub id: String,
    pub reference: String,
    pub court: String,
    pub venue: String,
    pub player: Option<uuid::Uuid>,
    pub starts_at: jiff_sqlx::Timestamp,
    pub ends_at: jiff_sqlx::Timestamp,
    pub zone: String,
    pub state: String,
    pub expires_at: Option<jiff_sqlx::Timestamp>,
    pub price_minor: i64,
    pub currency: String,
    pub terms: serde_json::Value,
    pub refund_minor: Option<i64>,
    pub revision: i64,
    pub moved_to: Option<String>,
    pub paid_minor: i64,
    pub due_minor: Option<i64>,
}

/// A booking as clients see it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Booking {
    #[schema(example = "2026-11-22-7FK2-9X3M2KQD")]
    pub id: String,
    /// The first id this booking ever had: what mails and calendars call it.
    pub reference: String,
    pub court: String,
    pub venue: String,
    /// `null` for a guest of the desk's, who has no account.
    pub player: Option<uuid::Uuid>,
    /// Whether one plays along in it, as somebody else's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub participant: bool,
    /// For those who run the desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest: Option<Guest>,
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    pub local: Local,
    /// `held`, `confirmed`, `expired`, `released`, `cancelled`, `moved`, `checked_in`, `missed`; more may come.
    pub state: String,
    /// Until when it is, or was, held; `null` for a hold without a clock, and once confirmed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    #[schema(value_type = Object)]
    pub price: Money,
    /// What came for it and has not to go back.
    #[schema(value_type = Object)]
    pub paid: Money,
    #[schema(value_type = Object)]
    pub terms: serde_json::Value,
    /// What a move to where it costs more left to pay.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Money>,
    /// What its terms give back of the price, once cancelled. What was paid and has to go back is among the refunds.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund: Option<Money>,
    /// The id under which it goes on, once moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
}

/// The same times on the venue's wall clock.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Local {
    pub date: String,
    pub start: String,
    pub end: String,
    pub zone: String,
}

impl Booking {
    /// A hold past its time is over, whether or not anybody has written that down yet.
    pub fn new(row: Row, now: Timestamp) -> Self {
        let expires_at = row.expires_at.map(jiff_sqlx::Timestamp::to_jiff);
        let over = row.state == "held" && expires_at.is_some_and(|it| it <= now);
        let is_live = !over && matches!(row.state.as_str(), "held" | "confirmed" | "checked_in");
        let money = |amount_minor| Money { amount_minor, currency: row.currency.clone() };
        let (starts_at, ends_at) = (row.starts_at.to_jiff(), row.ends_at.to_jiff());
        Self {
            local: Local::new(starts_at, ends_at, &row.zone),
            id: row.id,
            reference: row.reference,
            court: row.court,
            venue: row.venue,
            player: row.player,
            participant: false,
            guest: None,
            starts_at,
            ends_at,
            state: if over { "expired".to_owned() } else { row.state },
            expires_at,
            price: money(row.price_minor),
            paid: money(row.paid_minor),
            terms: row.terms,
            due: row.due_minor.filter(|_| is_live).map(money),
            refund: row.refund_minor.map(money),
            moved_to: row.moved_to,
        }
    }
}

impl Local {
    pub fn new(starts_at: Timestamp, ends_at: Timestamp, zone: &str) -> Self {
        let tz = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let (start, end) = (starts_at.to_zoned(tz.clone()), ends_at.to_zoned(tz));
        Self {
            date: start.date().to_string(),
            start: start.strftime("%H:%M").to_string(),
            end: end.strftime("%H:%M").to_string(),
            zone: zone.to_owned(),
        }
    }
}
