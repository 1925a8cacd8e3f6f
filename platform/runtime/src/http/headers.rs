//! Headers that every answer has, whoever gives it and whatever its status.
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use axum::http::{HeaderMap, HeaderValue};

static PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// What an answer may replace: a page has scripts of its own, a public answer may be kept.
const UNLESS_SET: [(HeaderName, &str); 2] = [
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (CACHE_CONTROL, "no-store"),
];

const ALWAYS: [(HeaderName, &str); 4] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "strict-origin-when-cross-origin"),
    // The filter it once switched on could be turned against the page.
    (X_XSS_PROTECTION, "0"),
];

const NO_DEVICES: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
                          magnetometer=(), microphone=(), payment=(), usb=()";

/// A year and every subdomain: the least that the browsers' preload lists ask for.
const TLS_ONLY: &str = "max-age=31536000; includeSubDomains; preload";

pub(super) fn complete(headers: &mut HeaderMap, over_tls: bool) {
    for (name, value) in UNLESS_SET {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(&PERMISSIONS_POLICY, HeaderValue::from_static(NO_DEVICES));
    if over_tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TLS_ONLY));
    }
}
