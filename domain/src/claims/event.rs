use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// What happened to an identifier (stream `claim-<kind>-<hmac>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum ClaimEvent {
    /// Once more by whoever holds it: kept until then, without an account.
    #[serde(rename = "claim.claimed.v1")]
    Claimed { user: UserId, until: Timestamp },
    #[serde(rename = "claim.confirmed.v1")]
    Confirmed { user: UserId },
    #[serde(rename = "claim.released.v1")]
    Released { user: UserId },
}
