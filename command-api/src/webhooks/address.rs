//! Where a webhook may lead. What a name leads to is judged again whenever the scheduler connects.
use std::net::IpAddr;

use domain::webhooks::{LONGEST_URL, is_public};
use runtime::Problem;
use url::{Host, Url};

/// The URL as it is kept; `private` lets it lead to private networks, and in clear.
pub(super) fn check(text: &str, private: bool) -> Result<String, Problem> {
    let wrong = |code, detail: &str| Err(Problem::invalid("url", code, detail));
    let malformed =
        || Problem::invalid("url", "malformed", "a URL looks like https://club.example/hooks");
    let url = Url::parse(text).map_err(|_| malformed())?;
    match url.scheme() {
        "https" => {}
        "http" if private => {}
        _ => return wrong("only-https", "what is told goes over https"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("with-user", "a name and a password do not belong into this URL");
    }
    if url.fragment().is_some() {
        return wrong("with-fragment", "what follows a # is sent to nobody");
    }
    // The client reads it in its own way.
    if url.as_str().parse::<http::Uri>().is_err() {
        return Err(malformed());
    }
    let address: Option<IpAddr> = match url.host() {
        None => return Err(malformed()),
        Some(Host::Ipv4(it)) => Some(it.into()),
        Some(Host::Ipv6(it)) => Some(it.into()),
        Some(Host::Domain(_)) => None,
    };
    if !private && address.is_some_and(|it| !is_public(it)) {
        return wrong("private-address", "addresses of private networks are not called");
    }
    if LONGEST_URL < url.as_str().len() {
        return wrong("too-long", "a URL has at most 500 characters");
    }
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str, private: bool) -> Option<&'static str> {
        check(text, private).err().map(|it| it.errors()[0].code)
    }

    #[test]
    fn where_a_webhook_may_lead() {
        let long = format!("https://club.example/{}", "x".repeat(500));
        for (url, expected) in [
            ("https://club.example/hooks?of=nord", None),
            ("HTTPS://Club.Example:8443", None),
            ("https://93.184.216.34/", None),
            ("https://bücher.example/", None),
            ("http://club.example/", Some("only-https")),
            ("ftp://club.example/", Some("only-https")),
            ("javascript:alert(1)", Some("only-https")),
            ("club.example/hooks", Some("malformed")),
            ("https://", Some("malformed")),
            ("", Some("malformed")),
            ("https://eva@club.example/", Some("with-user")),
            ("https://:secret@club.example/", Some("with-user")),
            ("https://club.example/#there", Some("with-fragment")),
            ("https://127.0.0.1/", Some("private-address")),
            ("https://2130706433/", Some("private-address")),
            ("https://0x7f.1/", Some("private-address")),
            ("https://[::1]/", Some("private-address")),
            ("https://[::ffff:10.0.0.1]/", Some("private-address")),
            ("https://169.254.169.254/latest/meta-data", Some("private-address")),
            (&long, Some("too-long")),
        ] {
            assert_eq!(code(url, false), expected, "{url}");
        }
        assert_eq!(code("http://127.0.0.1:4711/", true), None);
        assert_eq!(code("https://eva@127.0.0.1/", true), Some("with-user"));
    }

    #[test]
    fn one_url_has_one_text() {
        let kept = check("HTTPS://Club.Example:443/a/../b c", false).unwrap();
        assert_eq!(kept, "https://club.example/b%20c");
    }
}
