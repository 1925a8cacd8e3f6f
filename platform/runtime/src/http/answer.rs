//! The outermost layer: every request gets an id, every answer its headers, its line in the log and its place in the
//! metrics, and every refusal its body.
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::DATE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use jiff::fmt::rfc2822::DateTimePrinter;
use traces::Step;
use tracing::Instrument;
use uuid::Uuid;

use super::address::{Origin, Proxies};
use super::edge::RequestId;
use super::{headers, probes, render};
use crate::metrics::{HttpMetrics, known};
use crate::{Clock, ids};

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Nothing matched.
const NO_ROUTE: &str = "none";
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// In an answer's extensions: a probe's, whose body is its own at any status, and that nobody counts or logs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe;

pub(super) struct Answering {
    pub server_url: String,
    pub metrics: HttpMetrics,
    pub proxies: Proxies,
    pub is_traced: bool,
    pub clock: Option<Clock>,
}

impl Answering {
    /// The step of a request. A caller's trace is gone on with where its word counts about addresses too: anybody else
    /// could have everything sampled, or write into other people's traces.
    fn step(
        &self,
        id: Uuid,
        method: &Method,
        route: &str,
        origin: &Origin,
        headers: &HeaderMap,
    ) -> Step {
        if !traces::are_collected() || !self.is_traced || probes::is_probe(route) {
            return Step::default();
        }
        let parent = headers.get(&TRACEPARENT).filter(|_| 0 < origin.proxies);
        let method = known(method);
        // What query-api passes on has its route there.
        let name = if route == NO_ROUTE { method.to_owned() } else { format!("{method} {route}") };
        let step = Step::request(name, parent.and_then(|it| it.to_str().ok()));
        step.say("http.request.method", method);
        step.say("http.route", route.to_owned());
        step.say("courtside.request_id", id.to_string());
        step
    }

    /// A demo's time; elsewhere the server tells it.
    fn date(&self) -> Option<HeaderValue> {
        let now = self.clock.as_ref()?.now();
        let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok()?;
        HeaderValue::try_from(text).ok()
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
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);

    let step = answering.step(id, &method, route, &origin, request.headers());
    let trace_id = step.trace_id();
    let trace_id = trace_id.as_deref();
    let span = tracing::info_span!("request", request_id = %id, %method, route, trace_id);
    let response = step.of(next.run(request)).instrument(span).await;
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
    if let Some(date) = answering.date() {
        response.headers_mut().insert(DATE, date);
    }
    if !is_probe {
        let took = began.elapsed();
        let status = response.status();
        step.say("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            step.failed();
        }
        answering.metrics.observe(&method, route, status, took, step.sampled_id());
        log(id, &method, route, trace_id, status, took.as_secs_f64() * 1_000.0);
    }
    response
}

fn log(
    request_id: Uuid,
    method: &Method,
    route: &str,
    trace_id: Option<&str>,
    status: StatusCode,
    ms: f64,
) {
    let status_code = status.as_u16();
    let ms = (ms * 100.0).round() / 100.0;
    if status.is_server_error() {
        tracing::warn!(%request_id, %method, route, trace_id, status = status_code, ms, "request");
    } else {
        tracing::info!(%request_id, %method, route, trace_id, status = status_code, ms, "request");
    }
}

/// The caller's own id, if it is one: then both sides' logs can be read together.
fn request_id(headers: &HeaderMap) -> Uuid {
    let given = headers.get(&X_REQUEST_ID).and_then(|it| Uuid::try_parse_ascii(it.as_bytes()).ok());
    given.filter(|it| !it.is_nil()).unwrap_or_else(ids::new)
}
