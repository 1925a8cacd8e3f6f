//! Where requests come from: which pages may call, and whether they came over TLS.
use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use runtime::health::Health;
use runtime::http::Edge;
use runtime::metrics::Metrics;

use crate::http::world::{Answer, routes, send, settings};

async fn ask(more: &[(&str, &str)], line: &str, headers: &[(&str, &str)]) -> Answer {
    let router = Edge::new(&settings(more), Health::default(), Metrics::default()).around(routes());
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let peer: SocketAddr = "127.0.0.1:4711".parse().unwrap();
    send(&router, request.extension(ConnectInfo(peer)).body(Body::empty()).unwrap()).await
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn only_pages_that_are_named_may_call() {
    const BOTH: &str = "https://club.example,http://localhost:5173";
    for (case, allowed, origin, expected) in [
        ("one that is named",       BOTH, "https://club.example",        "https://club.example"),
        ("the other",               BOTH, "http://localhost:5173",       "http://localhost:5173"),
        ("another scheme",          BOTH, "http://club.example",         ""),
        ("another port",            BOTH, "https://club.example:8443",   ""),
        ("one that begins like it", BOTH, "https://club.example.evil",   ""),
        ("one below it",            BOTH, "https://www.club.example",    ""),
        ("a file",                  BOTH, "null",                        ""),
        ("anybody, by the setting", "*",  "https://anywhere.example",    "*"),
        ("nobody, by default",      "",   "https://club.example",        ""),
    ] {
        let more = [("CORS_ORIGINS", allowed)];
        let answer = ask(&more, "GET /plain", &[("origin", origin)]).await;
        assert_eq!(answer.header("access-control-allow-origin"), expected, "{case}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{case}");
        let refused = ask(&more, "GET /nowhere", &[("origin", origin)]).await;
        assert_eq!(refused.problem(), "not-found", "{case}");
        assert_eq!(refused.header("access-control-allow-origin"), expected, "{case}: a refusal");
    }
}

#[tokio::test]
async fn a_page_may_send_and_read_our_headers() {
    let more = [("CORS_ORIGINS", "https://club.example")];
    let asking = [
        ("origin", "https://club.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type,idempotency-key"),
    ];
    let answer = ask(&more, "OPTIONS /bookings", &asking).await;
    assert_eq!(answer.status, 200);
    for (header, words) in [
        ("access-control-allow-methods", &["POST", "PATCH", "DELETE"][..]),
        ("access-control-allow-headers", &["authorization", "idempotency-key", "if-match"]),
    ] {
        let value = answer.header(header);
        assert!(words.iter().all(|it| value.split(',').any(|v| v == *it)), "{header}: {value}");
    }
    let answer = ask(&more, "GET /plain", &asking[..1]).await;
    let exposed = answer.header("access-control-expose-headers");
    for name in ["courtside-position", "date", "etag", "retry-after", "ratelimit"] {
        assert!(exposed.split(',').any(|it| it == name), "{exposed}");
    }
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_comes_in_clear_is_refused_where_that_is_asked() {
    let clear = [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-proto", "http")];
    let tls = [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-proto", "https")];
    for (case, required, trust, path, headers, status) in [
        ("over TLS",            "true",  "loopback", "/plain",       &tls[..],   200),
        ("in clear",            "true",  "loopback", "/plain",       &clear,     403),
        ("without a word",      "true",  "loopback", "/plain",       &[],        403),
        ("a stranger's word",   "true",  "none",     "/plain",       &tls,       403),
        ("probes are asked so", "true",  "loopback", "/health/live", &[],        200),
        ("not required",        "false", "loopback", "/plain",       &clear,     200),
    ] {
        let more = [("REQUIRE_HTTPS", required), ("TRUST_PROXY", trust)];
        let answer = ask(&more, &format!("GET {path}"), headers).await;
        assert_eq!(answer.status, status, "{case}: {answer:?}");
        if status == 403 {
            assert_eq!(answer.problem(), "https-required", "{case}");
        }
    }
}

#[tokio::test]
async fn browsers_are_told_to_stay_with_tls_where_they_came_by_it() {
    for (scheme, expected) in [("https", true), ("http", false)] {
        let more = [("SERVER_URL", "http://courts.example")];
        let answer = ask(&more, "GET /plain", &[("x-forwarded-proto", scheme)]).await;
        let said = !answer.header("strict-transport-security").is_empty();
        assert_eq!(said, expected, "{scheme}");
    }
}
