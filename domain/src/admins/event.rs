use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// What happened to the roster of administrators (stream `admin-roster`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum AdminEvent {
    /// Recorded before the account itself changes, as it was at `epoch`: from here on this one cannot be the one who stays.
    #[serde(rename = "admin.left.v2")]
    Left { user: UserId, witness: UserId, epoch: u64 },
    #[serde(rename = "admin.returned.v1")]
    Returned { user: UserId },
}
