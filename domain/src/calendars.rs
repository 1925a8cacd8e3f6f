//! The secret link by which a person's calendar program reads their bookings: one at a time.
mod command;
mod event;
mod rejection;
mod upcast;

use crate::decider::Decider;
use crate::ids::UserId;

pub use command::CalendarCommand;
pub use event::CalendarEvent;
pub use rejection::CalendarRejection;

/// What the rules remember of a person's link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// What the link's secret hashes to.
    pub digest: Option<String>,
}

/// What the names of these streams begin with.
pub const CALENDARS: &str = "calendar-";

pub fn stream(user: UserId) -> String {
    format!("{CALENDARS}{user}")
}

impl Decider for Calendar {
    type State = Self;
    type Command = CalendarCommand;
    type Event = CalendarEvent;
    type Rejection = CalendarRejection;

    fn evolve(_: Self, event: CalendarEvent) -> Self {
        match event {
            CalendarEvent::Linked { digest } => Self { digest: Some(digest) },
            CalendarEvent::Unlinked {} => Self { digest: None },
        }
    }

    fn decide(
        state: &Self,
        command: CalendarCommand,
    ) -> Result<Vec<CalendarEvent>, CalendarRejection> {
        Ok(match command {
            CalendarCommand::Link { digest } if state.digest.as_ref() == Some(&digest) => vec![],
            CalendarCommand::Link { digest } => vec![CalendarEvent::Linked { digest }],
            CalendarCommand::Unlink if state.digest.is_none() => vec![],
            CalendarCommand::Unlink => vec![CalendarEvent::Unlinked {}],
        })
    }
}
