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

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    pub before: Option<Date>,
}

impl Decider for Retention {
    type State = Self;
    type Command = RetentionCommand;
    type Event = RetentionEvent;
    type Rejection = RetentionRejection;

    fn evolve(_: Self, event: RetentionEvent) -> Self {
        let RetentionEvent::UnknownLoginsEnded { before } = event;
        Self { before: Some(before) }
    }

    fn decide(
        state: &Self,
        command: RetentionCommand,
    ) -> Result<Vec<RetentionEvent>, RetentionRejection> {
        let RetentionCommand::EndUnknownLogins { before } = command;
        let is_so = state.before.is_some_and(|it| before <= it);
        if is_so { Ok(vec![]) } else { Ok(vec![RetentionEvent::UnknownLoginsEnded { before }]) }
    }
}
