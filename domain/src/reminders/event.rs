use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::BookingId;

/// What was asked for (stream `reminder-<booking>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum ReminderEvent {
    /// The desk wants whoever booked to be reminded now. `request` is the command's id: sent twice it is one.
    #[serde(rename = "reminder.requested.v1")]
    Requested {
        booking: BookingId,
        request: Uuid,
        /// Of play, after which it is of no use.
        starts_at: Timestamp,
    },
}
