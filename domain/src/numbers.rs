//! A telephone number: whether SMS may go to it. Whoever has the telephone says so, by answering STOP or START; no matter
//! whose account names the number, today or later.
mod command;
mod event;
mod rejection;
mod upcast;

use crate::decider::Decider;

pub use command::NumberCommand;
pub use event::NumberEvent;
pub use rejection::NumberRejection;

/// What the rules remember of a number. The stream's name is a keyed hash: the number itself stands nowhere here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Number {
    /// Nobody ever said anything, or said START last.
    #[default]
    Open,
    /// STOP was the last word.
    Stopped,
}

impl Decider for Number {
    type State = Self;
    type Command = NumberCommand;
    type Event = NumberEvent;
    type Rejection = NumberRejection;

    fn evolve(_: Self, event: NumberEvent) -> Self {
        match event {
            NumberEvent::OptedOut { .. } => Self::Stopped,
            NumberEvent::OptedIn { .. } => Self::Open,
        }
    }

    fn decide(state: &Self, command: NumberCommand) -> Result<Vec<NumberEvent>, NumberRejection> {
        match (state, command) {
            (Self::Open, NumberCommand::Stop { message_id }) => {
                Ok(vec![NumberEvent::OptedOut { message_id }])
            }
            (Self::Stopped, NumberCommand::Stop { .. }) => Ok(vec![]),
            (Self::Stopped, NumberCommand::Start { message_id }) => {
                Ok(vec![NumberEvent::OptedIn { message_id }])
            }
            (Self::Open, NumberCommand::Start { .. }) => Ok(vec![]),
        }
    }
}
