//! Where signing keys come from. The private part is in the vault before anybody hears of the public one.
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use domain::keys::{Key, KeyCommand, Keys, STREAM};
use event_store::{Executor, Metadata};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};
use runtime::Clock;
use runtime::settings::TokenAlgorithm;
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
pub(super) async fn open(
    executor: &Executor,
    vault: &Vault,
    clock: &Clock,
    algorithm: TokenAlgorithm,
) -> Result<Keys, NoKey> {
    let keys = executor.load::<Keys>(STREAM).await.map_err(no_key)?.state;
    if keys.active.is_some() {
        return Ok(keys);
    }
    let NewKey { kid, alg, jwk } = NewKey::in_vault(vault, algorithm).await?;
    let (made, command) = (kid.clone(), KeyCommand::Open { kid, alg, jwk });
    let meta = Metadata::new(runtime::ids::new(), clock.now()).actor("system:command-api");
    let done = executor.execute::<Keys>(STREAM, command, &meta).await.map_err(no_key)?;
    tracing::info!(made, active = done.state.active, "the first signing key");
    Ok(done.state)
}

/// What everybody may know of a key pair whose private part the vault has.
pub(super) struct NewKey {
    pub kid: String,
    pub alg: String,
    pub jwk: serde_json::Value,
}

impl NewKey {
    /// Makes a key pair and puts its private part into the vault.
    pub async fn in_vault(vault: &Vault, algorithm: TokenAlgorithm) -> Result<Self, NoKey> {
        let made = tokio::task::spawn_blocking(move || pair(algorithm)).await.map_err(no_key)?;
        let (key, secret) = made?;
        vault.keep(&kept_as(&key.kid), &secret).await.map_err(no_key)?;
        Ok(key)
    }
}

/// The private part is PKCS #8 for ECDSA and PKCS #1 for RSA, as the signing crate reads them.
fn pair(algorithm: TokenAlgorithm) -> Result<(NewKey, Zeroizing<Vec<u8>>), NoKey> {
    let unmade = || no_key("no key pair could be made");
    let (secret, private, name) = match algorithm {
        TokenAlgorithm::Es256 => {
            let random = SystemRandom::new();
            let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
            let secret = Zeroizing::new(made.map_err(|_| unmade())?.as_ref().to_vec());
            let private = EncodingKey::from_ec_der(&secret);
            (secret, private, Algorithm::ES256)
        }
        TokenAlgorithm::Rs256 => {
            let made = rsa::KeyPair::generate(rsa::KeySize::Rsa3072).map_err(|_| unmade())?;
            let pkcs8 = made.as_der().map_err(|_| unmade())?;
            let secret = pkcs1(pkcs8.as_ref()).ok_or_else(unmade)?;
            let secret = Zeroizing::new(secret.to_vec());
            let private = EncodingKey::from_rsa_der(&secret);
            (secret, private, Algorithm::RS256)
        }
    };
    let mut jwk = Jwk::from_encoding_key(&private, name).map_err(no_key)?;
    let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(no_key)?;
    jwk.common.key_id = Some(kid.clone());
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    let jwk = serde_json::to_value(jwk).map_err(no_key)?;
    Ok((NewKey { kid, alg: format!("{name:?}"), jwk }, secret))
}

/// An RSA key of more than 2048 bits out of its PKCS #8 wrapping (RFC 5958), which always has this beginning.
fn pkcs1(pkcs8: &[u8]) -> Option<&[u8]> {
    /// Version 0, then the algorithm: rsaEncryption, no parameters.
    const MIDDLE: &[u8] = &[
        0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
        0x01, 0x05, 0x00,
    ];
    /// A tag, and a length of two bytes.
    const LONG: usize = 4;
    let (outer, rest) = pkcs8.split_at_checked(LONG)?;
    let (inner, key) = rest.strip_prefix(MIDDLE)?.split_at_checked(LONG)?;
    (outer.starts_with(&[0x30, 0x82]) && inner.starts_with(&[0x04, 0x82])).then_some(key)
}

pub(super) fn kept_as(kid: &str) -> String {
    format!("jwt/{kid}")
}
