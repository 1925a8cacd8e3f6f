//! `/status`, for the listener that `/metrics` is on, and for the same people.
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};

use super::Origin;
use super::answer::Probe;
use super::scrape::admit;
use crate::Problem;
use crate::problem::FORBIDDEN;
use crate::settings::MetricsGuard;
use crate::status::Status;

pub fn status_router(status: Status, guard: &MetricsGuard) -> Router {
    Router::new().route("/status", get(show)).with_state((status, guard.clone()))
}

async fn show(
    State((status, guard)): State<(Status, MetricsGuard)>,
    origin: Origin,
    headers: HeaderMap,
) -> Response {
    if let Err(why) = admit(&guard, origin, &headers) {
        tracing::warn!(event = "metrics_guard", why, "a look at the status was refused");
        return Problem::new(FORBIDDEN, why).into_response();
    }
    ([(CACHE_CONTROL, "no-store")], Extension(Probe), Json(status.tell().await)).into_response()
}
