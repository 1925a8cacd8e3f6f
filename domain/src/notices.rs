//! A notice: one message to one person, sent once.
mod command;
mod delivery;
mod event;
mod rejection;
mod upcast;

use uuid::Uuid;

use crate::decider::Decider;

pub use command::NoticeCommand;
pub use delivery::Delivery;
pub use event::NoticeEvent;
pub use rejection::NoticeRejection;

/// What the rules remember of a notice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// It is on record, and never sent again.
    pub sent: bool,
    /// What the provider said of it last, and what it calls it. Whoever finds this and no record knows that it was sent.
    pub reported: Option<(Delivery, String)>,
    /// The last wish to try it again, by its own id.
    pub resend: Option<Uuid>,
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

    fn evolve(notice: Self, event: NoticeEvent) -> Self {
        match event {
            NoticeEvent::Sent { .. } => Self { sent: true, ..notice },
            NoticeEvent::DeliveryReported { message_id, status, .. } => {
                Self { reported: Some((status, message_id)), ..notice }
            }
            NoticeEvent::ResendRequested { request } => Self { resend: Some(request), ..notice },
        }
    }

    fn decide(notice: &Self, command: NoticeCommand) -> Result<Vec<NoticeEvent>, NoticeRejection> {
        match command {
            NoticeCommand::Send { .. } if notice.sent => Ok(vec![]),
            NoticeCommand::Send { kind, channel, message_id } => {
                Ok(vec![NoticeEvent::Sent { kind, channel, message_id }])
            }
            NoticeCommand::Report { message_id, status, code } => {
                // That it was accepted is no news of what is on record.
                let recorded = notice.sent.then_some(Delivery::Accepted);
                let told = notice.reported.as_ref().map(|it| it.0);
                let known = told.or(recorded).map(Delivery::rank);
                let reported = NoticeEvent::DeliveryReported { message_id, status, code };
                Ok((known < Some(status.rank())).then_some(reported).into_iter().collect())
            }
            NoticeCommand::Resend { request, .. } if notice.resend == Some(request) => Ok(vec![]),
            NoticeCommand::Resend { request, is_dead } if is_dead && !notice.sent => {
                Ok(vec![NoticeEvent::ResendRequested { request }])
            }
            NoticeCommand::Resend { .. } => Err(NoticeRejection::NotDead),
        }
    }
}
