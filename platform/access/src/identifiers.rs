//! E-mail addresses and usernames are looked up by a keyed hash and stored nowhere in clear.
use secrecy::SecretString;

/// Hashes identifiers with the index key, which is kept apart from the data.
#[derive(Clone)]
pub struct Identifiers {
    _key: SecretString,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentifierKind {
    Email,
    Username,
}

impl Identifiers {
    pub fn new(index_key: &SecretString) -> Self {
        Self { _key: index_key.clone() }
    }

    /// NFKC, trimmed, case-folded; then HMAC-SHA-256(index key, kind ‖ identifier), as hex.
    pub fn hash(&self, kind: IdentifierKind, identifier: &str) -> String {
        let _ = (kind, identifier);
        unimplemented!("access helper")
    }

    /// The claim's stream: `claim-email-<hmac>` or `claim-username-<hmac>`.
    pub fn claim_stream(&self, kind: IdentifierKind, identifier: &str) -> String {
        let _ = (kind, identifier);
        unimplemented!("access helper")
    }
}
