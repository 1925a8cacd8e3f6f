//! The client that asks other people's servers: over TLS by the certificates that the machine trusts, or in clear.
mod addresses;
mod retry_after;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

pub(crate) use addresses::{Addresses, NoAddress};
pub(crate) use retry_after::retry_after;

/// Sends texts. Cheap to clone; clones share connections.
pub(crate) type Https = Client<HttpsConnector<HttpConnector>, String>;

/// The same, where somebody else chose the server.
pub(crate) type GuardedHttps = Client<HttpsConnector<HttpConnector<Addresses>>, String>;

/// An error where the machine has no certificates to trust.
pub(crate) fn client() -> std::io::Result<Https> {
    Ok(Client::builder(TokioExecutor::new()).build(over_tls(HttpConnector::new())?))
}

/// Of the addresses that a name has it goes to those that `addresses` lets it. What has an address in the place of its
/// name is never resolved: whoever asks judges that one.
pub(crate) fn guarded(addresses: Addresses) -> std::io::Result<GuardedHttps> {
    let http = HttpConnector::new_with_resolver(addresses);
    Ok(Client::builder(TokioExecutor::new()).build(over_tls(http)?))
}

fn over_tls<R>(mut http: HttpConnector<R>) -> std::io::Result<HttpsConnector<HttpConnector<R>>> {
    http.enforce_http(false);
    Ok(HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())?
        .https_or_http()
        .enable_http1()
        .wrap_connector(http))
}
