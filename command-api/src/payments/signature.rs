//! Signed messages, by the Standard Webhooks specification: `webhook-id`, `webhook-timestamp` and
//! `webhook-signature: v1,<base64> …`, HMAC-SHA-256 over `<id>.<timestamp>.<body>` with the bytes of `whsec_<base64>`.
use access::standard_webhooks::mac;
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;
use jiff::{SignedDuration, Timestamp};
use runtime::settings::WebhookSecret;

/// How old a message may be, and how far ahead its sender's clock: what the specification recommends.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// A sender that changes its key signs with two; more than that is somebody playing.
const MAX_SIGNATURES: usize = 8;

static ID: &str = "webhook-id";
static TIMESTAMP: &str = "webhook-timestamp";
static SIGNATURE: &str = "webhook-signature";

/// A message whose sender is known.
#[derive(Debug)]
pub struct Signed {
    /// The same for each time the message is sent.
    pub id: String,
}

/// Why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// A header is missing or is not what it should be.
    Header(&'static str),
    /// Sent too long ago, or by a clock that is ahead: a replay, or a sender without time.
    Stale,
    /// None of the signatures is ours.
    Forged,
}

/// Checks a message against every secret that counts now. Compares in constant time.
pub fn verify(
    secrets: &[WebhookSecret],
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<Signed, Distrust> {
    let id = one(headers, ID)?;
    let sent_at = one(headers, TIMESTAMP)?;
    let signatures = one(headers, SIGNATURE)?;
    let seconds: i64 = sent_at.parse().map_err(|_| Distrust::Header(TIMESTAMP))?;
    let sent = Timestamp::from_second(seconds).map_err(|_| Distrust::Header(TIMESTAMP))?;
    let given = signatures.split(' ').take(MAX_SIGNATURES).filter_map(|it| it.strip_prefix("v1,"));
    let given: Vec<Vec<u8>> = given.filter_map(|it| STANDARD.decode(it).ok()).collect();
    let is_ours = secrets.iter().any(|secret| {
        given.iter().any(|it| mac(secret.bytes(), id, sent_at, body).verify_slice(it).is_ok())
    });
    if !is_ours {
        return Err(Distrust::Forged);
    }
    // After the signature: a stranger learns nothing about our clock.
    if TOLERANCE < now.duration_since(sent).abs() {
        return Err(Distrust::Stale);
    }
    Ok(Signed { id: id.to_owned() })
}

/// The one value of a header; two could be read one way here and another way elsewhere.
fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Distrust> {
    let mut values = headers.get_all(name).iter();
    match (values.next().and_then(|it| it.to_str().ok()), values.next()) {
        (Some(value), None) if (1..=512).contains(&value.len()) => Ok(value),
        _ => Err(Distrust::Header(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const ID_VALUE: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;

    fn secret(text: &str) -> WebhookSecret {
        text.parse().unwrap()
    }

    fn ours() -> WebhookSecret {
        secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    }

    fn headers(id: &str, at: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [(ID, id), (TIMESTAMP, at), (SIGNATURE, signature)] {
            headers.insert(name, value.parse().unwrap());
        }
        headers
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The specification's own example.
    const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn a_message_is_believed_as_the_specification_says() {
        let headers = headers(ID_VALUE, &AT.to_string(), SIGNED);
        assert_eq!(verify(&[ours()], &headers, BODY, at(AT)).unwrap().id, ID_VALUE);
    }

    #[test]
    #[rustfmt::skip] // a table
    fn what_is_believed() {
        let other = secret("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        let both = format!("v1,AAAA {SIGNED} v2,whatever");
        let check = |case: &str, secrets: &[WebhookSecret], id: &str, sent: &str, signature: &str, body: &[u8], now: i64, then: Option<Distrust>| {
            let verified = verify(secrets, &headers(id, sent, signature), body, at(now));
            assert_eq!(verified.err(), then, "{case}");
        };
        let (sent, one) = (AT.to_string(), [ours()]);
        check("as sent",              &one, ID_VALUE, &sent, SIGNED, BODY, AT, None);
        check("four minutes later",   &one, ID_VALUE, &sent, SIGNED, BODY, AT + 240, None);
        check("a clock ahead",        &one, ID_VALUE, &sent, SIGNED, BODY, AT - 240, None);
        check("one of several",       &one, ID_VALUE, &sent, &both, BODY, AT, None);
        check("the older secret",     &[other.clone(), ours()], ID_VALUE, &sent, SIGNED, BODY, AT, None);
        check("six minutes later",    &one, ID_VALUE, &sent, SIGNED, BODY, AT + 360, Some(Distrust::Stale));
        check("from the future",      &one, ID_VALUE, &sent, SIGNED, BODY, AT - 360, Some(Distrust::Stale));
        check("another body",         &one, ID_VALUE, &sent, SIGNED, b"{}", AT, Some(Distrust::Forged));
        check("another id",           &one, "msg_2", &sent, SIGNED, BODY, AT, Some(Distrust::Forged));
        check("another time",         &one, ID_VALUE, "1614265331", SIGNED, BODY, AT, Some(Distrust::Forged));
        check("another secret",       &[other], ID_VALUE, &sent, SIGNED, BODY, AT, Some(Distrust::Forged));
        check("no secret",            &[], ID_VALUE, &sent, SIGNED, BODY, AT, Some(Distrust::Forged));
        check("no base64",            &one, ID_VALUE, &sent, "v1,?", BODY, AT, Some(Distrust::Forged));
        check("no version",           &one, ID_VALUE, &sent, &SIGNED[3..], BODY, AT, Some(Distrust::Forged));
        check("no time",              &one, ID_VALUE, "now", SIGNED, BODY, AT, Some(Distrust::Header(TIMESTAMP)));
        check("beyond all time",      &one, ID_VALUE, "9223372036854775807", SIGNED, BODY, AT, Some(Distrust::Header(TIMESTAMP)));
    }

    #[test]
    fn each_header_is_there_once() {
        for name in [ID, TIMESTAMP, SIGNATURE] {
            let mut missing = headers(ID_VALUE, &AT.to_string(), SIGNED);
            missing.remove(name);
            let mut twice = headers(ID_VALUE, &AT.to_string(), SIGNED);
            twice.append(name, "again".parse().unwrap());
            for headers in [missing, twice] {
                let verified = verify(&[ours()], &headers, BODY, at(AT));
                assert_eq!(verified.err(), Some(Distrust::Header(name)));
            }
        }
    }
}
