//! Signed messages, by the Standard Webhooks specification: HMAC-SHA-256 over `<id>.<timestamp>.<body>` with the bytes of
//! `whsec_<base64>`; and the secrets of those who are told what happens here.
//!
//! `secret = HMAC-SHA-256(mail key, "webhook" ‖ webhook ‖ generation)`: shown when it is new, and stored nowhere.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use secrecy::SecretString;
use sha2::Sha256;
use uuid::Uuid;

use crate::keyed::{keyed, keyed_by};

/// Makes the secrets of webhooks with the mail key, and signs with them.
#[derive(Clone)]
pub struct WebhookSecrets {
    key: SecretString,
}

/// Part of every secret that is out: never changed. No purpose of a mailed code is called so.
const PURPOSE: &[u8] = b"webhook\0";

impl WebhookSecrets {
    pub fn new(key: &SecretString) -> Self {
        Self { key: key.clone() }
    }

    /// As its receiver is given it: `whsec_` and the base64 of 32 bytes.
    pub fn text(&self, webhook: Uuid, generation: u32) -> String {
        format!("whsec_{}", STANDARD.encode(self.bytes(webhook, generation)))
    }

    /// What goes into `webhook-signature`: one for each of `generations`, with spaces between them.
    pub fn signatures(
        &self,
        webhook: Uuid,
        generations: impl IntoIterator<Item = u32>,
        id: &str,
        sent: Timestamp,
        body: &str,
    ) -> String {
        let sign = |it| sign(&self.bytes(webhook, it), id, sent, body.as_bytes());
        generations.into_iter().map(sign).collect::<Vec<_>>().join(" ")
    }

    /// The id has one length and the purpose ends in a zero byte, so no two inputs are the same bytes.
    fn bytes(&self, webhook: Uuid, generation: u32) -> [u8; 32] {
        let mut mac = keyed(&self.key);
        mac.update(PURPOSE);
        mac.update(webhook.as_bytes());
        mac.update(&generation.to_be_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// What a sender writes into `webhook-signature`.
pub fn sign(secret: &[u8], id: &str, sent: Timestamp, body: &[u8]) -> String {
    let mac = mac(secret, id, &sent.as_second().to_string(), body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// `sent_at` is in seconds since 1970, as the header has it.
pub fn mac(secret: &[u8], id: &str, sent_at: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = keyed_by(secret);
    mac.update(id.as_bytes());
    mac.update(b".");
    mac.update(sent_at.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEBHOOK: Uuid = Uuid::from_u128(0x0193_a1b2_c3d4_7000_8000_0000_0000_0001);

    fn secrets(key: &str) -> WebhookSecrets {
        WebhookSecrets::new(&SecretString::from(key))
    }

    #[test]
    fn a_secret_is_of_one_webhook_one_generation_and_one_key() {
        let first = secrets("k").text(WEBHOOK, 1);
        assert!(first.parse::<runtime::settings::WebhookSecret>().is_ok(), "{first}");
        assert_eq!(first.len(), "whsec_".len() + 44);
        assert_eq!(first, secrets("k").text(WEBHOOK, 1));
        for other in [
            secrets("k").text(WEBHOOK, 2),
            secrets("k").text(Uuid::from_u128(1), 1),
            secrets("l").text(WEBHOOK, 1),
        ] {
            assert_ne!(first, other);
        }
    }

    /// A deploy must not make anybody's receiver refuse what we send. Computed by Python's own `hmac`.
    #[test]
    fn a_secret_stays_the_same_for_ever() {
        assert_eq!(
            secrets("k").text(WEBHOOK, 1),
            "whsec_g/TsKe+GHPPx/e32ZzFnPTWYW6SW8vSkvoPIi9FRg8Y="
        );
    }

    #[test]
    fn whoever_has_one_of_two_secrets_finds_its_signature() {
        let (id, sent, body) = ("m1", Timestamp::from_second(1_614_265_330).unwrap(), "{}");
        let both = secrets("k").signatures(WEBHOOK, [2, 1], id, sent, body);
        let alone = |it| secrets("k").signatures(WEBHOOK, [it], id, sent, body);
        assert_eq!(both, format!("{} {}", alone(2), alone(1)));
        assert!(alone(1).starts_with("v1,"));
    }

    /// The specification's own example.
    #[test]
    fn a_message_is_signed_as_the_specification_says() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let sent = Timestamp::from_second(1_614_265_330).unwrap();
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(
            sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", sent, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
