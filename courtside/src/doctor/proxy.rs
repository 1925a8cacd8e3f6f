//! `courtside doctor proxy`: asks the running system the way clients do, through whatever stands in front, what arrives of
//! the client's address, scheme and host.
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use axum::body::Bytes;
use axum::http::{Request, StatusCode, Uri};
use clap::Args;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use runtime::causes;
use serde::Deserialize;
use tokio::time::timeout;
use tower::service_fn;

use super::finding::Finding;

#[derive(Args)]
pub struct Options {
    /// How clients reach the system.
    #[arg(long, env = "SERVER_URL")]
    url: Uri,
    /// Connects to this address, whatever the name in the URL stands for.
    #[arg(long, value_name = "ADDRESS")]
    connect: Option<IpAddr>,
    /// Prints the findings as JSON.
    #[arg(long)]
    json: bool,
}

/// What the system says of a request: `GET /v1/me/address`.
#[derive(Deserialize)]
struct Whence {
    address: Option<IpAddr>,
    peer: Option<IpAddr>,
    proxies: u8,
    https: bool,
    host: Option<String>,
    trust_proxy: String,
    forwarded_header: String,
}

const WHAT: &str = "proxy";
const PATIENCE: Duration = Duration::from_secs(10);
/// One small answer; a page of somebody else's is not read to its end.
const MAX_BYTES: usize = 64 * 1024;
/// Of the addresses that are nobody's (RFC 5737): what we claim to be, to see who believes it.
const FORGED: &str = "192.0.2.99";

/// Prints what was found; an error if what clients say of themselves does not arrive as it should. It needs none of the
/// system's settings, and runs wherever a client would.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    super::tell(&runtime.block_on(examine(options)), options.json)
}

async fn examine(options: &Options) -> Vec<Finding> {
    let Options { url, connect, .. } = options;
    let both =
        async { anyhow::Ok((ask(url, *connect, false).await?, ask(url, *connect, true).await?)) };
    match timeout(PATIENCE, both).await.map_err(anyhow::Error::from).flatten() {
        Ok((plain, forged)) => judge(url, &plain, &forged),
        Err(error) => {
            let next = format!(
                "See that {url} names the proxy, that it is up, and that it passes GET on to query-api."
            );
            vec![Finding::fail(WHAT, "reachable", causes(error.as_ref()), next)]
        }
    }
}

fn judge(url: &Uri, plain: &Whence, forged: &Whence) -> Vec<Finding> {
    let told = |it: Option<IpAddr>| it.map_or_else(|| "nowhere".to_owned(), |it| it.to_string());
    let mut findings = vec![Finding::ok(WHAT, "reachable", format!("{url} answers"))];
    let (peer, trusts) = (told(plain.peer), &plain.trust_proxy);
    findings.push(if plain.proxies == 0 {
        let says = format!("no proxy is believed: everybody seems to come from {peer}");
        let next = format!("TRUST_PROXY is {trusts}: let it name {peer}, or say how many proxies there are; if there is none, all is well.");
        Finding::fail(WHAT, "address", says, next)
    } else if forged.address.is_some_and(|it| it.to_string() == FORGED) {
        let says = format!("whoever says that they come from {FORGED} is believed");
        let next = format!("Let the outermost proxy replace {}, or believe one proxy less than TRUST_PROXY={trusts}.", plain.forwarded_header);
        Finding::fail(WHAT, "address", says, next)
    } else {
        let says = format!("you come from {}, by the word of {} in front", told(plain.address), plain.proxies);
        Finding::ok(WHAT, "address", says)
    });
    let is_https = url.scheme_str() == Some("https");
    findings.push(match (is_https, plain.https) {
        (true, true) => Finding::ok(WHAT, "scheme", "https, as the client spoke it"),
        (true, false) => Finding::fail(
            WHAT,
            "scheme",
            "http, and the client spoke https",
            format!(
                "Let the proxy say so beside {}: X-Forwarded-Proto, or proto= in Forwarded.",
                plain.forwarded_header
            ),
        ),
        (false, _) => Finding::warn(
            WHAT,
            "scheme",
            "the system answers in clear",
            "Let SERVER_URL begin with https, and the proxy send http there.",
        ),
    });
    let (wanted, host) = (url.host().unwrap_or_default(), plain.host.as_deref().unwrap_or("none"));
    findings.push(if host.eq_ignore_ascii_case(wanted) {
        Finding::ok(WHAT, "host", format!("{host}, as the client called it"))
    } else {
        let next = "Let the proxy pass the client's Host on.";
        Finding::warn(WHAT, "host", format!("{host}, and the client said {wanted}"), next)
    });
    findings
}

async fn ask(url: &Uri, connect: Option<IpAddr>, forges: bool) -> anyhow::Result<Whence> {
    let path = format!("{}/v1/me/address", url.to_string().trim_end_matches('/'));
    let mut request = Request::get(path);
    if forges {
        request = request
            .header("x-forwarded-for", FORGED)
            .header("forwarded", format!("for={FORGED};proto=http"))
            .header("x-forwarded-proto", "http");
    }
    let request = request.body(Empty::<Bytes>::new())?;
    let name = url.host().context("the URL names no host")?.to_owned();
    let resolver = service_fn(move |_| {
        let name = name.clone();
        async move {
            let found: Vec<SocketAddr> = match connect {
                Some(address) => vec![SocketAddr::new(address, 0)],
                None => {
                    tokio::net::lookup_host((name.trim_matches(['[', ']']), 0)).await?.collect()
                }
            };
            Ok::<_, std::io::Error>(found.into_iter())
        }
    });
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.enforce_http(false);
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())?
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    let answer = Client::builder(TokioExecutor::new()).build(connector).request(request).await?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), MAX_BYTES).collect().await;
    let body = body.map_err(|error| anyhow!(error))?.to_bytes();
    if status != StatusCode::OK {
        bail!("it answers {status}");
    }
    serde_json::from_slice(&body).context("what answers is not this system")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whence(address: &str, proxies: u8, https: bool, host: &str) -> Whence {
        Whence {
            address: address.parse().ok(),
            peer: "10.0.0.2".parse().ok(),
            proxies,
            https,
            host: Some(host.to_owned()),
            trust_proxy: "1".to_owned(),
            forwarded_header: "x-forwarded-for".to_owned(),
        }
    }

    #[test]
    fn what_does_not_arrive_is_named() {
        const URL: &str = "https://courts.example";
        const HOST: &str = "courts.example";
        let me = "198.51.100.1";
        for (url, plain, forged, bad) in [
            (URL, whence(me, 1, true, HOST), whence(me, 1, true, HOST), vec![]),
            (
                URL,
                whence("10.0.0.2", 0, true, HOST),
                whence(FORGED, 1, true, HOST),
                vec!["address"],
            ),
            (URL, whence(me, 1, true, HOST), whence(FORGED, 1, true, HOST), vec!["address"]),
            (URL, whence(me, 1, false, HOST), whence(me, 1, false, HOST), vec!["scheme"]),
            (URL, whence(me, 1, true, "10.0.0.3"), whence(me, 1, true, HOST), vec!["host"]),
            (
                "http://courts.example",
                whence(me, 1, false, HOST),
                whence(me, 1, false, HOST),
                vec!["scheme"],
            ),
        ] {
            let found = judge(&url.parse().unwrap(), &plain, &forged);
            let told: Vec<_> =
                found.iter().filter(|it| it.next.is_some()).map(|it| it.check).collect();
            assert_eq!(told, bad, "{found:#?}");
            assert_eq!(found.len(), 4);
        }
    }
}
