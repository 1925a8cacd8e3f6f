//! Retention: what time makes unreadable.
mod command;
mod event;
mod rejection;
mod upcast;

use jiff::civil::Date;

use crate::decider::Decider;

pub use command::RetentionCommand;
pub use event::RetentionEvent;
pub use rejection::RetentionRejection;

/// The one stream of its kind.
pub const STREAM: &str = "retention-logins";

/// How far it has come: what lies before these days can be read no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Of attempts under names that nobody has.
    pub unknown_before: Option<Date>,
    /// Of logins to accounts: the beginning of a quarter.
    pub before: Option<Date>,
}

impl Decider for Retention {
    type State = Self;
    type Command = RetentionCommand;
    type Event = RetentionEvent;
    type Rejection = RetentionRejection;

    fn evolve(state: Self, event: RetentionEvent) -> Self {
        match event {
            RetentionEvent::UnknownLoginsEnded { before } => {
                Self { unknown_before: Some(before), ..state }
            }
            RetentionEvent::LoginsEnded { before } => Self { before: Some(before), ..state },
        }
    }

    fn decide(
        state: &Self,
        command: RetentionCommand,
    ) -> Result<Vec<RetentionEvent>, RetentionRejection> {
        let (so_far, before, event) = match command {
            RetentionCommand::EndUnknownLogins { before } => {
                (state.unknown_before, before, RetentionEvent::UnknownLoginsEnded { before })
            }
            RetentionCommand::EndLogins { before } => {
                (state.before, before, RetentionEvent::LoginsEnded { before })
            }
        };
        let is_so = so_far.is_some_and(|it| before <= it);
        if is_so { Ok(vec![]) } else { Ok(vec![event]) }
    }
}
