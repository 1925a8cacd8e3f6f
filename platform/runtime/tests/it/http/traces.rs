//! Whose trace a request belongs to.
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::routing::get;
use runtime::health::Health;
use runtime::http::Edge;
use runtime::metrics::Metrics;
use runtime::telemetry;

use crate::http::world::{send, settings};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

async fn traced_as(trust: &str, parent: &str) -> String {
    let settings = settings(&[("TRUST_PROXY", trust)]);
    let routes =
        Router::new().route("/where", get(|| async { traces::current().unwrap_or_default() }));
    let router = Edge::new(&settings, Health::default(), Metrics::default()).around(routes);
    let peer: SocketAddr = "127.0.0.1:4711".parse().unwrap();
    let request = Request::get("/where").header("traceparent", parent).extension(ConnectInfo(peer));
    let answer = send(&router, request.body(Body::empty()).unwrap()).await;
    answer.body
}

#[tokio::test]
async fn a_callers_trace_is_gone_on_with_only_by_a_proxy_of_ours() {
    let nowhere = settings(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]);
    let exporting = telemetry::trace(&nowhere).unwrap();
    assert!(exporting.is_some());
    let sampled = format!("00-{TRACE}-b7ad6b7169203331-01");

    let ours = traced_as("loopback", &sampled).await;
    assert!(ours.contains(TRACE) && !ours.contains("b7ad6b7169203331"), "{ours}");
    // Not sampled there is not sampled here, and then nothing of it is kept.
    assert_eq!(traced_as("loopback", &sampled.replace("-01", "-00")).await, "");

    for (trust, parent) in
        [("none", sampled.as_str()), ("10.0.0.0/8", &sampled), ("loopback", "00-nonsense")]
    {
        let own = traced_as(trust, parent).await;
        assert!(
            own.starts_with("00-") && own.ends_with("-01") && !own.contains(TRACE),
            "{trust}: {own}"
        );
    }
}
