//! Commitments: who has the subject's key can tell whom one stands for, and nobody once it is destroyed.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::cipher::{KEY_BYTES, bound};
use crate::keys::Key;
use crate::{Subject, Vault, VaultError};

/// A key for commitments alone, that follows from a data key. It has no `Debug`, and wipes itself when dropped.
pub(crate) struct Committing(Zeroizing<[u8; KEY_BYTES]>);

impl Committing {
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(mac(key, &[b"commitments"]))
    }
}

impl Vault {
    /// HMAC-SHA-256 of `text` as `field` of `subject`, in base64url; `None` when the subject's key was destroyed.
    ///
    /// The same for the same text as long as the key is there: equal ones can be told without it, and what they stand
    /// for only with it.
    pub async fn commit(
        &self,
        subject: Subject<'_>,
        field: &str,
        text: &str,
    ) -> Result<Option<String>, VaultError> {
        match self.keys.of_subject(subject).await? {
            Key::There(key) => {
                let mac = mac(&key.committing.0, &[field.as_bytes(), text.as_bytes()]);
                Ok(Some(URL_SAFE_NO_PAD.encode(mac.as_slice())))
            }
            Key::Destroyed => Ok(None),
        }
    }
}

fn mac(key: &[u8; KEY_BYTES], parts: &[&[u8]]) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(&bound(parts));
    Zeroizing::new(mac.finalize().into_bytes().into())
}
