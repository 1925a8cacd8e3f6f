use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::policies::{DayHours, Policy, Week};
use crate::sealed::Sealed;

/// What happened to a venue (stream `venue-<id>`). Dates are service dates.
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum VenueEvent {
    /// Zone and `day_starts_at` are for ever: together they say to which service day an instant belongs.
    #[serde(rename = "venue.opened.v1")]
    Opened { name: String, zone: String, day_starts_at: Time },
    #[serde(rename = "venue.renamed.v1")]
    Renamed { name: String },
    #[serde(rename = "venue.hours-set.v1")]
    HoursSet { from: Date, week: Week },
    /// A reason is somebody's own words, sealed under the writer's key.
    #[serde(rename = "venue.hours-set-on.v1")]
    HoursSetOn { date: Date, hours: DayHours, reason: Option<Sealed> },
    #[serde(rename = "venue.hours-lifted-on.v1")]
    HoursLiftedOn { date: Date },
    /// Announces: whoever had booked keeps the booking until the court-day says otherwise.
    #[serde(rename = "venue.closed-on.v1")]
    ClosedOn { date: Date, reason: Option<Sealed> },
    #[serde(rename = "venue.reopened-on.v1")]
    ReopenedOn { date: Date },
    #[serde(rename = "venue.policy-set.v2")]
    PolicySet { policy: Policy },
}
