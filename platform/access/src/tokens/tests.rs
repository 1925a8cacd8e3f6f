use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::keys::KeyCommand;
use event_store::Metadata;
use event_store::memory::MemoryStore;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use testing::Scratch;
use uuid::Uuid;

use super::verify::Refused;
use super::*;

const USER: UserId = UserId(Uuid::from_u128(1));
const SESSION: SessionId = SessionId(Uuid::from_u128(2));

/// A deployment of one log and one vault.
pub(crate) struct Deployment {
    pub executor: Executor,
    pub vault: Vault,
    pub clock: Clock,
    pub terms: Terms,
    _scratch: Scratch,
}

impl Deployment {
    pub async fn new() -> Self {
        Self::on(Arc::new(MemoryStore::default())).await
    }

    pub async fn on(store: event_store::Store) -> Self {
        let scratch = Scratch::new(&vault::MIGRATOR).await;
        let vault = Vault::new(scratch.pool.clone(), &"5a".repeat(32).into()).unwrap();
        let terms = Terms {
            issuer: "https://courts.example".to_owned(),
            life: SignedDuration::from_mins(15),
            factor_required: false,
        };
        let executor = Executor::new(store);
        Self { executor, vault, clock: Clock::new(), terms, _scratch: scratch }
    }

    pub async fn issuer(&self) -> Issuer {
        let Self { executor, vault, clock, terms, .. } = self;
        let (terms, executor) = (terms.clone(), executor.clone());
        let algorithm = TokenAlgorithm::Es256;
        Issuer::begin(terms, executor, vault.clone(), clock.clone(), algorithm, None).await.unwrap()
    }

    async fn keys(&self) -> Keys {
        self.executor.load::<Keys>(STREAM).await.unwrap().state
    }

    fn verify_with(&self, keys: &Keys, token: &str) -> Result<Claims, Refused> {
        self.verify_at(keys, token, self.clock.now())
    }

    fn verify_at(&self, keys: &Keys, token: &str, now: Timestamp) -> Result<Claims, Refused> {
        verify(token, &PublicKeys::of(keys), &self.terms, now)
    }

    pub async fn command(&self, command: KeyCommand) {
        let meta = Metadata::new(runtime::ids::new(), self.clock.now());
        self.executor.execute::<Keys>(STREAM, command, &meta).await.unwrap();
    }
}

fn encoded(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

fn signed(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// `json` with `field` set to `value`, or without it where that is null.
fn with(json: &Value, field: &str, value: Value) -> Value {
    let mut json = json.clone();
    let fields = json.as_object_mut().unwrap();
    fields.remove(field);
    if !value.is_null() {
        fields.insert(field.to_owned(), value);
    }
    json
}

#[tokio::test]
async fn a_token_says_who_and_until_when_and_in_which_epoch() {
    let deployment = Deployment::new().await;
    let token = deployment.issuer().await.issue(USER, SESSION, 7, false).await.unwrap();
    let now = deployment.clock.now().as_second();

    let claims = deployment.verify_with(&deployment.keys().await, &token).unwrap();
    assert_eq!((claims.sub, claims.sid, claims.epoch), (USER, SESSION, 7));
    assert_eq!((claims.iss.as_str(), claims.aud.as_str()), ("https://courts.example", "courtside"));
    assert_eq!((claims.nbf, claims.exp), (claims.iat, claims.iat + 900));
    assert!((claims.iat - now).abs() <= 1);
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn a_token_is_what_we_write_to_the_letter() {
    let deployment = Deployment::new().await;
    deployment.issuer().await;
    let keys = deployment.keys().await;
    let kid = keys.active.clone().unwrap();
    let secret = deployment.vault.kept(&format!("jwt/{kid}")).await.unwrap().unwrap();
    let key = EncodingKey::from_ec_der(&secret);
    let point = {
        let jwk: &Value = &keys.published[0].jwk;
        let part = |it: &str| URL_SAFE_NO_PAD.decode(jwk[it].as_str().unwrap()).unwrap();
        [vec![4], part("x"), part("y")].concat()
    };
    let at = deployment.clock.now();
    let now = at.as_second();
    let header = json!({ "typ": "at+jwt", "alg": "ES256", "kid": kid });
    let claims = json!({
        "iss": "https://courts.example", "aud": "courtside", "sub": USER, "sid": SESSION, "epoch": 0,
        "iat": now, "nbf": now, "exp": now + 900, "jti": Uuid::from_u128(3),
    });
    let good = signed(&header, &claims, &key, Algorithm::ES256);
    let headed = |field: &str, value: Value| signed(&with(&header, field, value), &claims, &key, Algorithm::ES256);
    let claimed = |field: &str, value: Value| signed(&header, &with(&claims, field, value), &key, Algorithm::ES256);
    let lived = |iat: i64, exp: i64| {
        let claims = with(&with(&with(&claims, "iat", json!(now + iat)), "nbf", json!(now + iat)), "exp", json!(now + exp));
        signed(&header, &claims, &key, Algorithm::ES256)
    };
    let foreign = {
        let other = Deployment::new().await;
        other.issuer().await;
        let kid = other.keys().await.active.unwrap();
        EncodingKey::from_ec_der(&other.vault.kept(&format!("jwt/{kid}")).await.unwrap().unwrap())
    };
    let unsigned = |header: &Value| format!("{}.{}.", encoded(header), encoded(&claims));
    let parts: Vec<_> = good.split('.').collect();

    let mut cases = vec![
        ("good".to_owned(),          good.clone(),                                                   None),
        // The header.
        ("alg none".to_owned(),      unsigned(&with(&header, "alg", json!("none"))),                 Some(Refused::Header)),
        ("alg None".to_owned(),      unsigned(&with(&header, "alg", json!("None"))),                 Some(Refused::Header)),
        ("HS256 with the public key".to_owned(),
            signed(&with(&header, "alg", json!("HS256")), &claims, &EncodingKey::from_secret(&point), Algorithm::HS256),
            Some(Refused::Header)),
        ("alg RS256".to_owned(),     headed("alg", json!("RS256")),                                  Some(Refused::Header)),
        ("alg ES384".to_owned(),     headed("alg", json!("ES384")),                                  Some(Refused::Header)),
        ("no alg".to_owned(),        headed("alg", Value::Null),                                     Some(Refused::Header)),
        ("typ JWT".to_owned(),       headed("typ", json!("JWT")),                                    Some(Refused::Header)),
        ("no typ".to_owned(),        headed("typ", Value::Null),                                     Some(Refused::Header)),
        ("no kid".to_owned(),        headed("kid", Value::Null),                                     Some(Refused::Header)),
        ("unknown kid".to_owned(),   headed("kid", json!("x")),                                      Some(Refused::Key)),
        ("kid a path".to_owned(),    headed("kid", json!("../../dev/null")),                         Some(Refused::Key)),
        ("kid an object".to_owned(), headed("kid", json!({})),                                       Some(Refused::Header)),
        ("unknown crit".to_owned(),  headed("crit", json!(["exp"])),                                 Some(Refused::Header)),
        ("b64 false".to_owned(),     headed("b64", json!(false)),                                    Some(Refused::Header)),
        ("jku".to_owned(),           headed("jku", json!("https://evil.example/jwks")),              Some(Refused::Header)),
        ("x5u".to_owned(),           headed("x5u", json!("https://evil.example/cert")),              Some(Refused::Header)),
        ("jwk".to_owned(),           headed("jwk", keys.published[0].jwk.clone()),                   Some(Refused::Header)),
        ("x5c".to_owned(),           headed("x5c", json!(["MII"])),                                  Some(Refused::Header)),
        // The signature.
        ("a foreign key".to_owned(), signed(&header, &claims, &foreign, Algorithm::ES256),           Some(Refused::Claims)),
        ("other claims".to_owned(),
            format!("{}.{}.{}", parts[0], encoded(&with(&claims, "epoch", json!(9))), parts[2]),     Some(Refused::Claims)),
        ("no signature".to_owned(),  format!("{}.{}.", parts[0], parts[1]),                          Some(Refused::Claims)),
        // The claims.
        ("another issuer".to_owned(),   claimed("iss", json!("https://evil.example")),               Some(Refused::Claims)),
        ("another audience".to_owned(), claimed("aud", json!("elsewhere")),                          Some(Refused::Claims)),
        ("no user".to_owned(),          claimed("sub", json!("admin")),                              Some(Refused::Claims)),
        ("negative epoch".to_owned(),   claimed("epoch", json!(-1)),                                 Some(Refused::Claims)),
        ("exp a text".to_owned(),       claimed("exp", json!("9999999999")),                         Some(Refused::Claims)),
        // The times.
        ("just expired".to_owned(),     lived(-929, -29),                                            None),
        ("expired".to_owned(),          lived(-931, -31),                                            Some(Refused::Late)),
        ("a little early".to_owned(),   lived(29, 900),                                              None),
        ("issued in future".to_owned(), lived(40, 900),                                              Some(Refused::Early)),
        ("nbf in future".to_owned(),    claimed("nbf", json!(now + 40)),                             Some(Refused::Early)),
        ("iat in future".to_owned(),    claimed("iat", json!(now + 40)),                             Some(Refused::Early)),
        ("lives for ever".to_owned(),   claimed("exp", json!(now + 901)),                            Some(Refused::LongLived)),
        ("exp overflows".to_owned(),    claimed("exp", json!(i64::MAX)),                             Some(Refused::LongLived)),
        ("iat underflows".to_owned(),   claimed("iat", json!(i64::MIN)),                             Some(Refused::LongLived)),
        // The text.
        ("empty".to_owned(),         String::new(),                                                  Some(Refused::Header)),
        ("two parts".to_owned(),     format!("{}.{}", parts[0], parts[1]),                           Some(Refused::Header)),
        ("four parts".to_owned(),    format!("{good}.x"),                                            Some(Refused::Header)),
        ("padded".to_owned(),        format!("{good}="),                                             Some(Refused::Claims)),
        ("spaced".to_owned(),        format!(" {good}"),                                             Some(Refused::Header)),
        ("over-long".to_owned(),     claimed("more", json!("x".repeat(4096))),                       Some(Refused::TooLong)),
        ("an extra claim".to_owned(), claimed("scope", json!("play")),                               None),
    ];
    for claim in ["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "sid", "epoch"] {
        cases.push((format!("without {claim}"), claimed(claim, Value::Null), Some(Refused::Claims)));
    }
    for (case, token, expected) in cases {
        assert_eq!(deployment.verify_at(&keys, &token, at).err(), expected, "{case}");
    }
}

#[tokio::test]
async fn processes_that_start_together_sign_with_one_key() {
    let deployment = Deployment::new().await;
    let (a, b) = tokio::join!(deployment.issuer(), deployment.issuer());
    let keys = deployment.keys().await;

    assert_eq!(keys.published.len(), 1);
    for issuer in [a, b, deployment.issuer().await] {
        let token = issuer.issue(USER, SESSION, 0, false).await.unwrap();
        deployment.verify_with(&keys, &token).unwrap();
    }
}

#[tokio::test]
async fn a_key_is_named_by_its_thumbprint_and_its_private_part_is_in_the_vault_alone() {
    let deployment = Deployment::new().await;
    deployment.issuer().await;
    let key = deployment.keys().await.published.remove(0);

    let canonical =
        format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, key.jwk["x"], key.jwk["y"]);
    let thumbprint = <sha2::Sha256 as sha2::Digest>::digest(canonical);
    assert_eq!(key.kid, URL_SAFE_NO_PAD.encode(thumbprint), "RFC 7638");
    let mut fields: Vec<_> = key.jwk.as_object().unwrap().keys().cloned().collect();
    fields.sort();
    assert_eq!(fields, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    assert!(deployment.vault.kept(&format!("jwt/{}", key.kid)).await.unwrap().is_some());
}

#[tokio::test]
async fn without_its_private_part_an_issuer_does_not_start() {
    let (one, other) = (Deployment::new().await, Deployment::new().await);
    one.issuer().await;
    let Deployment { executor, clock, terms, .. } = &one;

    let begun = Issuer::begin(
        terms.clone(),
        executor.clone(),
        other.vault.clone(),
        clock.clone(),
        TokenAlgorithm::Es256,
        None,
    )
    .await;
    assert!(begun.is_err());
}

#[tokio::test]
async fn the_same_bytes_at_another_time_are_another_answer() {
    let deployment = Deployment::new().await;
    let token = deployment.issuer().await.issue(USER, SESSION, 0, false).await.unwrap();
    let keys = PublicKeys::of(&deployment.keys().await);
    let now = deployment.clock.now();

    for (case, after, expected) in [
        ("at once", 0, None),
        ("at the end of its life", 900 + 28, None),
        ("after its life", 900 + 31, Some(Refused::Late)),
        ("before it was signed", -40, Some(Refused::Early)),
    ] {
        let then: Timestamp = now + SignedDuration::from_secs(after);
        assert_eq!(verify(&token, &keys, &deployment.terms, then).err(), expected, "{case}");
    }
}
