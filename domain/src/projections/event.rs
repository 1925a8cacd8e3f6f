use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What operators asked of a projection, and what came of it (stream `projection-<name>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum ProjectionEvent {
    #[serde(rename = "projection.rebuild-requested.v1")]
    RebuildRequested { rebuild: Uuid },
    #[serde(rename = "projection.switched.v1")]
    Switched { rebuild: Uuid },
    #[serde(rename = "projection.aborted.v1")]
    Aborted { rebuild: Uuid, reason: String },
}
