//! The outermost layer: every request gets an id, every answer its headers, its line in the log and its place in the
//! metrics, and every refusal its body.
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

use super::address::Proxies;
use super::edge::RequestId;
use super::{headers, render};
use crate::ids;
use crate::metrics::HttpMetrics;

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// In an answer's extensions: a probe's, whose body is its own at any status, and that nobody counts or logs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe;

pub(super) struct Answering {
    server_url: String,
    metrics: HttpMetrics,
    proxies: Proxies,
}

impl Answering {
    pub fn new(server_url: &str, metrics: HttpMetrics, proxies: Proxies) -> Self {
        Self { server_url: server_url.to_owned(), metrics, proxies }
    }

    /// Where the settings say that all clients come over TLS, a proxy that forgets to say so changes nothing.
    fn over_tls(&self) -> bool {
        self.server_url.starts_with("https://")
    }
}

pub(super) async fn answer(
    State(answering): State<Arc<Answering>>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let (mut parts, body) = request.into_parts();
    let id = request_id(&parts.headers);
    let origin = answering.proxies.of(&parts);
    parts.extensions.insert(RequestId(id));
    parts.extensions.insert(origin);
    let request = Request::from_parts(parts, body);
    let method = request.method().clone();
    // The template, never the path: paths hold ids and tokens, and would make endless labels.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);

    let span = tracing::info_span!("request", request_id = %id, %method, route);
    let response = next.run(request).instrument(span).await;
    let is_probe = response.extensions().get::<Probe>().is_some();
    let mut response = if is_probe {
        response
    } else {
        render::problem(response, &method, &answering.server_url, id).await
    };
    headers::complete(response.headers_mut(), origin.is_tls || answering.over_tls());
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(&X_REQUEST_ID, value);
    }
    if !is_probe {
        let took = began.elapsed();
        answering.metrics.observe(&method, route, response.status(), took);
        log(id, &method, route, response.status(), took.as_secs_f64() * 1_000.0);
    }
    response
}

fn log(request_id: Uuid, method: &Method, route: &str, status: StatusCode, ms: f64) {
    let status_code = status.as_u16();
    let ms = (ms * 100.0).round() / 100.0;
    if status.is_server_error() {
        tracing::warn!(%request_id, %method, route, status = status_code, ms, "request");
    } else {
        tracing::info!(%request_id, %method, route, status = status_code, ms, "request");
    }
}

/// The caller's own id, if it is one: then both sides' logs can be read together.
fn request_id(headers: &HeaderMap) -> Uuid {
    let given = headers.get(&X_REQUEST_ID).and_then(|it| Uuid::try_parse_ascii(it.as_bytes()).ok());
    given.filter(|it| !it.is_nil()).unwrap_or_else(ids::new)
}
