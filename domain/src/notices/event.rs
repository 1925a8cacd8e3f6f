use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Delivery;

/// What was sent to somebody (stream `notice-<intent>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum NoticeEvent {
    /// Recorded once the provider took it. What stands here is never sent again, whatever is replayed.
    #[serde(rename = "notice.sent.v1")]
    Sent { kind: String, channel: String, message_id: String },
    /// What became of it, in the provider's words. Without `notice.sent` before it, it says that the provider took it.
    #[serde(rename = "notice.delivery-reported.v1")]
    DeliveryReported { message_id: String, status: Delivery, code: Option<u32> },
    /// It was given up, and an operator wants it tried again.
    #[serde(rename = "notice.resend-requested.v1")]
    ResendRequested { request: Uuid },
}
