use serde::{Deserialize, Serialize};

use crate::ids::VenueId;
use crate::policies::Prices;

/// What happened to a court (stream `court-<code>`).
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
    #[serde(rename = "court.priced.v1")]
    Priced { prices: Prices },
}
