//! Reading what proxies wrote. Several lines of a header are one list, and whoever passed the request on added to its
//! end.
use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::settings::ForwardedHeader;

static FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static FORWARDED: HeaderName = HeaderName::from_static("forwarded");

/// Each hop's word about who came to it, the client's own end first; `None` for what is no address.
pub(super) fn chain(header: ForwardedHeader, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    match header {
        ForwardedHeader::XForwarded => elements(headers, &FOR).into_iter().map(address).collect(),
        ForwardedHeader::Forwarded => elements(headers, &FORWARDED)
            .into_iter()
            .map(|it| parameter(it, "for").and_then(address))
            .collect(),
    }
}

/// What the nearest proxy says the client spoke to it.
pub(super) fn scheme(header: ForwardedHeader, headers: &HeaderMap) -> Option<&str> {
    let last = match header {
        ForwardedHeader::XForwarded => elements(headers, &PROTO).pop(),
        ForwardedHeader::Forwarded => {
            elements(headers, &FORWARDED).pop().and_then(|it| parameter(it, "proto"))
        }
    };
    last.map(|it| if it.eq_ignore_ascii_case("https") { "https" } else { it })
}

/// One word, ours, in the place of all that were there.
pub(super) fn replace(
    header: ForwardedHeader,
    headers: &mut HeaderMap,
    address: Option<IpAddr>,
    is_tls: bool,
) {
    for name in [&FOR, &PROTO, &FORWARDED] {
        headers.remove(name);
    }
    let Some(address) = address else { return };
    let scheme = if is_tls { "https" } else { "http" };
    let words = match header {
        ForwardedHeader::XForwarded => {
            vec![(&FOR, address.to_string()), (&PROTO, scheme.to_owned())]
        }
        ForwardedHeader::Forwarded => {
            let node = match address {
                IpAddr::V4(it) => it.to_string(),
                IpAddr::V6(it) => format!("\"[{it}]\""),
            };
            vec![(&FORWARDED, format!("for={node};proto={scheme}"))]
        }
    };
    for (name, word) in words {
        if let Ok(word) = HeaderValue::try_from(word) {
            headers.insert(name, word);
        }
    }
}

/// The items of a list, over all its lines. A comma in quotes is text.
fn elements<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let mut found = Vec::new();
    for line in headers.get_all(name) {
        // A line that is not text is one item that cannot be read.
        let line = line.to_str().unwrap_or("?");
        let mut is_quoted = false;
        let split = line.split(move |it| {
            is_quoted ^= it == '"';
            it == ',' && !is_quoted
        });
        found.extend(split.map(str::trim));
    }
    found
}

/// `for` of `for="[2001:db8::1]:4711";proto=https`.
fn parameter<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let pair = element.split(';').find_map(|it| {
        let (key, value) = it.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })?;
    Some(pair.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(pair))
}

/// `v4`, `v4:port`, `v6`, `[v6]` or `[v6]:port`; a v4 address in v6 clothes is the v4 address.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(entry);
    let address = bare.parse::<IpAddr>().ok();
    let address = address.or_else(|| entry.parse::<SocketAddr>().ok().map(|it| it.ip()));
    address.map(|it| it.to_canonical())
}
