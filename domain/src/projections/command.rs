use uuid::Uuid;

use super::How;

/// What may be asked of a projection.
#[derive(Clone, Debug)]
pub enum ProjectionCommand {
    /// `accepts`: whatever is found different where it is verified.
    RequestRebuild {
        rebuild: Uuid,
        how: How,
        accepts: bool,
    },
    /// Of a rebuild that is verified: what was found different is as it should be.
    Accept {
        rebuild: Uuid,
    },
    Switch {
        rebuild: Uuid,
    },
    Abort {
        rebuild: Uuid,
        reason: String,
    },
    /// `retry` is the wish's own id. Whether the event is parked, a build knows and not the stream: so it rides along.
    Retry {
        retry: Uuid,
        event: Uuid,
        is_parked: bool,
    },
    Skip {
        event: Uuid,
        reason: String,
        is_parked: bool,
    },
    Pause {
        reason: String,
    },
    Resume,
    DropOld,
}
