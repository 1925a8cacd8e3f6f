//! The rules of a box office that has three seats: small enough to see through, and easy to break.
use std::collections::BTreeMap;

use domain::decider::Decider;
use domain::stored::{StoredEvent, Upcast};
use serde::{Deserialize, Serialize};

pub const SEATS: usize = 3;

#[derive(Debug)]
pub struct Tickets;

/// Every ticket ever sold, and whether it still holds.
pub type State = BTreeMap<u64, bool>;

#[derive(Clone, Copy, Debug)]
pub enum Command {
    Sell { ticket: u64 },
    Refund { ticket: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "ticket.sold.v1")]
    Sold { ticket: u64 },
    /// Recorded together with the sale that takes the last seat.
    #[serde(rename = "ticket.sold-out.v1")]
    SoldOut {},
    #[serde(rename = "ticket.refunded.v1")]
    Refunded { ticket: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    SoldOut,
    NotSold,
}

impl StoredEvent for Event {
    const UPCASTS: &'static [Upcast] = &[];
}

impl Decider for Tickets {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn evolve(mut state: State, event: Event) -> State {
        match event {
            Event::Sold { ticket } => drop(state.insert(ticket, true)),
            Event::Refunded { ticket } => drop(state.insert(ticket, false)),
            Event::SoldOut {} => {}
        }
        state
    }

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
        let taken = taken(state);
        match command {
            Command::Sell { ticket } if state.contains_key(&ticket) => Ok(vec![]),
            Command::Sell { .. } if SEATS <= taken => Err(Rejection::SoldOut),
            Command::Sell { ticket } if taken + 1 == SEATS => {
                Ok(vec![Event::Sold { ticket }, Event::SoldOut {}])
            }
            Command::Sell { ticket } => Ok(vec![Event::Sold { ticket }]),
            Command::Refund { ticket } => match state.get(&ticket) {
                None => Err(Rejection::NotSold),
                Some(false) => Ok(vec![]),
                Some(true) => Ok(vec![Event::Refunded { ticket }]),
            },
        }
    }
}

fn taken(state: &State) -> usize {
    state.values().filter(|it| **it).count()
}

/// Tells a stream's story, or how it broke the rules.
pub fn told(story: &[Event]) -> Result<State, String> {
    let mut state = State::new();
    let mut announced = false;
    for (index, event) in story.iter().enumerate() {
        let lawful = match event {
            Event::Sold { ticket } => taken(&state) < SEATS && !state.contains_key(ticket),
            Event::Refunded { ticket } => state.get(ticket) == Some(&true),
            Event::SoldOut {} => taken(&state) == SEATS && !announced,
        };
        announced = matches!(event, Event::SoldOut {});
        if !lawful {
            return Err(format!("{event:?} as number {index} of {story:?}"));
        }
        if matches!(event, Event::Sold { .. }) && taken(&state) + 1 == SEATS {
            let next = story.get(index + 1);
            if next != Some(&Event::SoldOut {}) {
                return Err(format!("torn apart: {next:?} after number {index} of {story:?}"));
            }
        }
        state = Tickets::evolve(state, *event);
    }
    Ok(state)
}
