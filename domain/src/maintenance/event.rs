use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When commands were not taken (stream `maintenance-commands`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum MaintenanceEvent {
    /// A second one before the end only says more: `since` is that of the first.
    #[serde(rename = "maintenance.begun.v1")]
    Begun { since: Timestamp, until: Option<Timestamp>, reason: String },
    #[serde(rename = "maintenance.ended.v1")]
    Ended {},
}
