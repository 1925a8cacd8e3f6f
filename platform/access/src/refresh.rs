//! Refresh tokens: `sid.seq.HMAC(sid ‖ seq ‖ nonce)`. The nonce is in the log, the key is not.
use domain::ids::SessionId;
use secrecy::SecretString;

/// Makes and checks refresh tokens.
#[derive(Clone)]
pub struct RefreshTokens {
    _key: SecretString,
}

impl RefreshTokens {
    pub fn new(key: &SecretString) -> Self {
        Self { _key: key.clone() }
    }

    /// Names the key, for the event.
    pub fn key_id(&self) -> String {
        unimplemented!("access helper")
    }

    /// A random nonce, as text.
    pub fn nonce(&self) -> String {
        unimplemented!("access helper")
    }

    pub fn token(&self, session: SessionId, seq: u32, nonce: &str) -> String {
        let _ = (session, seq, nonce);
        unimplemented!("access helper")
    }

    /// Which session and number a token claims to be; nothing is proved yet.
    pub fn parse(&self, token: &str) -> Option<(SessionId, u32)> {
        let _ = token;
        unimplemented!("access helper")
    }

    /// Compares in constant time.
    pub fn matches(&self, token: &str, session: SessionId, seq: u32, nonce: &str) -> bool {
        let _ = (token, session, seq, nonce);
        unimplemented!("access helper")
    }
}
