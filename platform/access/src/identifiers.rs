//! E-mail addresses, usernames and numbers for SMS are looked up by a keyed hash and stored nowhere in clear.
use hmac::{Hmac, Mac};
use secrecy::SecretString;
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;

use crate::keyed::keyed;

/// Hashes identifiers with the index key, which is kept apart from the data.
#[derive(Clone)]
pub struct Identifiers {
    keyed: Hmac<Sha256>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentifierKind {
    Email,
    Username,
}

impl Identifiers {
    pub fn new(index_key: &SecretString) -> Self {
        Self { keyed: keyed(index_key) }
    }

    /// NFKC, trimmed, case-folded; then HMAC-SHA-256(index key, kind ‖ 0 ‖ identifier), as hex.
    pub fn hash(&self, kind: IdentifierKind, identifier: &str) -> String {
        self.hash_of(kind.name(), identifier)
    }

    fn hash_of(&self, kind: &str, identifier: &str) -> String {
        let keyed = self.keyed.clone().chain_update(kind).chain_update([0]);
        let hash = keyed.chain_update(normalised(identifier)).finalize().into_bytes();
        hex::encode(hash)
    }

    /// The claim's stream: `claim-email-<hmac>` or `claim-username-<hmac>`.
    pub fn claim_stream(&self, kind: IdentifierKind, identifier: &str) -> String {
        format!("claim-{}-{}", kind.name(), self.hash(kind, identifier))
    }

    /// What is known of a telephone, whoever's it is: `number-<hmac>`. In E.164 a number has one spelling.
    pub fn number_stream(&self, number: &str) -> String {
        format!("number-{}", self.hash_of("number", number))
    }
}

impl IdentifierKind {
    /// Part of stream names: stored for ever.
    fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
        }
    }
}

/// What two spellings of one identifier have in common. Stored hashes depend on it: it can never change.
///
/// Up and down again, letter by letter, is case folding without its table: `ß` meets `SS`, and `ς` meets `σ`
/// wherever in the word it stands. Letters that meet beyond that (`ı` and `i`) are look-alikes we are glad to merge.
fn normalised(identifier: &str) -> String {
    let composed: String = identifier.nfkc().collect();
    let folded = composed.trim().chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    // Folding can leave letters uncomposed.
    folded.nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifiers() -> Identifiers {
        Identifiers::new(&"0123456789abcdef".repeat(4).into())
    }

    #[test]
    #[rustfmt::skip] // a table
    fn spellings_of_one_identifier_are_one() {
        for (case, a, b, same) in [
            ("capitals",          "Eva@Example.ORG",    "eva@example.org",       true),
            ("spaces around",     " eva@example.org\n", "eva@example.org",       true),
            ("wide letters",      "ｅｖａ",             "eva",                   true),
            ("a ligature",        "ﬁnn",                "finn",                  true),
            ("composed or not",   "zoë",                "zoe\u{308}",            true),
            ("sharp s",           "STRASSE",            "straße",                true),
            ("final sigma",       "ΣΙΣΥΦΟΣ",            "σισυφος",               true),
            ("another person",    "eva@example.org",    "eve@example.org",       false),
            ("an accent",         "zoë",                "zoe",                   false),
            ("a space inside",    "e va",               "eva",                   false),
            ("a tag",             "eva+a@example.org",  "eva@example.org",       false),
        ] {
            let hash = |it| identifiers().hash(IdentifierKind::Email, it);
            assert_eq!(hash(a) == hash(b), same, "{case}");
        }
    }

    /// Changed, every account would be lost to its owner.
    #[test]
    fn a_stored_claim_is_found_again_by_every_later_version() {
        let stream = identifiers().claim_stream(IdentifierKind::Username, " Eva ");
        assert_eq!(
            stream,
            "claim-username-302ac3be6a2562c8de84e9028f474dc6dc426aab95d107fe3d87017918a77458"
        );
    }

    #[test]
    fn a_hash_is_bound_to_its_kind_and_its_key() {
        let email = identifiers().hash(IdentifierKind::Email, "eva");
        assert_ne!(email, identifiers().hash(IdentifierKind::Username, "eva"));
        assert_ne!(
            email,
            Identifiers::new(&"another key".into()).hash(IdentifierKind::Email, "eva")
        );
    }
}
