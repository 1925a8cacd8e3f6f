//! A venue: where courts are, in which zone it counts its days, when it is open and by which rules it sells.
mod command;
mod event;
mod rejection;
mod upcast;

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};

use crate::policies::{Policy, Week};

pub use command::VenueCommand;
pub use event::VenueEvent;
pub use rejection::VenueRejection;

/// What the rules remember of a venue; `None` until it opens.
#[derive(Clone, Debug, Default)]
pub struct VenueState(pub Option<Venue>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Venue {
    pub name: String,
    pub zone: String,
    pub day_starts_at: Time,
    /// The weekly hours and the first service date they hold on; the last one not after a date decides.
    pub hours: BTreeMap<Date, Week>,
    pub policy: Policy,
}
