//! A notice: one message to one person, sent once.
mod command;
mod event;
mod rejection;
mod upcast;

use uuid::Uuid;

use crate::decider::Decider;

pub use command::NoticeCommand;
pub use event::NoticeEvent;
pub use rejection::NoticeRejection;

/// What the rules remember of a notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notice {
    #[default]
    Unsent,
    Sent,
}

/// The stream of a notice; the intent's id is derived from the event that made it necessary.
pub fn stream(intent: Uuid) -> String {
    format!("notice-{intent}")
}

impl Decider for Notice {
    type State = Self;
    type Command = NoticeCommand;
    type Event = NoticeEvent;
    type Rejection = NoticeRejection;

    fn evolve(_: Self, event: NoticeEvent) -> Self {
        match event {
            NoticeEvent::Sent { .. } => Self::Sent,
        }
    }

    fn decide(state: &Self, command: NoticeCommand) -> Result<Vec<NoticeEvent>, NoticeRejection> {
        match (state, command) {
            (Self::Unsent, NoticeCommand::Send { kind, channel, message_id }) => {
                Ok(vec![NoticeEvent::Sent { kind, channel, message_id }])
            }
            (Self::Sent, NoticeCommand::Send { .. }) => Ok(vec![]),
        }
    }
}
