use crate::ids::VenueId;
use crate::policies::Prices;

/// What may be asked of a court.
#[derive(Clone, Debug)]
pub enum CourtCommand {
    Add { venue: VenueId, name: String, kind: String, surface: String, indoor: bool },
    Price { prices: Prices },
}
