use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::policies::{Policy, Week};

/// What happened to a venue (stream `venue-<id>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum VenueEvent {
    /// Zone and `day_starts_at` are for ever: together they say to which service day an instant belongs.
    #[serde(rename = "venue.opened.v1")]
    Opened { name: String, zone: String, day_starts_at: Time },
    #[serde(rename = "venue.hours-set.v1")]
    HoursSet { from: Date, week: Week },
    #[serde(rename = "venue.policy-set.v2")]
    PolicySet { policy: Policy },
}
