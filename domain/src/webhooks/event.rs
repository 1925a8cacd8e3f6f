use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What became of webhooks (stream `webhook-endpoints`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*. The secret is in none of them: it
/// follows from the webhook and the generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum WebhookEvent {
    /// No types are all of them.
    #[serde(rename = "webhook.added.v1")]
    Added { webhook: Uuid, url: String, types: Vec<String>, description: String },
    #[serde(rename = "webhook.changed.v1")]
    Changed { webhook: Uuid, url: String, types: Vec<String>, description: String },
    #[serde(rename = "webhook.secret-rotated.v1")]
    SecretRotated { webhook: Uuid, generation: u32, request: Uuid },
    #[serde(rename = "webhook.test-requested.v1")]
    TestRequested { webhook: Uuid, request: Uuid },
    /// Nothing is sent there until it is resumed, and what happens meanwhile is not kept for it.
    #[serde(rename = "webhook.stopped.v1")]
    Stopped { webhook: Uuid, why: StopCause },
    #[serde(rename = "webhook.resumed.v1")]
    Resumed { webhook: Uuid },
    #[serde(rename = "webhook.removed.v1")]
    Removed { webhook: Uuid },
}

/// Why nothing is sent any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// The receiver said 410: there is nobody, and there will not be.
    Gone,
    /// Something was given up after all its attempts, and nothing else was taken in all that time.
    Failing,
}

impl StopCause {
    /// As everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}
