//! What a token must be, to the letter: we are the only ones who make them.
//!
//! `jsonwebtoken` checks signature, issuer and audience. What its defaults let pass is checked here: headers it
//! ignores (`crit`, `jku`, `x5u`, `jwk`, `x5c`), a wrong `typ`, missing claims, and times by a clock that is not ours.
use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::keys::Keys;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{AUDIENCE, Claims, TYPE, Terms};

/// How far the clocks of two of our servers may be apart.
pub(crate) const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// Ours have about 500. What is longer is not read at all.
const MAX_BYTES: usize = 4 * 1024;

/// Enough to tell a few sets of keys apart.
const TAG_BYTES: usize = 9;

/// The keys that count, by `kid`.
pub(crate) struct PublicKeys {
    by_kid: HashMap<String, (Algorithm, DecodingKey)>,
    pub active: Option<String>,
    jwks: Value,
    /// Names what `jwks` says.
    pub tag: String,
}

/// What is wrong with a token. For the log only: outside all of it is one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("it is too long")]
    TooLong,
    #[error("its header is not one of ours")]
    Header,
    #[error("its key is not one of ours")]
    Key,
    #[error("its signature, issuer, audience or one of its claims is wrong")]
    Claims,
    #[error("it is from the future")]
    Early,
    #[error("it has expired")]
    Late,
    #[error("it lives longer than tokens do")]
    LongLived,
}

/// Anything else in a header is refused: we write nothing else, and every extension of it was an attack once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    typ: String,
    alg: String,
    kid: String,
}

impl PublicKeys {
    pub fn of(keys: &Keys) -> Self {
        let valid = || keys.published.iter().filter(|it| !it.retired);
        let mut by_kid = HashMap::new();
        for key in valid() {
            let Some(public) = public(&key.alg, &key.jwk) else {
                tracing::error!(key.kid, key.alg, "a published key cannot be used");
                continue;
            };
            by_kid.insert(key.kid.clone(), public);
        }
        let jwks = json!({ "keys": valid().map(|it| &it.jwk).collect::<Vec<_>>() });
        let digest = Sha256::digest(jwks.to_string());
        let tag = URL_SAFE_NO_PAD.encode(&digest[..TAG_BYTES]);
        Self { by_kid, active: keys.active.clone(), jwks, tag }
    }

    /// RFC 7517 section 5.
    pub fn jwks(&self) -> &Value {
        &self.jwks
    }
}

/// The algorithms a key of ours can be for. None of them is symmetric.
pub(super) fn algorithm(name: &str) -> Option<Algorithm> {
    match name {
        "ES256" => Some(Algorithm::ES256),
        "RS256" => Some(Algorithm::RS256),
        _ => None,
    }
}

fn public(alg: &str, jwk: &Value) -> Option<(Algorithm, DecodingKey)> {
    let jwk: Jwk = serde_json::from_value(jwk.clone()).ok()?;
    Some((algorithm(alg)?, DecodingKey::from_jwk(&jwk).ok()?))
}

/// Says what `token` claims, if it is one of ours and its time has come and not gone.
pub(crate) fn verify(
    token: &str,
    keys: &PublicKeys,
    terms: &Terms,
    now: Timestamp,
) -> Result<Claims, Refused> {
    if MAX_BYTES < token.len() {
        return Err(Refused::TooLong);
    }
    let header = header(token).ok_or(Refused::Header)?;
    let (algorithm, key) = keys.by_kid.get(&header.kid).ok_or(Refused::Key)?;
    // The key says what it is for, not the token.
    if header.typ != TYPE || self::algorithm(&header.alg) != Some(*algorithm) {
        return Err(Refused::Header);
    }
    let mut validation = Validation::new(*algorithm);
    validation.set_issuer(&[&terms.issuer]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["iss", "aud"]);
    validation.validate_exp = false;
    let decoded = jsonwebtoken::decode::<Claims>(token, key, &validation);
    let claims = decoded.map_err(|_| Refused::Claims)?.claims;
    in_time(&claims, terms, now)?;
    Ok(claims)
}

fn header(token: &str) -> Option<Header> {
    let mut parts = token.split('.');
    let (header, _, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()
}

fn in_time(claims: &Claims, terms: &Terms, now: Timestamp) -> Result<(), Refused> {
    let (now, leeway) = (now.as_second(), LEEWAY.as_secs());
    if now.saturating_add(leeway) < claims.nbf.max(claims.iat) {
        return Err(Refused::Early);
    }
    if claims.exp.saturating_add(leeway) <= now {
        return Err(Refused::Late);
    }
    // Revocations are remembered for as long as a token can live; one that lived longer would outlive them.
    if terms.life.as_secs() < claims.exp.saturating_sub(claims.iat) {
        return Err(Refused::LongLived);
    }
    Ok(())
}
