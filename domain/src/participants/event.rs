use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// What became of a booking's list of people who play along (stream `participants-<reference>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum ParticipantsEvent {
    /// A new link; the one before is over. The link's secret follows from the booking, this number and a key that is in no
    /// database: whoever reads the log cannot follow it.
    #[serde(rename = "participants.invited.v1")]
    Invited { generation: u32 },
    #[serde(rename = "participants.joined.v1")]
    Joined { user: UserId },
    #[serde(rename = "participants.left.v1")]
    Left { user: UserId, by: LeftBy },
}

/// Whose wish it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftBy {
    /// Their own.
    Own,
    /// Of whoever has booked.
    Booker,
    Desk,
}
