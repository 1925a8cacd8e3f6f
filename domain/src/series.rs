//! One time a week, booked at once: which of its dates are somebody's, and which were not to be had.
//!
//! Each date is a booking like any other, decided by its own court-day. This records what came of them, once: the same
//! request sent again is answered with it, and books nothing that has become free since.
mod command;
mod event;
mod rejection;
mod upcast;

use uuid::Uuid;

use crate::decider::Decider;

pub use command::SeriesCommand;
pub use event::{Occurrence, SeriesEvent};
pub use rejection::SeriesRejection;

/// What the rules remember of a series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// Empty until it is booked.
    pub occurrences: Vec<Occurrence>,
}

/// The stream of the series that a command booked.
pub fn stream(command: Uuid) -> String {
    format!("series-{command}")
}

impl Decider for Series {
    type State = Self;
    type Command = SeriesCommand;
    type Event = SeriesEvent;
    type Rejection = SeriesRejection;

    fn evolve(_: Self, event: SeriesEvent) -> Self {
        let SeriesEvent::Booked { occurrences, .. } = event;
        Self { occurrences }
    }

    fn decide(state: &Self, command: SeriesCommand) -> Result<Vec<SeriesEvent>, SeriesRejection> {
        let SeriesCommand::Record { court, occurrences } = command;
        if !state.occurrences.is_empty() {
            return Ok(vec![]);
        }
        Ok(vec![SeriesEvent::Booked { court, occurrences }])
    }
}
