use uuid::Uuid;

use super::Delivery;

/// What may be said of a notice.
#[derive(Clone, Debug)]
pub enum NoticeCommand {
    Send {
        kind: String,
        channel: String,
        message_id: String,
    },
    /// By the provider; `code` is its own number for what went wrong.
    Report {
        message_id: String,
        status: Delivery,
        code: Option<u32>,
    },
    /// By an operator, who knows that it did not go out.
    Resend {
        request: Uuid,
        is_dead: bool,
    },
}
