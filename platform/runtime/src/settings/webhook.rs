//! The secret that a sender and a receiver of signed messages share (Standard Webhooks).
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretSlice};

/// `whsec_` and the base64 of 24 to 64 bytes. Shows nothing of itself.
#[derive(Clone)]
pub struct WebhookSecret(SecretSlice<u8>);

const PREFIX: &str = "whsec_";
/// What the specification allows.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a webhook secret is whsec_ and the base64 of 24 to 64 bytes")]
pub struct NotASecret;

impl WebhookSecret {
    pub fn bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl FromStr for WebhookSecret {
    type Err = NotASecret;

    fn from_str(text: &str) -> Result<Self, NotASecret> {
        let bytes = text.strip_prefix(PREFIX).and_then(|it| STANDARD.decode(it).ok());
        let bytes = bytes.filter(|it| BYTES.contains(&it.len())).ok_or(NotASecret)?;
        Ok(Self(bytes.into()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}
