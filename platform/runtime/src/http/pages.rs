//! Small public pages: what each problem means, and what is counted.
use std::sync::PoisonError;

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};

use super::answer::Probe;
use crate::Problem;
use crate::metrics::Metrics;
use crate::problem::{INTERNAL, NOT_FOUND, problem_pages};

/// `/problems/<name>`: where the `type` of every problem leads.
pub(super) fn problems() -> Router {
    Router::new().route("/problems/{name}", get(problem))
}

async fn problem(Path(name): Path<String>) -> Response {
    let Some((_, page)) = problem_pages().iter().find(|it| it.0 == name) else {
        return Problem::new(NOT_FOUND, "there is no problem of this name").into_response();
    };
    let headers =
        [(CONTENT_TYPE, "text/markdown; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, *page).into_response()
}

/// `/metrics`, for a listener of its own.
pub fn metrics_router(metrics: &Metrics) -> Router {
    Router::new().route("/metrics", get(scrape)).with_state(metrics.clone())
}

async fn scrape(State(metrics): State<Metrics>) -> Response {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let mut text = String::new();
    let registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
    if prometheus_client::encoding::text::encode(&mut text, &registry).is_err() {
        return Problem::new(INTERNAL, "the metrics cannot be written").into_response();
    }
    ([(CONTENT_TYPE, OPEN_METRICS)], Extension(Probe), text).into_response()
}
