//! Which pages of other origins may call us from a browser (CORS, the Fetch standard).
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// What a page may send beside what browsers always let it,
const ALLOWED: [HeaderName; 9] = [
    header::ACCEPT,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    HeaderName::from_static("courtside-min-position"),
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("x-request-id"),
];
/// and what it may read.
const EXPOSED: [HeaderName; 13] = [
    header::ALLOW,
    header::DATE,
    header::ETAG,
    header::LINK,
    header::LOCATION,
    header::RETRY_AFTER,
    HeaderName::from_static("audit-event"),
    HeaderName::from_static("courtside-position"),
    HeaderName::from_static("courtside-position-reset"),
    HeaderName::from_static("idempotent-replayed"),
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    HeaderName::from_static("x-request-id"),
];
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
/// Browsers keep no answer for longer than two hours anyway.
const MAX_AGE: Duration = Duration::from_mins(10);

/// Exact origins only, and no credentials: tokens are sent by pages, not by browsers.
pub(super) fn layer(origins: &[HeaderValue]) -> CorsLayer {
    let origins = if origins.iter().any(|it| it == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().cloned())
    };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods(METHODS)
        .allow_headers(ALLOWED)
        .expose_headers(EXPOSED)
        .max_age(MAX_AGE)
}
