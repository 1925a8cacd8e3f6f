use uuid::Uuid;

use super::StopCause;

/// What may be asked of webhooks. `request` is the command's id: asked twice it is one.
#[derive(Clone, Debug)]
pub enum WebhookCommand {
    Add {
        webhook: Uuid,
        url: String,
        types: Vec<String>,
        description: String,
    },
    Change {
        webhook: Uuid,
        wanted: Wanted,
    },
    /// The secret gives way to another one; for a while both count.
    RotateSecret {
        webhook: Uuid,
        request: Uuid,
    },
    /// Something is sent that means nothing.
    Test {
        webhook: Uuid,
        request: Uuid,
    },
    /// By whoever sends: nobody takes it there.
    Stop {
        webhook: Uuid,
        why: StopCause,
    },
    Resume {
        webhook: Uuid,
    },
    Remove {
        webhook: Uuid,
    },
}

/// What is left out stays.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub url: Option<String>,
    pub types: Option<Vec<String>>,
    pub description: Option<String>,
}
