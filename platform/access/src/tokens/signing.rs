//! Where signing keys come from. The private part is in the vault before anybody hears of the public one.
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use domain::keys::{Key, KeyCommand, Keys, STREAM};
use event_store::{Executor, Metadata};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};
use runtime::Clock;
use vault::Vault;
use zeroize::Zeroizing;

use super::{NoKey, no_key, verify};

/// A key that can sign. It has no `Debug`.
pub(crate) struct SigningKey {
    pub kid: String,
    pub algorithm: Algorithm,
    pub private: EncodingKey,
}

impl SigningKey {
    pub async fn from_vault(vault: &Vault, key: &Key) -> Result<Self, NoKey> {
        let secret = vault.kept(&kept_as(&key.kid)).await.map_err(no_key)?;
        let secret = secret.map(Zeroizing::new).ok_or_else(|| {
            no_key(format!("the vault does not have the private part of key {}", key.kid))
        })?;
        let algorithm = verify::algorithm(&key.alg)
            .ok_or_else(|| no_key(format!("key {} is for {}", key.kid, key.alg)))?;
        let private = match algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_der(&secret),
            _ => EncodingKey::from_ec_der(&secret),
        };
        Ok(Self { kid: key.kid.clone(), algorithm, private })
    }
}

/// Returns the keys there are, and makes the first one if none is active.
///
/// Two processes may both make one: the log takes the first, and the other one's is never used.
pub(super) async fn open(executor: &Executor, vault: &Vault, clock: &Clock) -> Result<Keys, NoKey> {
    let keys = executor.load::<Keys>(STREAM).await.map_err(no_key)?.state;
    if keys.active.is_some() {
        return Ok(keys);
    }
    let (kid, command, secret) = new_key()?;
    vault.keep(&kept_as(&kid), &secret).await.map_err(no_key)?;
    let meta = Metadata::new(runtime::ids::new(), clock.now()).actor("system:command-api");
    let done = executor.execute::<Keys>(STREAM, command, &meta).await.map_err(no_key)?;
    tracing::info!(made = kid, active = done.state.active, "the first signing key");
    Ok(done.state)
}

/// An ES256 key pair: its name, the command that makes it public, and the private part as PKCS #8.
fn new_key() -> Result<(String, KeyCommand, Zeroizing<Vec<u8>>), NoKey> {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new())
        .map_err(|_| no_key("no key pair could be made"))?;
    let secret = Zeroizing::new(pair.as_ref().to_vec());
    let private = EncodingKey::from_ec_der(&secret);
    let mut jwk = Jwk::from_encoding_key(&private, Algorithm::ES256).map_err(no_key)?;
    let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(no_key)?;
    jwk.common.key_id = Some(kid.clone());
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    let jwk = serde_json::to_value(jwk).map_err(no_key)?;
    Ok((kid.clone(), KeyCommand::Open { kid, alg: "ES256".to_owned(), jwk }, secret))
}

fn kept_as(kid: &str) -> String {
    format!("jwt/{kid}")
}
