//! Access tokens: ES256 JWTs (RFC 9068), signed by command-api alone, verified by both APIs.
use domain::ids::{SessionId, UserId};
use event_store::Executor;
use runtime::{Clock, Settings};
use vault::Vault;

/// Signs access tokens with the active key. Lives in command-api only.
#[derive(Clone)]
pub struct Issuer {
    _private: (),
}

/// Why no token could be signed.
#[derive(Debug, thiserror::Error)]
#[error("the signing key cannot be had")]
pub struct NoKey(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl Issuer {
    /// Makes the first key of all if there is none: private part into the vault, then `keys.published` and `keys.activated`.
    pub async fn start(settings: &Settings, executor: Executor, vault: Vault, clock: Clock) -> Result<Self, NoKey> {
        let _ = (settings, executor, vault, clock);
        unimplemented!("access helper")
    }

    /// A token for `ACCESS_TOKEN_SECONDS`: `iss aud sub iat nbf exp jti sid epoch`, `typ: at+jwt`, `kid`.
    pub async fn issue(&self, user: UserId, session: SessionId, epoch: u64) -> Result<String, NoKey> {
        let _ = (user, session, epoch);
        unimplemented!("access helper")
    }
}
