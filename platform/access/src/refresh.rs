//! Refresh tokens: `sid.seq.HMAC(sid ‖ seq ‖ nonce)`. The nonce is in the log, the key is not.
//!
//! So a leak of the log yields no token, and the successor of a token can be made again for a client that lost it.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::SessionId;
use hmac::{Hmac, Mac};
use secrecy::SecretString;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::keyed::keyed;

/// Makes and checks refresh tokens.
#[derive(Clone)]
pub struct RefreshTokens {
    keyed: Hmac<Sha256>,
}

/// What the key's name is made from; no session's token is, for they have 20 bytes and a nonce.
const NAME: &[u8] = b"refresh key";

/// Enough to tell a few keys apart.
const NAME_BYTES: usize = 9;

impl RefreshTokens {
    pub fn new(key: &SecretString) -> Self {
        Self { keyed: keyed(key) }
    }

    /// Names the key, for the event.
    pub fn key_id(&self) -> String {
        let name = self.keyed.clone().chain_update(NAME).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode(&name[..NAME_BYTES])
    }

    /// A random nonce, as text.
    pub fn nonce(&self) -> String {
        URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
    }

    pub fn token(&self, session: SessionId, seq: u32, nonce: &str) -> String {
        let keyed = self.keyed.clone().chain_update(session.0).chain_update(seq.to_be_bytes());
        let proof = URL_SAFE_NO_PAD.encode(keyed.chain_update(nonce).finalize().into_bytes());
        format!("{session}.{seq}.{proof}")
    }

    /// Which session and number a token claims to be; nothing is proved yet.
    pub fn parse(&self, token: &str) -> Option<(SessionId, u32)> {
        let (session, rest) = token.split_once('.')?;
        let (seq, proof) = rest.split_once('.')?;
        let id = SessionId(Uuid::try_parse(session).ok()?);
        let number: u32 = seq.parse().ok()?;
        // One token has one text: `+7`, `007` and other ways to write a UUID are nobody's.
        let is_ours =
            id.to_string() == session && number.to_string() == seq && proof.len() == PROOF_CHARS;
        is_ours.then_some((id, number))
    }

    /// Compares in constant time.
    pub fn matches(&self, token: &str, session: SessionId, seq: u32, nonce: &str) -> bool {
        self.token(session, seq, nonce).as_bytes().ct_eq(token.as_bytes()).into()
    }
}

/// 32 bytes in base64 without padding.
const PROOF_CHARS: usize = 43;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0192f0c1-7b1e-7cc0-8a55-3f1c8f1f0001";

    fn tokens(key: &str) -> RefreshTokens {
        RefreshTokens::new(&key.repeat(32).into())
    }

    fn session() -> SessionId {
        SessionId(ID.parse().unwrap())
    }

    #[test]
    #[rustfmt::skip] // a table
    fn a_token_matches_what_it_was_made_from_and_nothing_else() {
        let ours = tokens("ab");
        let token = ours.token(session(), 7, "nonce");
        let other = SessionId(Uuid::nil());
        let flipped = if token.ends_with('A') { token.replace('A', "B") } else { format!("{}A", &token[..token.len() - 1]) };

        for (case, matches, right) in [
            ("itself",          ours.matches(&token, session(), 7, "nonce"),         true),
            ("made again",      ours.token(session(), 7, "nonce") == token,          true),
            ("another session", ours.matches(&token, other, 7, "nonce"),             false),
            ("another number",  ours.matches(&token, session(), 8, "nonce"),         false),
            ("another nonce",   ours.matches(&token, session(), 7, "Nonce"),         false),
            ("another key",     tokens("cd").matches(&token, session(), 7, "nonce"), false),
            ("one bit off",     ours.matches(&flipped, session(), 7, "nonce"),       false),
            ("cut off",         ours.matches(&token[..80], session(), 7, "nonce"),   false),
            ("nothing",         ours.matches("", session(), 7, "nonce"),             false),
        ] {
            assert_eq!(matches, right, "{case}");
        }
    }

    #[test]
    #[rustfmt::skip] // a table
    fn only_the_one_text_of_a_token_is_read() {
        let proof = "x".repeat(PROOF_CHARS);
        let ours = tokens("ab");
        let made = ours.token(session(), 4_294_967_295, "nonce");

        for (case, token, right) in [
            ("as made",         made,                                          Some((session(), u32::MAX))),
            ("zero",            format!("{ID}.0.{proof}"),                     Some((session(), 0))),
            ("leading zero",    format!("{ID}.00.{proof}"),                    None),
            ("a sign",          format!("{ID}.+1.{proof}"),                    None),
            ("too large",       format!("{ID}.4294967296.{proof}"),            None),
            ("capitals",        format!("{}.1.{proof}", ID.to_uppercase()),    None),
            ("no hyphens",      format!("{}.1.{proof}", ID.replace('-', "")),  None),
            ("no proof",        format!("{ID}.1."),                            None),
            ("two parts",       format!("{ID}.1"),                             None),
            ("four parts",      format!("{ID}.1.{proof}.{proof}"),             None),
            ("empty",           String::new(),                                 None),
        ] {
            assert_eq!(ours.parse(&token), right, "{case}");
        }
    }

    #[test]
    fn a_key_has_a_name_that_gives_nothing_of_it_away() {
        assert_eq!(tokens("ab").key_id(), tokens("ab").key_id());
        assert_ne!(tokens("ab").key_id(), tokens("cd").key_id());
        assert_eq!(tokens("ab").key_id().len(), 12);
        assert_ne!(tokens("ab").nonce(), tokens("ab").nonce());
    }
}
