//! A court: what is booked.
mod command;
mod decide;
mod event;
mod rejection;
mod upcast;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::decider::Decider;
use crate::ids::VenueId;
use crate::policies::PriceList;

pub use command::CourtCommand;
pub use event::CourtEvent;
pub use rejection::CourtRejection;

/// What the rules remember of a court; `None` until it is added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CourtState(pub Option<Court>, AddedAs);

/// As it was added: by this a repeated command knows its court again, however it is described since.
type AddedAs = Option<(VenueId, Description)>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Court {
    pub venue: VenueId,
    pub name: String,
    pub kind: String,
    pub surface: String,
    pub indoor: bool,
    /// Free of charge until somebody prices it.
    pub prices: PriceList,
    /// What became of it from which service date on. Before the first it is in service.
    pub service: BTreeMap<Date, Service>,
}

/// What people are told of a court.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Description {
    name: String,
    kind: String,
    surface: String,
    indoor: bool,
}

/// Whether a court can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    Retired,
    Returned,
}

impl Court {
    /// Whether the court is out of service on a service date: nobody gets it, and who had it already keeps it until the
    /// court-day says otherwise.
    pub fn is_retired_on(&self, date: Date) -> bool {
        let last = self.service.range(..=date).next_back();
        last.is_some_and(|(_, it)| *it == Service::Retired)
    }
}

impl Decider for CourtState {
    type State = Self;
    type Command = CourtCommand;
    type Event = CourtEvent;
    type Rejection = CourtRejection;

    fn evolve(Self(court, added_as): Self, event: CourtEvent) -> Self {
        use CourtEvent as E;

        if let E::Added { venue, name, kind, surface, indoor } = event {
            let it = Description { name, kind, surface, indoor };
            return Self(Some(Court::new(venue.clone(), it.clone())), Some((venue, it)));
        }
        let Some(mut court) = court else { return Self(None, added_as) };
        match event {
            E::Added { .. } => {}
            E::Described { name, kind, surface, indoor } => {
                (court.name, court.kind, court.surface, court.indoor) =
                    (name, kind, surface, indoor);
            }
            E::Priced { from: None, prices } => court.prices.first = prices,
            E::Priced { from: Some(from), prices } => _ = court.prices.later.insert(from, prices),
            E::Retired { from, .. } => _ = court.service.insert(from, Service::Retired),
            E::Returned { from } => _ = court.service.insert(from, Service::Returned),
        }
        Self(Some(court), added_as)
    }

    fn decide(
        Self(court, added_as): &Self,
        command: CourtCommand,
    ) -> Result<Vec<CourtEvent>, CourtRejection> {
        use CourtCommand as C;

        match (court, command) {
            (_, C::Add { venue, name, kind, surface, indoor }) => {
                decide::add(added_as, venue, Description { name, kind, surface, indoor })
            }
            (None, _) => Err(CourtRejection::UnknownCourt),
            (Some(it), command) => decide::change(it, command),
        }
    }
}

impl Court {
    fn new(venue: VenueId, it: Description) -> Self {
        let Description { name, kind, surface, indoor } = it;
        let (prices, service) = (PriceList::default(), BTreeMap::new());
        Self { venue, name, kind, surface, indoor, prices, service }
    }
}
