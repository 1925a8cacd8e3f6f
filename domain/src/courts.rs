//! A court: what is booked.
mod command;
mod event;
mod rejection;
mod upcast;

use crate::decider::Decider;
use crate::ids::VenueId;
use crate::policies::Prices;

pub use command::CourtCommand;
pub use event::CourtEvent;
pub use rejection::CourtRejection;

/// What the rules remember of a court; `None` until it is added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CourtState(pub Option<Court>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Court {
    pub venue: VenueId,
    pub name: String,
    pub kind: String,
    pub surface: String,
    pub indoor: bool,
    /// Free of charge until somebody prices it.
    pub prices: Prices,
}

impl Decider for CourtState {
    type State = Self;
    type Command = CourtCommand;
    type Event = CourtEvent;
    type Rejection = CourtRejection;

    fn evolve(Self(court): Self, event: CourtEvent) -> Self {
        match (court, event) {
            (_, CourtEvent::Added { venue, name, kind, surface, indoor }) => {
                let prices = Prices::default();
                Self(Some(Court { venue, name, kind, surface, indoor, prices }))
            }
            (Some(court), CourtEvent::Priced { prices }) => Self(Some(Court { prices, ..court })),
            (None, CourtEvent::Priced { .. }) => Self(None),
        }
    }

    fn decide(
        Self(court): &Self,
        command: CourtCommand,
    ) -> Result<Vec<CourtEvent>, CourtRejection> {
        use CourtCommand as C;
        use CourtEvent as E;
        use CourtRejection as R;

        match (court, command) {
            (None, C::Add { venue, name, kind, surface, indoor }) => {
                if ![&name, &kind, &surface].into_iter().all(|it| is_name(it)) {
                    return Err(R::BadName);
                }
                Ok(vec![E::Added { venue, name, kind, surface, indoor }])
            }
            (Some(it), C::Add { venue, name, kind, surface, indoor }) => {
                let added = Court { venue, name, kind, surface, indoor, prices: it.prices.clone() };
                if *it == added { Ok(vec![]) } else { Err(R::CourtExists) }
            }

            (None, C::Price { .. }) => Err(R::UnknownCourt),
            (Some(it), C::Price { prices }) if it.prices == prices => Ok(vec![]),
            (Some(_), C::Price { prices }) => {
                prices.validate()?;
                Ok(vec![E::Priced { prices }])
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 100
}
