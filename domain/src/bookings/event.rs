use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{BookingId, UserId, VenueId};
use crate::money::Money;

/// What happened on one court on one service day (stream `courtday-<code>-<date>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum BookingEvent {
    #[serde(rename = "booking.held.v1")]
    Held(Held),
    #[serde(rename = "booking.confirmed.v1")]
    Confirmed { booking: BookingId, payment_reference: Option<String> },
    #[serde(rename = "booking.expired.v1")]
    Expired { booking: BookingId, generation: u32, cause: ExpiryCause },
    #[serde(rename = "booking.released.v1")]
    Released { booking: BookingId },
    #[serde(rename = "booking.cancelled.v1")]
    Cancelled { booking: BookingId, refund: Money },
}

/// A place was taken until `expires_at`; for good only when confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub booking: BookingId,
    /// The first id this booking ever had; a move keeps it.
    pub reference: BookingId,
    /// Counts the times this booking was held anew; an expiry names the one it ends.
    pub generation: u32,
    pub venue: VenueId,
    pub player: UserId,
    pub starts_at: Timestamp,
    /// Half-open: the court is free again from here.
    pub ends_at: Timestamp,
    /// The venue's IANA zone when it was booked. The instants count; this says what people were told.
    pub zone: String,
    pub expires_at: Timestamp,
    pub price: Money,
    pub terms: Terms,
    /// Revisions of the streams the decision was made under.
    pub venue_revision: u64,
    pub court_revision: u64,
}

/// What a cancellation gives back, as agreed when the place was held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Everything back until so many hours before the start,
    pub full_refund_hours: u32,
    /// and this share of the price afterwards.
    pub late_refund_percent: u8,
}

/// Who noticed that a hold was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiryCause {
    /// The timed event.
    Timer,
    /// The search for overdue holds.
    Sweep,
    /// Somebody else took the place.
    Lazy,
}
