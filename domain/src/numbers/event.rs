use serde::{Deserialize, Serialize};

/// What was said about SMS to a number (stream `number-<hmac>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum NumberEvent {
    /// No SMS goes there any more. `message_id` is the provider's name for the message that said so.
    #[serde(rename = "number.opted-out.v1")]
    OptedOut { message_id: String },
    #[serde(rename = "number.opted-in.v1")]
    OptedIn { message_id: String },
}
