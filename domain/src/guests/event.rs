use serde::{Deserialize, Serialize};

use crate::ids::BookingId;

/// What happened to a guest (stream `guest-<guest id>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum GuestEvent {
    /// It cannot be taken back. `booking` is one that the desk made for them.
    #[serde(rename = "guest.erasure-requested.v1")]
    ErasureRequested { booking: BookingId },
    /// Their key is destroyed, and no process has it in memory any more.
    #[serde(rename = "guest.erased.v1")]
    Erased {},
}
