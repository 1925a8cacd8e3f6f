use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{BookingId, CourtCode};

/// What came of a series (stream `series-<command>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum SeriesEvent {
    #[serde(rename = "series.booked.v1")]
    Booked { court: CourtCode, occurrences: Vec<Occurrence> },
}

/// One date: a booking, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub booking: Option<BookingId>,
    /// The name of what stood in the way: `slot-taken`, `closed`, `too-far-ahead`, …
    pub skipped: Option<String>,
}
