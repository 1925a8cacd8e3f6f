use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{BookingId, VenueId};

/// What happened to a player's leases (stream `player-<user>`).
///
/// `at` equals the metadata's: it says which days were over when this happened, and a rule sees no metadata.
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum PlayerEvent {
    #[serde(rename = "player.lease-taken.v2")]
    LeaseTaken {
        booking: BookingId,
        /// The first id that the booking ever had: another than its own while it moves to this place.
        reference: BookingId,
        command: Uuid,
        venue: VenueId,
        until: Timestamp,
        at: Timestamp,
    },
    #[serde(rename = "player.lease-extended.v2")]
    LeaseExtended {
        booking: BookingId,
        reference: BookingId,
        venue: VenueId,
        generation: u32,
        confirmed: bool,
        until: Timestamp,
        at: Timestamp,
    },
    /// `generation` is the one that ended; 0 if the booking was never held.
    #[serde(rename = "player.lease-returned.v1")]
    LeaseReturned { booking: BookingId, generation: u32 },
    #[serde(rename = "player.closed.v1")]
    Closed {},
}
