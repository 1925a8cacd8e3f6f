use domain::bookings::{BlockCause, OnBookings};
use domain::ids::CourtCode;
use domain::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Courts that nobody can play on for a while.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockBody {
    /// 1 to 100 courts of the venue.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 100, example = json!(["7FK2"]))]
    pub courts: Vec<CourtCode>,
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-22T14:00:00+01:00")]
    pub starts_at: Timestamp,
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-22T18:00:00+01:00")]
    pub ends_at: Timestamp,
    pub cause: CauseBody,
    /// For the colleagues; at most 500 characters.
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    #[serde(default)]
    #[schema(default = "refuse")]
    pub on_bookings: OnBookingsBody,
}

/// Where a block is to be lifted: what it was asked for, or part of it.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftBody {
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 100, example = json!(["7FK2"]))]
    pub courts: Vec<CourtCode>,
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
}

#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BlockCause)]
pub enum CauseBody {
    Maintenance,
    Rain,
    Other,
}

/// What becomes of live bookings: they come first, and nothing is blocked; or they are cancelled, and everything is paid
/// back.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OnBookings)]
pub enum OnBookingsBody {
    #[default]
    Refuse,
    CancelWithRefund,
}

/// A block, or what it would be.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Block)]
pub struct BlockShown {
    pub id: Uuid,
    pub venue: String,
    /// Nothing was done.
    pub dry_run: bool,
    pub parts: Vec<PartShown>,
}

/// Whom the closing of a day, or the end of a court's service, would hit. Nothing was done.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Closing)]
pub struct ClosingShown {
    pub venue: String,
    /// Nothing was done.
    pub dry_run: bool,
    /// Only court-days with bookings on them.
    pub parts: Vec<PartShown>,
}

/// One court on one service day.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = BlockPart)]
pub struct PartShown {
    pub court: String,
    #[schema(value_type = String, format = Date)]
    pub date: jiff::civil::Date,
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// Bookings that the block cancels.
    pub bookings: Vec<HitShown>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = BlockedBooking)]
pub struct HitShown {
    pub id: String,
    /// The first id the booking ever had.
    pub reference: String,
    /// `null` for a guest of the desk's.
    pub player: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// What is paid back, or would be of the price.
    #[schema(value_type = Object)]
    pub refund: Money,
}

impl From<CauseBody> for BlockCause {
    fn from(it: CauseBody) -> Self {
        match it {
            CauseBody::Maintenance => Self::Maintenance,
            CauseBody::Rain => Self::Rain,
            CauseBody::Other => Self::Other,
        }
    }
}

impl From<OnBookingsBody> for OnBookings {
    fn from(it: OnBookingsBody) -> Self {
        match it {
            OnBookingsBody::Refuse => Self::Refuse,
            OnBookingsBody::CancelWithRefund => Self::CancelWithRefund,
        }
    }
}
