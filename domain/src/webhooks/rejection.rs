use super::{LONGEST_DESCRIPTION, MOST};

/// Why a webhook stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRejection {
    #[error("there is no such webhook")]
    UnknownWebhook,
    #[error("there are {MOST} webhooks already")]
    TooMany,
    #[error("there is no change of this type")]
    UnknownType { at: usize },
    #[error(
        "a description has at most {LONGEST_DESCRIPTION} characters, none of them control characters"
    )]
    BadDescription,
}
