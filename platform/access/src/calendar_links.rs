//! The secret in the link of a calendar program. Whoever has the link may read, so nobody keeps it but its owner: what we
//! know of it is what it hashes to.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// 32 random bytes, as 43 characters of `A-Z a-z 0-9 - _`.
pub struct CalendarLink(SecretString);

impl CalendarLink {
    pub fn random() -> Self {
        Self(SecretString::from(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())))
    }

    /// What may be one of ours, by its form.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        Some(Self(SecretString::from(URL_SAFE_NO_PAD.encode(bytes))))
    }

    pub fn text(&self) -> &str {
        self.0.expose_secret()
    }

    /// SHA-256 in hexadecimal digits. Of 256 random bits there is nothing to guess: no key, no salt.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_found_by_its_digest_and_no_other_text_is_it() {
        let link = CalendarLink::random();
        let again = CalendarLink::parse(link.text()).unwrap();
        assert_eq!((again.text(), again.digest()), (link.text(), link.digest()));
        assert_eq!((link.text().len(), link.digest().len()), (43, 64));
        assert_ne!(CalendarLink::random().digest(), link.digest());
        let (short, long) = (&link.text()[1..], format!("{}A", link.text()));
        for text in ["", short, &long, "é", &"=".repeat(43), &" ".repeat(43)] {
            assert!(CalendarLink::parse(text).is_none(), "{text:?}");
        }
    }
}
