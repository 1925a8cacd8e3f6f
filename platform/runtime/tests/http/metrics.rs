use axum::body::Body;
use axum::http::Request;
use runtime::http::metrics_router;

use crate::world::{edge, get_, routes, send};

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

    let scraped = get_(&edge.around(metrics_router(&edge.metrics)), "/metrics").await;
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
    let scraped = get_(&edge.around(metrics_router(&edge.metrics)), "/metrics").await;
    let line = "http_requests_total{method=\"GET\",route=\"/plain\",status=\"2xx\"} 2";
    assert_eq!(scraped.body.lines().filter(|it| *it == line).count(), 1);
    assert_eq!(scraped.body.matches("# TYPE http_requests counter").count(), 1);
}
