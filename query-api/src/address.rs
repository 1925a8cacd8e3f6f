//! `/v1/me/address`: for finding out why everybody seems to come from one place.
use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use runtime::http::Origin;
use serde::Serialize;

use crate::App;

/// Where this request came from, and by which rule that was found out.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Whence {
    /// Whom limits count, and the login history names.
    #[schema(value_type = Option<String>, example = "198.51.100.1")]
    address: Option<IpAddr>,
    /// The other end of the connection: the client, or the proxy nearest to this process.
    #[schema(value_type = Option<String>, example = "127.0.0.1")]
    peer: Option<IpAddr>,
    /// How many proxies were believed.
    proxies: u8,
    /// Whether the client spoke TLS, by the word of a proxy that is believed.
    https: bool,
    /// What the client, or the proxy nearest to us, calls this system; without a port.
    #[schema(example = "courts.example")]
    host: Option<String>,
    /// `TRUST_PROXY`.
    trust_proxy: String,
    /// `FORWARDED_HEADER`: the header that is read, and what came in it.
    forwarded_header: String,
    forwarded: Vec<String>,
}

/// Shows the client's address as it is resolved here.
///
/// If every client has the proxy's address, `TRUST_PROXY` does not name that proxy.
#[utoipa::path(get, path = "/v1/me/address", operation_id = "get_my_address", tag = "users", security(()),
    responses((status = 200, body = Whence), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn show(
    State(app): State<App>,
    origin: Origin,
    uri: Uri,
    headers: HeaderMap,
) -> Json<Whence> {
    let settings = &app.settings;
    let forwarded_header = settings.forwarded_header.to_string();
    let lines = headers.get_all(&forwarded_header).iter();
    let lines = lines.map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned()).collect();
    Json(Whence {
        address: origin.address,
        peer: origin.peer,
        proxies: origin.proxies,
        https: origin.is_tls,
        host: host(&uri, &headers),
        trust_proxy: settings.trust_proxy.to_string(),
        forwarded_header,
        forwarded: lines,
    })
}

/// HTTP/2 has it in the URI, HTTP/1.1 in a header.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let named = || headers.get(header::HOST)?.to_str().ok()?.parse::<Authority>().ok();
    uri.authority().cloned().or_else(named).map(|it| it.host().to_owned())
}
