use jiff::civil::{Date, Time};

use crate::policies::{Policy, Week};

/// What may be asked of a venue.
#[derive(Clone, Debug)]
pub enum VenueCommand {
    Open {
        name: String,
        zone: String,
        day_starts_at: Time,
    },
    /// From a date on; later dates already set stay as they are.
    SetHours {
        from: Date,
        week: Week,
    },
    SetPolicy {
        policy: Policy,
    },
}
