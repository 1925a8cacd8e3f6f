use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use runtime::http::metrics_router;
use runtime::settings::MetricsGuard;

use crate::http::world::{edge, get_, routes, send};

#[tokio::test]
async fn requests_are_counted_by_template_and_nothing_a_client_wrote_becomes_a_label() {
    let edge = edge();
    let router = edge.around(routes());
    get_(&router, "/bookings/7").await;
    get_(&router, "/bookings/8").await;
    get_(&router, "/bookings/seven").await;
    get_(&router, "/hunter2").await;
    get_(&router, "/health/live").await;
    send(&router, Request::builder().method("HUNTER2").uri("/plain").body(Body::empty()).unwrap())
        .await;

    let scraped =
        get_(&edge.around(metrics_router(&edge.metrics, &MetricsGuard::Nobody)), "/metrics").await;
    assert_eq!(
        scraped.header("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    for line in [
        "http_requests_total{method=\"GET\",route=\"/bookings/{id}\",status=\"2xx\"} 2",
        "http_requests_total{method=\"GET\",route=\"/bookings/{id}\",status=\"4xx\"} 1",
        "http_requests_total{method=\"GET\",route=\"none\",status=\"4xx\"} 1",
        "http_requests_total{method=\"other\",route=\"/plain\",status=\"4xx\"} 1",
        "http_request_duration_seconds_count{method=\"GET\",route=\"/bookings/{id}\",status=\"2xx\"} 2",
        "# TYPE process_uptime_seconds gauge",
        "# TYPE process_resident_memory_bytes gauge",
        "# TYPE process_cpu_seconds counter",
    ] {
        assert!(scraped.body.lines().any(|it| it == line), "{line} is not in\n{}", scraped.body);
    }
    assert!(scraped.body.ends_with("# EOF\n"));
    assert!(
        !scraped.body.contains("unter2") && !scraped.body.contains("health"),
        "{}",
        scraped.body
    );
}

#[tokio::test]
async fn two_listeners_of_one_process_count_together() {
    let edge = edge();
    get_(&edge.around(routes()), "/plain").await;
    get_(&edge.around(routes()), "/plain").await;
    let scraped =
        get_(&edge.around(metrics_router(&edge.metrics, &MetricsGuard::Nobody)), "/metrics").await;
    let line = "http_requests_total{method=\"GET\",route=\"/plain\",status=\"2xx\"} 2";
    assert_eq!(scraped.body.lines().filter(|it| *it == line).count(), 1);
    assert_eq!(scraped.body.matches("# TYPE http_requests counter").count(), 1);
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn metrics_are_for_whom_the_guard_lets_in() {
    let secret = || MetricsGuard::Secret("correct horse battery".to_owned().into());
    let networks = |text: &str| MetricsGuard::Networks(vec![text.parse().unwrap()]);
    let (header, bearer) = ("x-metrics-secret", "authorization");
    for (case, guard, name, value, from, expected) in [
        ("nobody is asked",      MetricsGuard::Nobody,      "x",    "",                             "203.0.113.9", 200),
        ("the secret",           secret(),                  header, "correct horse battery",        "203.0.113.9", 200),
        ("as a bearer",          secret(),                  bearer, "Bearer correct horse battery", "203.0.113.9", 200),
        ("another",              secret(),                  header, "correct horse batterz",        "203.0.113.9", 403),
        ("its beginning",        secret(),                  header, "correct horse",                "203.0.113.9", 403),
        ("another, as a bearer", secret(),                  bearer, "Bearer correct",               "203.0.113.9", 403),
        ("another scheme",       secret(),                  bearer, "Basic correct horse battery",  "203.0.113.9", 403),
        ("none",                 secret(),                  "x",    "",                             "203.0.113.9", 403),
        ("from inside",          networks("10.0.0.0/8"),    "x",    "",                             "10.1.2.3",    200),
        ("from outside",         networks("10.0.0.0/8"),    "x",    "",                             "203.0.113.9", 403),
        ("by its own word",      networks("10.0.0.0/8"),    "x-forwarded-for", "10.1.2.3",          "203.0.113.9", 403),
        ("mapped",               networks("10.0.0.0/8"),    "x",    "",                             "::ffff:10.1.2.3", 200),
    ] {
        let edge = edge();
        let router = edge.around(metrics_router(&edge.metrics, &guard));
        let peer: IpAddr = from.parse().unwrap();
        let request = Request::builder().uri("/metrics").header(name, value)
            .extension(ConnectInfo(SocketAddr::new(peer, 4000))).body(Body::empty()).unwrap();
        let answer = send(&router, request).await;
        assert_eq!(answer.status, expected, "{case}: {}", answer.body);
        assert!(!answer.body.contains("horse"), "{case}");
    }
}
