//! The client that asks other people's servers: over TLS by the certificates that the machine trusts, or in clear.
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Sends texts. Cheap to clone; clones share connections.
pub(crate) type Https = Client<HttpsConnector<HttpConnector>, String>;

/// An error where the machine has no certificates to trust.
pub(crate) fn client() -> std::io::Result<Https> {
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())?
        .https_or_http()
        .enable_http1()
        .build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}
