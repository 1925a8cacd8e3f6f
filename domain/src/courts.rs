//! A court: what is booked.
mod command;
mod event;
mod rejection;
mod upcast;

use crate::ids::VenueId;
use crate::policies::Prices;

pub use command::CourtCommand;
pub use event::CourtEvent;
pub use rejection::CourtRejection;

/// What the rules remember of a court; `None` until it is added.
#[derive(Clone, Debug, Default)]
pub struct CourtState(pub Option<Court>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Court {
    pub venue: VenueId,
    pub name: String,
    pub kind: String,
    pub surface: String,
    pub indoor: bool,
    pub prices: Prices,
}
