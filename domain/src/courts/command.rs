use jiff::civil::Date;

use crate::ids::VenueId;
use crate::policies::Prices;
use crate::sealed::Sealed;

/// What may be asked of a court.
#[derive(Clone, Debug)]
pub enum CourtCommand {
    Add {
        venue: VenueId,
        name: String,
        kind: String,
        surface: String,
        indoor: bool,
    },
    /// What is `None` stays.
    Describe {
        name: Option<String>,
        kind: Option<String>,
        surface: Option<String>,
        indoor: Option<bool>,
    },
    /// From a service date on, or from the beginning; later dates already set stay as they are.
    Price {
        from: Option<Date>,
        prices: Prices,
    },
    /// Nobody gets it from a service date on. What is booked already is not touched here: its court-days decide about it.
    Retire {
        from: Date,
        reason: Option<Sealed>,
    },
    Return {
        from: Date,
    },
}
