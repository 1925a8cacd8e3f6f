//! `/metrics`, for a listener of its own, and who may read it.
use std::sync::{Arc, PoisonError};

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::Origin;
use super::answer::Probe;
use crate::Problem;
use crate::metrics::Metrics;
use crate::problem::{FORBIDDEN, INTERNAL};
use crate::settings::MetricsGuard;

#[derive(Clone)]
struct Scraped {
    metrics: Metrics,
    guard: Arc<MetricsGuard>,
}

/// The name that scrapers of the seeds' kind send a secret under; a bearer token does as well.
const SECRET: &str = "x-metrics-secret";

pub fn metrics_router(metrics: &Metrics, guard: &MetricsGuard) -> Router {
    let scraped = Scraped { metrics: metrics.clone(), guard: Arc::new(guard.clone()) };
    Router::new().route("/metrics", get(scrape)).with_state(scraped)
}

async fn scrape(State(scraped): State<Scraped>, origin: Origin, headers: HeaderMap) -> Response {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    if let Err(why) = admit(&scraped.guard, origin, &headers) {
        tracing::warn!(event = "metrics_guard", why, "a scrape was refused");
        return Problem::new(FORBIDDEN, why).into_response();
    }
    let mut text = String::new();
    let registry = scraped.metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
    if prometheus_client::encoding::text::encode(&mut text, &registry).is_err() {
        return Problem::new(INTERNAL, "the metrics cannot be written").into_response();
    }
    ([(CONTENT_TYPE, OPEN_METRICS)], Extension(Probe), text).into_response()
}

pub(super) fn admit(
    guard: &MetricsGuard,
    origin: Origin,
    headers: &HeaderMap,
) -> Result<(), &'static str> {
    match guard {
        MetricsGuard::Nobody => Ok(()),
        MetricsGuard::Secret(secret) => {
            let bearer = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
            let bearer = bearer.and_then(|it| it.strip_prefix(b"Bearer "));
            let given = headers.get(SECRET).map(HeaderValue::as_bytes).or(bearer);
            let wanted = secret.expose_secret().as_bytes();
            match given {
                Some(given) if bool::from(given.ct_eq(wanted)) => Ok(()),
                Some(_) => Err("the secret is another one"),
                None => Err("give METRICS_SECRET as x-metrics-secret, or as a bearer token"),
            }
        }
        MetricsGuard::Networks(networks) => {
            let is_in = |it| networks.iter().any(|network| network.contains(&it));
            let known = origin.address.is_some_and(is_in);
            known.then_some(()).ok_or("this address is not in METRICS_GUARD_ALLOWLIST")
        }
    }
}
