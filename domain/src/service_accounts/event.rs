use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Description;
use crate::ids::ServiceKeyId;

/// What happened to the account of a program (stream `service-account-<id>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum ServiceAccountEvent {
    #[serde(rename = "service-account.created.v1")]
    Created(Description),
    /// All that it is from now on.
    #[serde(rename = "service-account.changed.v1")]
    Changed(Description),
    /// Of the key the log knows what it hashes to, SHA-256 in hexadecimal digits: whoever reads the log cannot use it.
    #[serde(rename = "service-account.key-issued.v1")]
    KeyIssued { key: ServiceKeyId, digest: String, expires_at: Option<Timestamp> },
    #[serde(rename = "service-account.key-revoked.v1")]
    KeyRevoked { key: ServiceKeyId },
    /// With all its keys.
    #[serde(rename = "service-account.removed.v1")]
    Removed {},
}
