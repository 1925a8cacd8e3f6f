//! The key of a service account, which a program sends where people send an access token: `cs_<account>_<secret>`.
//!
//! It names its account, so that one short stream says whether it counts. The log knows what it hashes to.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::ServiceAccountId;
use domain::service_accounts::{Key, ServiceAccount};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// No JWT begins like this, and whoever searches for secrets that got away finds it.
pub const PREFIX: &str = "cs_";

pub struct ServiceKey {
    pub account: ServiceAccountId,
    text: SecretString,
}

impl ServiceKey {
    pub fn random(account: ServiceAccountId) -> Self {
        Self::of(account, rand::random())
    }

    /// What may be one of ours, by its form.
    pub fn parse(text: &str) -> Option<Self> {
        let (account, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let account = ServiceAccountId(Uuid::try_parse(account).ok()?);
        let key = Self::of(account, URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?);
        // One key has one text: other ways to write a UUID are nobody's.
        (key.text() == text).then_some(key)
    }

    /// 256 random bits, as 43 characters of `A-Z a-z 0-9 - _`.
    fn of(account: ServiceAccountId, secret: [u8; 32]) -> Self {
        let secret = URL_SAFE_NO_PAD.encode(secret);
        let text = format!("{PREFIX}{}_{secret}", account.0.simple());
        Self { account, text: SecretString::from(text) }
    }

    pub fn text(&self) -> &str {
        self.text.expose_secret()
    }

    /// SHA-256 in hexadecimal digits. Of 256 random bits there is nothing to guess: no key, no salt.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.text()))
    }

    /// This key among those of its account. Compares in constant time.
    pub(crate) fn among<'a>(&self, account: &'a ServiceAccount) -> Option<&'a Key> {
        let digest = self.digest();
        let is_this = |it: &&Key| bool::from(it.digest.as_bytes().ct_eq(digest.as_bytes()));
        account.keys.values().find(is_this)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOOR: ServiceAccountId =
        ServiceAccountId(Uuid::from_u128(0x0192_f0c1_7b1e_7cc0_8a55_3f1c_8f1f_0001));

    #[test]
    fn a_key_names_its_account_and_no_other_text_is_it() {
        let key = ServiceKey::random(DOOR);
        let again = ServiceKey::parse(key.text()).unwrap();
        assert_eq!((again.account, again.text()), (DOOR, key.text()));
        assert_eq!(again.digest(), key.digest());
        assert_eq!((key.text().len(), key.digest().len()), (79, 64));
        assert_ne!(ServiceKey::random(DOOR).text(), key.text());

        let secret = &key.text()[36..];
        for text in [
            String::new(),
            PREFIX.to_owned(),
            format!("cs_{}", DOOR.0.simple()),
            format!("cs_{}_", DOOR.0.simple()),
            format!("cs_{DOOR}_{secret}"),
            format!("cs_{}_{secret}", DOOR.0.simple().to_string().to_uppercase()),
            format!("cs_{{{DOOR}}}_{secret}"),
            format!("CS_{}", &key.text()[3..]),
            format!("{}A", key.text()),
            key.text()[..78].to_owned(),
            format!("{}=", key.text()),
            format!("cs_{}_{}", DOOR.0.simple(), "é".repeat(43)),
        ] {
            assert!(ServiceKey::parse(&text).is_none(), "{text:?}");
        }
    }
}
