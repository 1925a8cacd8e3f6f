//! Codes sent by mail: `base64url(user ‖ event ‖ HMAC-SHA-256(mail key, purpose ‖ user ‖ event))`.
//!
//! Made when the mail is sent and stored nowhere. Whether a code still counts is no question of its text: the user's
//! streams say what became of the event, or of the request, that it names.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::UserId;
use hmac::{Hmac, Mac};
use secrecy::SecretString;
use sha2::Sha256;
use uuid::Uuid;

use crate::keyed::keyed;

/// Makes and checks codes with the mail key.
#[derive(Clone)]
pub struct MailTokens {
    key: SecretString,
}

/// What a code is good for; one made for one purpose is worthless for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    VerifyEmail,
    ResetPassword,
    ChangeEmail,
}

/// The user's id, the event's id, and the MAC of both.
const UUID_BYTES: usize = 16;
const MAC_BYTES: usize = 32;
const TOKEN_BYTES: usize = 2 * UUID_BYTES + MAC_BYTES;

impl MailTokens {
    pub fn new(key: &SecretString) -> Self {
        Self { key: key.clone() }
    }

    /// The code for what `event` began for `user`: 86 characters of `A-Z a-z 0-9 - _`.
    pub fn token(&self, purpose: Purpose, user: UserId, event: Uuid) -> String {
        let mut bytes = Vec::with_capacity(TOKEN_BYTES);
        bytes.extend_from_slice(user.0.as_bytes());
        bytes.extend_from_slice(event.as_bytes());
        bytes.extend_from_slice(&self.mac(purpose, user, event).finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whose code it is and which event it names, if it is one of ours. Compares in constant time.
    pub fn check(&self, purpose: Purpose, token: &str) -> Option<(UserId, Uuid)> {
        let bytes: [u8; TOKEN_BYTES] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
        let (user, rest) = bytes.split_at(UUID_BYTES);
        let (event, mac) = rest.split_at(UUID_BYTES);
        let user = UserId(Uuid::from_slice(user).ok()?);
        let event = Uuid::from_slice(event).ok()?;
        self.mac(purpose, user, event).verify_slice(mac).ok()?;
        Some((user, event))
    }

    /// Both ids have one length and the purpose ends in a zero byte, so no two inputs are the same bytes.
    fn mac(&self, purpose: Purpose, user: UserId, event: Uuid) -> Hmac<Sha256> {
        let mut mac = keyed(&self.key);
        mac.update(purpose.name().as_bytes());
        mac.update(&[0]);
        mac.update(user.0.as_bytes());
        mac.update(event.as_bytes());
        mac
    }
}

impl Purpose {
    /// Part of every code already sent: never changed.
    fn name(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify-email",
            Self::ResetPassword => "reset-password",
            Self::ChangeEmail => "change-email",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: UserId = UserId(Uuid::from_u128(0x0193_a1b2_c3d4_7000_8000_0000_0000_0001));
    const EVENT: Uuid = Uuid::from_u128(0x5f0c_5b43_9a52_5d3c_9f0b_77c1_0000_0002);

    fn tokens(key: &str) -> MailTokens {
        MailTokens::new(&SecretString::from(key))
    }

    #[test]
    fn a_code_says_whose_it_is_and_which_event_it_is_for() {
        let tokens = tokens("k");
        let token = tokens.token(Purpose::VerifyEmail, USER, EVENT);
        assert_eq!(tokens.check(Purpose::VerifyEmail, &token), Some((USER, EVENT)));
        assert_eq!(token.len(), 86);
        assert_eq!(tokens.check(Purpose::ResetPassword, &token), None, "for another purpose");
    }

    /// A deploy must not invalidate the codes in people's inboxes.
    #[test]
    fn a_code_stays_the_same_for_ever() {
        assert_eq!(
            tokens("k").token(Purpose::VerifyEmail, USER, EVENT),
            "AZOhssPUcACAAAAAAAAAAV8MW0OaUl08nwt3wQAAAAKdfNzfk-e8i_keNryHFt9ja_pgtXRp8xtVT13qWS0ZFQ"
        );
    }

    #[test]
    fn a_code_with_any_character_changed_is_not_ours() {
        let tokens = tokens("k");
        let token = tokens.token(Purpose::VerifyEmail, USER, EVENT);
        for at in 0..token.len() {
            for other in ['A', 'B', '_', '=', ' '] {
                let mut changed: Vec<char> = token.chars().collect();
                if changed[at] != other {
                    changed[at] = other;
                    let changed: String = changed.into_iter().collect();
                    assert_eq!(tokens.check(Purpose::VerifyEmail, &changed), None, "{changed}");
                }
            }
        }
        for text in ["", "A", &token[..85], &format!("{token}A"), "é"] {
            assert_eq!(tokens.check(Purpose::VerifyEmail, text), None, "{text}");
        }
    }

    #[test]
    fn a_code_made_with_another_key_is_not_ours() {
        let token = tokens("k").token(Purpose::VerifyEmail, USER, EVENT);
        assert_eq!(tokens("l").check(Purpose::VerifyEmail, &token), None);
    }
}
