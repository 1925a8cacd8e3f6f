//! Reminders that the desk asks for, by booking. Those that time brings about are nobody's request, and no event.
mod command;
mod event;
mod rejection;
mod upcast;

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::decider::Decider;
use crate::ids::BookingId;

pub use command::ReminderCommand;
pub use event::ReminderEvent;
pub use rejection::ReminderRejection;

/// Whoever was told so often knows.
pub const MAX_REQUESTS: usize = 3;

/// What the rules remember of a booking's reminders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reminders {
    /// By the ids of their commands.
    pub requests: BTreeSet<Uuid>,
}

/// The stream of a booking's reminders: apart from the court-day, which has to be short.
pub fn stream(booking: &BookingId) -> String {
    format!("reminder-{booking}")
}

impl Decider for Reminders {
    type State = Self;
    type Command = ReminderCommand;
    type Event = ReminderEvent;
    type Rejection = ReminderRejection;

    fn evolve(mut state: Self, event: ReminderEvent) -> Self {
        match event {
            ReminderEvent::Requested { request, .. } => {
                state.requests.insert(request);
                state
            }
        }
    }

    fn decide(
        state: &Self,
        command: ReminderCommand,
    ) -> Result<Vec<ReminderEvent>, ReminderRejection> {
        let ReminderCommand::Request { booking, request, starts_at } = command;
        if state.requests.contains(&request) {
            return Ok(vec![]);
        }
        if MAX_REQUESTS <= state.requests.len() {
            return Err(ReminderRejection::TooMany);
        }
        Ok(vec![ReminderEvent::Requested { booking, request, starts_at }])
    }
}
