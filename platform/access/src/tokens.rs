//! Access tokens: ES256 JWTs (RFC 9068), signed by command-api alone, verified by both APIs.
mod rotation;
mod signing;
mod verify;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::ids::{SessionId, UserId};
use domain::keys::{Keys, STREAM};
use event_store::Executor;
use jiff::SignedDuration;
use jsonwebtoken::Header;
use runtime::settings::TokenAlgorithm;
use runtime::{Clock, Settings};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vault::Vault;

use signing::SigningKey;

pub use rotation::{DatedKey, KeyRing, Phase, RingError};

use crate::Access;

pub(crate) use verify::{LEEWAY, PublicKeys, verify};

/// Signs access tokens with the active key. Lives in command-api only.
#[derive(Clone)]
pub struct Issuer {
    shared: Arc<Shared>,
}

struct Shared {
    terms: Terms,
    executor: Executor,
    vault: Vault,
    clock: Clock,
    held: Mutex<Held>,
    /// Hears of a new active key at once; without, the issuer looks every few seconds.
    access: Option<Access>,
}

/// The key in use, and when we last asked whether it still is the active one.
struct Held {
    key: Arc<SigningKey>,
    asked_at: Instant,
}

/// Why no token could be signed.
#[derive(Debug, thiserror::Error)]
#[error("the signing key cannot be had")]
pub struct NoKey(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// What every token of this deployment says, and every verifier asks of it.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// `SERVER_URL`, the same for both APIs.
    pub issuer: String,
    pub life: SignedDuration,
    /// `AUTH_SECOND_FACTOR_REQUIRED`: of every role but player.
    pub factor_required: bool,
}

/// There is one kind of server to be meant for.
pub(crate) const AUDIENCE: &str = "courtside";

/// RFC 8176: a one-time password was given.
const OTP: &str = "otp";

/// RFC 9068: an access token, and no other kind of JWT.
pub(crate) const TYPE: &str = "at+jwt";

/// How soon a new active key is used. There is no hurry: the one before verifies longer than any token lives.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What a token says. Roles are not in it: they are looked up, so that a demotion counts at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: UserId,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    pub jti: Uuid,
    pub sid: SessionId,
    pub epoch: u64,
    /// How the session was begun (RFC 8176): a fact that does not change, unlike a role. Older tokens do not say.
    #[serde(default)]
    pub amr: Vec<String>,
}

impl Claims {
    pub fn has_factor(&self) -> bool {
        self.amr.iter().any(|it| it == OTP)
    }
}

impl Issuer {
    /// Makes the first key of all if there is none: private part into the vault, then `keys.published` and `keys.activated`.
    pub async fn start(
        settings: &Settings,
        executor: Executor,
        vault: Vault,
        clock: Clock,
        access: Option<Access>,
    ) -> Result<Self, NoKey> {
        let (terms, algorithm) = (Terms::from(settings), settings.token_algorithm);
        Self::begin(terms, executor, vault, clock, algorithm, access).await
    }

    pub(crate) async fn begin(
        terms: Terms,
        executor: Executor,
        vault: Vault,
        clock: Clock,
        algorithm: TokenAlgorithm,
        access: Option<Access>,
    ) -> Result<Self, NoKey> {
        let keys = signing::open(&executor, &vault, &clock, algorithm).await?;
        let held = Held { key: Arc::new(active(&keys, &vault).await?), asked_at: Instant::now() };
        let held = Mutex::new(held);
        Ok(Self { shared: Arc::new(Shared { terms, executor, vault, clock, held, access }) })
    }

    /// A token for `ACCESS_TOKEN_SECONDS`: `iss aud sub iat nbf exp jti sid epoch amr`, `typ: at+jwt`, `kid`.
    /// `factor`: a code was given when the session began.
    pub async fn issue(
        &self,
        user: UserId,
        session: SessionId,
        epoch: u64,
        factor: bool,
    ) -> Result<String, NoKey> {
        let key = self.key().await?;
        let Terms { issuer, life, .. } = &self.shared.terms;
        let now = self.shared.clock.now().as_second();
        let claims = Claims {
            iss: issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            iat: now,
            nbf: now,
            exp: now.saturating_add(life.as_secs()),
            jti: runtime::ids::new(),
            sid: session,
            epoch,
            amr: methods(factor),
        };
        let mut header = Header::new(key.algorithm);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.kid.clone());
        jsonwebtoken::encode(&header, &claims, &key.private).map_err(no_key)
    }

    /// The active key, as of a few seconds ago: a rotation needs no restart.
    async fn key(&self) -> Result<Arc<SigningKey>, NoKey> {
        let held = {
            let held = self.shared.held();
            let heard = self.shared.access.as_ref().and_then(Access::active_key);
            let is_new = heard.is_some_and(|it| it != held.key.kid);
            if !is_new && held.asked_at.elapsed() < LOOK_AGAIN {
                return Ok(held.key.clone());
            }
            held.key.clone()
        };
        let keys = match self.shared.executor.load::<Keys>(STREAM).await {
            Ok(loaded) => loaded.state,
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "signing with the key at hand: the keys cannot be read");
                return Ok(held);
            }
        };
        let key = match &keys.active {
            Some(kid) if *kid != held.kid => Arc::new(active(&keys, &self.shared.vault).await?),
            _ => held,
        };
        *self.shared.held() = Held { key: key.clone(), asked_at: Instant::now() };
        Ok(key)
    }
}

impl Shared {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By password, and by a one-time code where one was given.
fn methods(factor: bool) -> Vec<String> {
    let all = ["pwd", OTP];
    all[..if factor { 2 } else { 1 }].iter().map(|&it| it.to_owned()).collect()
}

/// The private part of the active key, from the vault.
async fn active(keys: &Keys, vault: &Vault) -> Result<SigningKey, NoKey> {
    let key = keys.active.as_deref().and_then(|kid| keys.get(kid));
    let key = key.ok_or_else(|| no_key("no signing key is active"))?;
    SigningKey::from_vault(vault, key).await
}

fn no_key(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> NoKey {
    NoKey(source.into())
}

impl From<&Settings> for Terms {
    fn from(settings: &Settings) -> Self {
        let life = SignedDuration::try_from(settings.auth.access_token);
        Self {
            issuer: settings.token_issuer.clone(),
            life: life.unwrap_or(SignedDuration::MAX),
            factor_required: settings.second_factor_required(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
