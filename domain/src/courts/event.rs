use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::VenueId;
use crate::policies::Prices;
use crate::sealed::Sealed;

/// What happened to a court (stream `court-<code>`). Dates are service dates.
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum CourtEvent {
    #[serde(rename = "court.added.v1")]
    Added {
        venue: VenueId,
        name: String,
        /// The sport, in the venue's own word: `tennis`, `padel`, `badminton`, …
        kind: String,
        /// `clay`, `hard`, `grass`, …
        surface: String,
        indoor: bool,
    },
    #[serde(rename = "court.described.v1")]
    Described { name: String, kind: String, surface: String, indoor: bool },
    /// Without a date, these are the prices until the first date that has others.
    #[serde(rename = "court.priced.v2")]
    Priced { from: Option<Date>, prices: Prices },
    /// Announces: whoever had booked keeps the booking until the court-day says otherwise. The reason is somebody's own
    /// words, sealed under the writer's key.
    #[serde(rename = "court.retired.v1")]
    Retired { from: Date, reason: Option<Sealed> },
    #[serde(rename = "court.returned.v1")]
    Returned { from: Date },
}
