//! Whose word is taken about where a request came from: `TRUST_PROXY` and `FORWARDED_HEADER`.
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// Which peers are proxies of ours. Whoever else speaks for somebody is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustProxy {
    /// `none`: a client's address is its connection's.
    Nobody,
    /// `1`, `2`, … or `hops:N`: so many proxies stand before us, whatever their addresses.
    Hops(u8),
    /// `loopback`, addresses and CIDR ranges, by commas.
    Networks(Vec<IpNet>),
}

/// The one family of headers that our proxies write; any other is the client's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For` and `X-Forwarded-Proto`.
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Longer chains are not worth believing.
pub const MAX_HOPS: u8 = 32;
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTrust {
    #[error(
        "true would believe every client's own word about its address; say which proxies: loopback, a number of hops, or their networks"
    )]
    Everybody,
    #[error(
        "expected none, loopback, a number of proxies from 1 to {MAX_HOPS}, or addresses and CIDR ranges by commas"
    )]
    Unknown,
}

impl TrustProxy {
    /// `loopback`.
    pub fn loopback() -> Self {
        Self::Networks(LOOPBACK.iter().filter_map(|it| it.parse().ok()).collect())
    }

    /// Whether the one that stands `distance` proxies away from us, the peer of our socket being 0, is one of ours.
    pub fn trusts(&self, distance: u8, address: IpAddr) -> bool {
        match self {
            Self::Nobody => false,
            Self::Hops(hops) => distance < *hops,
            Self::Networks(networks) => networks.iter().any(|it| it.contains(&address)),
        }
    }
}

impl FromStr for TrustProxy {
    type Err = NotTrust;

    fn from_str(text: &str) -> Result<Self, NotTrust> {
        match text.trim() {
            "none" => return Ok(Self::Nobody),
            "true" => return Err(NotTrust::Everybody),
            _ => {}
        }
        let hops = text.strip_prefix("hops:").unwrap_or(text);
        if let Ok(hops) = hops.parse::<u8>() {
            let possible = (1..=MAX_HOPS).contains(&hops);
            return if possible { Ok(Self::Hops(hops)) } else { Err(NotTrust::Unknown) };
        }
        let mut networks = Vec::new();
        for item in text.split(',').map(str::trim) {
            if item == "loopback" {
                networks.extend(LOOPBACK.iter().filter_map(|it| it.parse::<IpNet>().ok()));
            } else {
                networks.push(network(item).ok_or(NotTrust::Unknown)?);
            }
        }
        // A whole address family is everybody.
        if networks.iter().any(|it| it.prefix_len() == 0) {
            return Err(NotTrust::Everybody);
        }
        Ok(Self::Networks(networks))
    }
}

/// A range, or one address.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

impl fmt::Display for TrustProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("none"),
            Self::Hops(hops) => write!(f, "hops:{hops}"),
            Self::Networks(networks) => {
                let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
                f.write_str(&networks.join(","))
            }
        }
    }
}

impl FromStr for ForwardedHeader {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "x-forwarded-for" => Ok(Self::XForwarded),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err(()),
        }
    }
}

impl fmt::Display for ForwardedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::XForwarded => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // a table
    fn what_may_be_trusted() {
        for (text, expected) in [
            ("none",                      Ok("none")),
            ("loopback",                  Ok("127.0.0.0/8,::1/128")),
            ("1",                         Ok("hops:1")),
            ("hops:2",                    Ok("hops:2")),
            ("10.0.0.0/8",                Ok("10.0.0.0/8")),
            ("loopback, 10.1.2.3",        Ok("127.0.0.0/8,::1/128,10.1.2.3/32")),
            ("fd00::/8,10.0.0.0/8",       Ok("fd00::/8,10.0.0.0/8")),
            ("true",                      Err(NotTrust::Everybody)),
            ("0.0.0.0/0",                 Err(NotTrust::Everybody)),
            ("10.0.0.0/8,::/0",           Err(NotTrust::Everybody)),
            ("0",                         Err(NotTrust::Unknown)),
            ("33",                        Err(NotTrust::Unknown)),
            ("hops:many",                 Err(NotTrust::Unknown)),
            ("10.0.0.0/33",               Err(NotTrust::Unknown)),
            ("proxy.internal",            Err(NotTrust::Unknown)),
            ("false",                     Err(NotTrust::Unknown)),
            ("loopback,",                 Err(NotTrust::Unknown)),
        ] {
            let read = text.parse::<TrustProxy>().map(|it| it.to_string());
            assert_eq!(read, expected.map(ToOwned::to_owned), "{text}");
        }
    }
}
