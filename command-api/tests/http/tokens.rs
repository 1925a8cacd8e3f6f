//! Tokens that nobody here made, or that somebody has changed: each is nobody's, and all get one answer.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use vault::Vault;

use crate::world::{Person, Reply, World, request};

fn encoded(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

fn signed_by(header: &Value, claims: &Value, key: &EncodingKey, by: Algorithm) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, by).unwrap();
    format!("{message}.{signature}")
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn with(json: &Value, field: &str, value: Value) -> Value {
    let mut json = json.clone();
    json[field] = value;
    json
}

fn without(json: &Value, field: &str) -> Value {
    let mut json = json.clone();
    json.as_object_mut().unwrap().remove(field);
    json
}

/// Asks for something harmless: somebody who is logged in is told 404.
async fn asks(world: &World, tokens: &[&str]) -> Reply {
    let mut asked = request("DELETE", &format!("/v1/sessions/{}", uuid::nil()), &Value::Null);
    for token in tokens {
        let value = format!("Bearer {token}").parse().unwrap();
        asked.headers_mut().append("authorization", value);
    }
    world.send(asked).await
}

mod uuid {
    pub fn nil() -> &'static str {
        "00000000-0000-0000-0000-000000000000"
    }
}

/// The other form of an ES256 signature, as valid as the first: `(r, n - s)`.
fn malleated(token: &str) -> String {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let (message, signature) = token.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i16::from(ORDER[at]) - i16::from(bytes[32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        bytes[32 + at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

struct Forge {
    header: Value,
    claims: Value,
    key: EncodingKey,
    /// The public key as bytes, for whoever takes it for a secret.
    public: Vec<u8>,
    jwk: Value,
}

impl Forge {
    async fn new(world: &World, person: &Person) -> Self {
        let parts: Vec<_> = person.token.split('.').collect();
        let (header, claims) = (decoded(parts[0]), decoded(parts[1]));
        let kek = world.platform.settings.keys.kek.as_ref().unwrap();
        let vault = Vault::new(world.vault.pool.clone(), kek).unwrap();
        let name = format!("jwt/{}", header["kid"].as_str().unwrap());
        let key = EncodingKey::from_ec_der(&vault.kept(&name).await.unwrap().unwrap());
        let jwk = world.events("keys-jwt").await[0].1["jwk"].clone();
        let part = |it: &str| URL_SAFE_NO_PAD.decode(jwk[it].as_str().unwrap()).unwrap();
        let public = [vec![4], part("x"), part("y")].concat();
        Self { header, claims, key, public, jwk }
    }

    fn signed(&self, header: &Value, claims: &Value) -> String {
        signed_by(header, claims, &self.key, Algorithm::ES256)
    }

    fn headed(&self, field: &str, value: Value) -> String {
        self.signed(&with(&self.header, field, value), &self.claims)
    }

    fn claimed(&self, field: &str, value: Value) -> String {
        self.signed(&self.header, &with(&self.claims, field, value))
    }
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn a_token_that_is_not_ours_to_the_letter_is_nobodys() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let forge = Forge::new(&world, &eva).await;
    let now = world.platform.clock.now().as_second();
    let secret = EncodingKey::from_secret(&forge.public);
    let unsigned = |alg: &str| format!("{}.{}.", encoded(&with(&forge.header, "alg", json!(alg))), encoded(&forge.claims));
    let lived = |from: i64, to: i64| {
        let claims = with(&with(&with(&forge.claims, "iat", json!(now + from)), "nbf", json!(now + from)), "exp", json!(now + to));
        forge.signed(&forge.header, &claims)
    };
    assert_eq!(asks(&world, &[&forge.signed(&forge.header, &forge.claims)]).await.summary(), "404 not-found", "the forge works");
    assert_eq!(asks(&world, &[&lived(-925, -25)]).await.summary(), "404 not-found", "half a minute of leeway");

    let mut rows = vec![
        ("T1 none",               unsigned("none")),
        ("T1 nOnE",               unsigned("nOnE")),
        ("T1 no signature",       format!("{}.{}.", encoded(&forge.header), encoded(&forge.claims))),
        ("T2 HS256 with the public key", signed_by(&with(&forge.header, "alg", json!("HS256")), &forge.claims, &secret, Algorithm::HS256)),
        ("T2 HS384 with the public key", signed_by(&with(&forge.header, "alg", json!("HS384")), &forge.claims, &secret, Algorithm::HS384)),
        ("T3 RS256 for ES256",    forge.headed("alg", json!("RS256"))),
        ("T3 ES384 for ES256",    forge.headed("alg", json!("ES384"))),
        ("T4 kid a path",         forge.headed("kid", json!("../../../dev/null"))),
        ("T4 kid of SQL",         forge.headed("kid", json!("' OR 1=1 --"))),
        ("T4 kid a list",         forge.headed("kid", json!([]))),
        ("T4 no kid",             forge.signed(&without(&forge.header, "kid"), &forge.claims)),
        ("T4 jku",                forge.headed("jku", json!("https://evil.example/keys"))),
        ("T4 x5u",                forge.headed("x5u", json!("https://evil.example/cert"))),
        ("T4 jwk",                forge.headed("jwk", forge.jwk.clone())),
        ("T4 x5c",                forge.headed("x5c", json!(["MIIB"]))),
        ("T5 typ JWT",            forge.headed("typ", json!("JWT"))),
        ("T5 no typ",             forge.signed(&without(&forge.header, "typ"), &forge.claims)),
        ("T5 unknown crit",       forge.headed("crit", json!(["b64"]))),
        ("T5 empty crit",         forge.headed("crit", json!([]))),
        ("T6 another issuer",     forge.claimed("iss", json!("urn:elsewhere"))),
        ("T6 another audience",   forge.claimed("aud", json!("elsewhere"))),
        ("T6 an older epoch",     forge.claimed("epoch", json!(-1))),
        ("T6 nbf in the future",  forge.claimed("nbf", json!(now + 40))),
        ("T6 over",               lived(-940, -40)),
        ("T6 lives for ever",     forge.claimed("exp", json!(now + 1_000_000))),
        ("T6 nobody's",           forge.claimed("sub", json!(uuid::nil()))),
        ("T6 over 4 KiB",         forge.claimed("more", json!("x".repeat(4096)))),
        ("T6 changed claims",     { let (head, signature) = (encoded(&forge.header), eva.token.rsplit_once('.').unwrap().1); format!("{head}.{}.{signature}", encoded(&with(&forge.claims, "epoch", json!(9)))) }),
        ("not a token",           "x".to_owned()),
    ];
    for claim in ["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "sid", "epoch"] {
        rows.push(("T6 a claim is missing", forge.signed(&forge.header, &without(&forge.claims, claim))));
    }
    let mut details = Vec::new();
    for (case, token) in &rows {
        let reply = asks(&world, &[token]).await;
        assert_eq!(reply.summary(), "401 unauthenticated", "{case}");
        assert!(reply.header("www-authenticate").is_some(), "{case}");
        details.push(reply.body["detail"].clone());
    }
    let two = asks(&world, &[&eva.token, &eva.token]).await;
    assert_eq!(two.summary(), "401 unauthenticated", "two Authorization headers");
    details.push(two.body["detail"].clone());
    details.dedup();
    assert_eq!(details.len(), 1, "one answer for all: {details:?}");
}

#[tokio::test]
async fn a_session_that_is_over_is_over_for_both_forms_of_its_signature() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let twin = malleated(&eva.token);
    assert_eq!(asks(&world, &[&twin]).await.summary(), "404 not-found", "both forms are valid");
    assert_eq!(world.send(eva.delete("/v1/sessions/current")).await.summary(), "204");
    for token in [&eva.token, &twin] {
        testing::eventually(
            "T7 the session is over",
            std::time::Duration::from_secs(5),
            async || asks(&world, &[token]).await.summary() == "401 unauthenticated",
        )
        .await;
    }
}
