use serde::{Deserialize, Serialize};

/// What happened to the keys that sign access tokens (stream `keys-jwt`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum KeyEvent {
    /// `kid` is the RFC 7638 thumbprint; `jwk` the public key as RFC 7517 JSON. The private part is in the vault.
    #[serde(rename = "keys.published.v1")]
    Published { kid: String, alg: String, jwk: serde_json::Value },
    /// From here on tokens are signed with this key; the one before only verifies.
    #[serde(rename = "keys.activated.v1")]
    Activated { kid: String },
    #[serde(rename = "keys.retired.v1")]
    Retired { kid: String },
}
