use serde::{Deserialize, Serialize};

/// What a provider says became of a message it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It is on its way; nobody knows more.
    Accepted,
    /// The provider could not send it on.
    Failed,
    /// It was sent on, and did not arrive.
    Undelivered,
    Delivered,
}

impl Delivery {
    /// Reports come in any order, and only ever lead upwards.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::Failed | Self::Undelivered => 1,
            Self::Delivered => 2,
        }
    }

    /// As everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Failed => "failed",
            Self::Undelivered => "undelivered",
            Self::Delivered => "delivered",
        }
    }
}
