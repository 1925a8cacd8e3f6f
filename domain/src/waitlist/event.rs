use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::WaitingId;
use crate::ids::{BookingId, CourtCode, UserId};

/// What happened on one waitlist (stream `waitlist-<venue>-<date>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum WaitlistEvent {
    #[serde(rename = "waitlist.joined.v1")]
    Joined { waiting: WaitingId, user: UserId, wish: Wish },
    /// They wait no more, by their own word or because they never answered. A place that they are just offered stays theirs until its hold ends.
    #[serde(rename = "waitlist.left.v1")]
    Left { waiting: WaitingId },
    /// `booking` is a hold in their name, made before this.
    #[serde(rename = "waitlist.offered.v1")]
    Offered {
        waiting: WaitingId,
        booking: BookingId,
        starts_at: Timestamp,
        ends_at: Timestamp,
        /// When the hold runs out, unless a payment or a maintenance extends it.
        until: Timestamp,
    },
    #[serde(rename = "waitlist.offer-ended.v1")]
    OfferEnded { waiting: WaitingId, booking: BookingId, how: OfferEnd },
}

/// What somebody waits for: so many minutes, anywhere between two instants, on any court that fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    pub from: Timestamp,
    /// Half-open: by then play has ended.
    pub to: Timestamp,
    pub minutes: u32,
    pub court: Option<CourtCode>,
    pub kind: Option<String>,
    pub surface: Option<String>,
    pub indoor: Option<bool>,
}

/// How an offer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferEnd {
    /// The hold was confirmed.
    Accepted,
    /// Nobody answered in time.
    Lapsed,
    /// The hold was given back.
    Declined,
    /// The court was taken away.
    Withdrawn,
}
