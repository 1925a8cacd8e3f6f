//! The address a request came from.
//!
//! Only a proxy on this machine is believed (`TRUST_PROXY=loopback`, the default), and only its own word: the last
//! entry of `X-Forwarded-For`. Everything left of it is what the client says.
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

/// `None` where the server did not say who its peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

static FORWARDED_FOR: &str = "x-forwarded-for";

impl ClientAddress {
    pub fn of(parts: &Parts) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Self(peer.map(|it| resolve(it.0.ip().to_canonical(), &parts.headers)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

fn resolve(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    if !peer.is_loopback() {
        return peer;
    }
    // Several lines are one list, and the proxy added to its end.
    let line = headers.get_all(FORWARDED_FOR).iter().next_back();
    let last = line.and_then(|it| it.to_str().ok()?.rsplit(',').next().and_then(parse));
    last.unwrap_or(peer)
}

/// `v4`, `v4:port`, `v6`, `[v6]` or `[v6]:port`; a v4 address in v6 clothes is the v4 address.
fn parse(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let bare = entry.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(entry);
    let address = bare.parse::<IpAddr>().ok();
    let address = address.or_else(|| entry.parse::<SocketAddr>().ok().map(|it| it.ip()));
    address.map(|it| it.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    #[rustfmt::skip] // a table
    fn only_the_last_word_of_a_proxy_on_this_machine_is_believed() {
        for (case, peer, lines, expected) in [
            ("no proxy",              "203.0.113.7",      &[][..],                         "203.0.113.7"),
            ("a stranger's word",     "203.0.113.7",      &["198.51.100.1"],               "203.0.113.7"),
            ("our proxy",             "127.0.0.1",        &["198.51.100.1"],               "198.51.100.1"),
            ("over v6",               "::1",              &["198.51.100.1"],               "198.51.100.1"),
            ("in v6 clothes",         "::ffff:127.0.0.1", &["198.51.100.1"],               "198.51.100.1"),
            ("a spoofed first entry", "127.0.0.1",        &["1.2.3.4, 198.51.100.1"],      "198.51.100.1"),
            ("a spoofed first line",  "127.0.0.1",        &["1.2.3.4", "198.51.100.1"],    "198.51.100.1"),
            ("with a port",           "127.0.0.1",        &["198.51.100.1:4711"],          "198.51.100.1"),
            ("v6",                    "127.0.0.1",        &["2001:db8::1"],                "2001:db8::1"),
            ("v6 with a port",        "127.0.0.1",        &["[2001:db8::1]:4711"],         "2001:db8::1"),
            ("v6 in brackets",        "127.0.0.1",        &["[2001:db8::1]"],              "2001:db8::1"),
            ("v4 in v6 clothes",      "127.0.0.1",        &["::ffff:198.51.100.1"],        "198.51.100.1"),
            ("garbage",               "127.0.0.1",        &["unknown"],                    "127.0.0.1"),
            ("garbage at the end",    "127.0.0.1",        &["198.51.100.1, "],             "127.0.0.1"),
            ("nothing",               "127.0.0.1",        &[],                             "127.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
            }
            let peer: IpAddr = peer.parse().unwrap();
            assert_eq!(resolve(peer.to_canonical(), &headers).to_string(), expected, "{case}");
        }
    }
}
