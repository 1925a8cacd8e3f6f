//! `/health/live` and `/health/ready`, and the names they have elsewhere. GET and HEAD, no log, no limit.
use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde::Serialize;

use super::answer::Probe;
use crate::health::{Finding, Health};

#[derive(Serialize)]
struct Report {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<BTreeMap<&'static str, Finding>>,
}

/// Whether the process lives.
const LIVE: [&str; 3] = ["/health", "/health/live", "/api/health/live"];
/// Whether it is ready.
const READY: [&str; 4] = ["/ready", "/readiness", "/health/ready", "/api/health/ready"];

pub(super) fn is_probe(route: &str) -> bool {
    LIVE.contains(&route) || READY.contains(&route)
}

pub(super) fn routes(health: Health) -> Router {
    let mut router = Router::new();
    for path in LIVE {
        router = router.route(path, get(live));
    }
    for path in READY {
        router = router.route(path, get(ready));
    }
    router.with_state(health)
}

/// The process runs and answers. Nothing else is asked: no restart mends a database.
async fn live() -> Response {
    answer(StatusCode::OK, Report { status: "live", checks: None })
}

/// Everything this role needs is there. What it can do without for a while makes it `degraded`, and not unready: to
/// take it out of service would make nothing better.
async fn ready(State(health): State<Health>) -> Response {
    let findings = health.findings().await;
    let (status, word) = if findings.iter().any(|it| !it.ok && it.is_needed) {
        (StatusCode::SERVICE_UNAVAILABLE, "unready")
    } else if findings.iter().any(|it| !it.ok) {
        (StatusCode::OK, "degraded")
    } else {
        (StatusCode::OK, "ready")
    };
    let checks = findings.into_iter().map(|it| (it.name, it)).collect();
    answer(status, Report { status: word, checks: Some(checks) })
}

fn answer(status: StatusCode, report: Report) -> Response {
    (status, Extension(Probe), Json(report)).into_response()
}
