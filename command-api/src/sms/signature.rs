//! What Twilio signs: the address it asks and the form it sends, HMAC-SHA-1 with the account's auth token, in base64.
use axum::http::{HeaderMap, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;

pub static SIGNATURE: &str = "x-twilio-signature";

/// Why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// The header is missing, or there twice: two could be read one way here and another way elsewhere.
    Header,
    /// None of the tokens signed this.
    Forged,
}

/// Checks a message against every token that counts now. Compares in constant time.
pub fn verify(
    tokens: &[SecretString],
    headers: &HeaderMap,
    url: &str,
    form: &[(String, String)],
) -> Result<(), Distrust> {
    let mut values = headers.get_all(SIGNATURE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Distrust::Header) };
    let given = STANDARD.decode(value.as_bytes()).map_err(|_| Distrust::Forged)?;
    let urls = spellings(url);
    let is_ours = tokens
        .iter()
        .any(|token| urls.iter().any(|url| mac(token, url, form).verify_slice(&given).is_ok()));
    if is_ours { Ok(()) } else { Err(Distrust::Forged) }
}

/// Its own libraries try both, because some of its servers write a port that goes without saying, and some do not.
fn spellings(url: &str) -> Vec<String> {
    let mut urls = vec![url.to_owned()];
    let Ok(uri) = url.parse::<Uri>() else { return urls };
    let (Some(scheme), Some(host), Some(rest)) =
        (uri.scheme_str(), uri.host(), uri.path_and_query())
    else {
        return urls;
    };
    let usual = if scheme == "https" { 443 } else { 80 };
    match uri.port_u16() {
        None => urls.push(format!("{scheme}://{host}:{usual}{rest}")),
        Some(port) if port == usual => urls.push(format!("{scheme}://{host}{rest}")),
        Some(_) => {}
    }
    urls
}

/// The parameters follow the address without anything between them, sorted, each once.
fn mac(token: &SecretString, url: &str, form: &[(String, String)]) -> Hmac<Sha1> {
    // HMAC takes a key of any length.
    let mut mac = Hmac::<Sha1>::new_from_slice(token.expose_secret().as_bytes())
        .unwrap_or_else(|_| unreachable!("a key of any length"));
    mac.update(url.as_bytes());
    let mut sorted: Vec<&(String, String)> = form.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> SecretString {
        text.to_owned().into()
    }

    fn signed(signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE, signature.parse().unwrap());
        headers
    }

    /// The example that Twilio's own libraries are tested with.
    #[test]
    #[rustfmt::skip] // a table
    fn the_published_example_is_believed_and_nothing_near_it() {
        const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
        const SIGNED: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        let pairs = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (mut reversed, mut other) = (pairs.clone(), pairs.clone());
        reversed.reverse();
        other[2].1 = "1235".to_owned();
        let with_port = URL.replace(".com", ".com:443");
        let (own, both) = ([token("12345")], [token("54321"), token("12345")]);
        let check = |case: &str, tokens: &[SecretString], url: &str, form: &[(String, String)], signature: &str, believed: bool| {
            let expected = if believed { Ok(()) } else { Err(Distrust::Forged) };
            assert_eq!(verify(tokens, &signed(signature), url, form), expected, "{case}");
        };
        check("as sent",             &own,       URL,                    &pairs,      SIGNED,                         true);
        check("in another order",    &own,       URL,                    &reversed,   SIGNED,                         true);
        check("the older token",     &both,      URL,                    &pairs,      SIGNED,                         true);
        check("with the usual port", &own,       &with_port,             &pairs,      SIGNED,                         true);
        check("another value",       &own,       URL,                    &other,      SIGNED,                         false);
        check("one parameter fewer", &own,       URL,                    &pairs[1..], SIGNED,                         false);
        check("another address",     &own,       "https://example.com/", &pairs,      SIGNED,                         false);
        check("another token",       &both[..1], URL,                    &pairs,      SIGNED,                         false);
        check("no token",            &[],        URL,                    &pairs,      SIGNED,                         false);
        check("another signature",   &own,       URL,                    &pairs,      "AAAADt4T1cUTdK1PDd93/VVr8B8=", false);
        check("a part of it",        &own,       URL,                    &pairs,      "RSOYDt4T1cUTdK1PDd93/Q==",     false);
        check("nothing",             &own,       URL,                    &pairs,      "",                             false);
        check("no base64",           &own,       URL,                    &pairs,      "?",                            false);
        let mut twice = signed(SIGNED);
        twice.append(SIGNATURE, SIGNED.parse().unwrap());
        for headers in [twice, HeaderMap::new()] {
            assert_eq!(verify(&own, &headers, URL, &pairs), Err(Distrust::Header));
        }
    }
}
