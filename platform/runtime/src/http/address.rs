//! Where a request came from, and how: resolved once, from the right, and only by the word of our own proxies.
//!
//! Everything left of the first hop that is not ours is what the client says, and counts for nothing.
mod forwarded;

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::convert::Infallible;

use crate::Settings;
use crate::settings::{ForwardedHeader, MAX_HOPS, TrustProxy};
use forwarded::{chain, scheme};

/// Whose word is taken, and in which header.
#[derive(Clone, Debug)]
pub struct Proxies {
    pub trust: TrustProxy,
    pub header: ForwardedHeader,
}

/// What was found out about a request's origin. In its extensions, for whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `None` where the server did not say who its peer is.
    pub address: Option<IpAddr>,
    /// Who stands at the other end of the connection.
    pub peer: Option<IpAddr>,
    /// How many proxies of ours it came through.
    pub proxies: u8,
    /// Whether the client spoke TLS, by the word of our outermost proxy, or because they spoke it with us.
    pub is_tls: bool,
}

/// The connection itself speaks TLS.
#[derive(Clone, Copy)]
pub(super) struct OverTls;

impl Proxies {
    pub fn of_settings(settings: &Settings) -> Self {
        Self { trust: settings.trust_proxy.clone(), header: settings.forwarded_header }
    }

    pub fn resolve(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Origin {
        let Some(peer) = peer.map(|it| it.to_canonical()) else {
            return Origin { address: None, peer: None, proxies: 0, is_tls: false };
        };
        let mut origin =
            Origin { address: Some(peer), peer: Some(peer), proxies: 0, is_tls: false };
        let mut address = peer;
        let mut entries = chain(self.header, headers).into_iter().rev();
        while origin.proxies < MAX_HOPS && self.trust.trusts(origin.proxies, address) {
            origin.proxies += 1;
            // What cannot be read was written by nobody we know: the proxy that passed it on is as far as we see.
            let Some(Some(next)) = entries.next() else { break };
            address = next;
            origin.address = Some(next);
        }
        origin.is_tls = 0 < origin.proxies && scheme(self.header, headers) == Some("https");
        origin
    }

    /// Says to the next of our own processes where a request came from, and nothing that others said about it.
    pub fn pass_on(&self, origin: Origin, headers: &mut HeaderMap) {
        forwarded::replace(self.header, headers, origin.address, origin.is_tls);
    }

    pub(super) fn of(&self, parts: &Parts) -> Origin {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let mut origin = self.resolve(peer.map(|it| it.0.ip()), &parts.headers);
        // Behind a proxy its word counts, where it gives one: we only saw how it spoke to us.
        if parts.extensions.get::<OverTls>().is_some()
            && (origin.proxies == 0 || scheme(self.header, &parts.headers).is_none())
        {
            origin.is_tls = true;
        }
        origin
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let unknown = Self { address: None, peer: None, proxies: 0, is_tls: false };
        Ok(parts.extensions.get::<Self>().copied().unwrap_or(unknown))
    }
}

#[cfg(test)]
mod tests;
