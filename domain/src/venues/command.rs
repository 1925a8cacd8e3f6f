use jiff::civil::{Date, Time};

use crate::policies::{DayHours, Policy, Week};
use crate::sealed::Sealed;

/// What may be asked of a venue.
#[derive(Clone, Debug)]
pub enum VenueCommand {
    Open {
        name: String,
        zone: String,
        day_starts_at: Time,
    },
    Rename {
        name: String,
    },
    /// From a date on; later dates already set stay as they are.
    SetHours {
        from: Date,
        week: Week,
    },
    /// On one service date alone, whatever the week says.
    SetHoursOn {
        date: Date,
        hours: DayHours,
        reason: Option<Sealed>,
    },
    /// Back to the hours of the week.
    LiftHoursOn {
        date: Date,
    },
    /// What is booked on that day already is not touched here: its court-days decide about it.
    CloseOn {
        date: Date,
        reason: Option<Sealed>,
    },
    /// Back to the hours that the date had.
    ReopenOn {
        date: Date,
    },
    SetPolicy {
        policy: Policy,
    },
}
