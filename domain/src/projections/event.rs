use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::How;

/// What operators asked of a projection, and what came of it (stream `projection-<name>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum ProjectionEvent {
    #[serde(rename = "projection.rebuild-requested.v2")]
    RebuildRequested {
        rebuild: Uuid,
        #[serde(flatten)]
        how: How,
    },
    /// A rebuild that is verified is switched to, though it differs from the live build.
    #[serde(rename = "projection.differences-accepted.v1")]
    DifferencesAccepted { rebuild: Uuid },
    #[serde(rename = "projection.switched.v1")]
    Switched { rebuild: Uuid },
    #[serde(rename = "projection.aborted.v1")]
    Aborted { rebuild: Uuid, reason: String },
    /// An event that was parked is to be tried again, and what waits behind it.
    #[serde(rename = "projection.retry-requested.v1")]
    RetryRequested { retry: Uuid, event: Uuid },
    /// An event is given up, in every build from now on. The reason is read by operators, and holds no personal data.
    #[serde(rename = "projection.skipped.v1")]
    Skipped { event: Uuid, reason: String },
    /// It neither follows nor is rebuilt until it is resumed. Of the reason as of that of a skip.
    #[serde(rename = "projection.paused.v1")]
    Paused { reason: String },
    #[serde(rename = "projection.resumed.v1")]
    Resumed {},
    /// The builds that were live before are needed no more.
    #[serde(rename = "projection.drop-old-requested.v1")]
    DropOldRequested {},
}
