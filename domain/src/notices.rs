//! A notice: one message to one person, sent once.
mod command;
mod event;
mod rejection;
mod upcast;

use uuid::Uuid;

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
