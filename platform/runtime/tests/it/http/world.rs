//! A role with one route for each thing that can happen, behind the edge.
use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderName, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use futures::stream;
use runtime::health::Health;
use runtime::http::{self, Edge, Parameters, Parsed, ParsedPair};
use runtime::metrics::Metrics;
use runtime::problem::{FORBIDDEN, INVALID, Place, UNAUTHENTICATED, UNAVAILABLE};
use runtime::{Problem, Settings};
use serde::Deserialize;
use serde_json::Value;
use tower::ServiceExt;

pub const SERVER_URL: &str = "https://courts.example";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Booking {
    pub court: String,
    pub starts_at: u32,
}

pub fn edge() -> Edge {
    Edge::new(&settings(&[]), Health::default(), Metrics::default())
}

/// With nothing behind them but this edge.
pub fn settings(more: &[(&str, &str)]) -> Settings {
    let nowhere = "postgres://nobody@127.0.0.1:1/nothing";
    let mut pairs = vec![
        ("SERVER_URL", SERVER_URL),
        ("EVENT_STORE_URL", nowhere),
        ("READ_DATABASE_URL", nowhere),
        ("EDGE_DATABASE_URL", nowhere),
        ("VAULT_DATABASE_URL", nowhere),
        ("AMQP_URL", "amqp://127.0.0.1:1/%2f"),
    ];
    pairs.extend(more);
    Settings::read(pairs.into_iter().map(|(name, value)| (name.into(), value.into()))).unwrap()
}

pub fn routes() -> Router {
    Router::new()
        .route("/plain", get(|| async { "ok" }))
        .route("/own-headers", get(own_headers))
        .route("/panics", get(|| async { panics() }))
        .route("/text-refusal", get(|| async { (StatusCode::CONFLICT, "there is one already") }))
        .route(
            "/text-failure",
            get(|| async { (StatusCode::BAD_GATEWAY, "db01.internal: refused") }),
        )
        .route("/stranger", get(|| async { Problem::new(UNAUTHENTICATED, "who is asking?") }))
        .route("/forbidden", get(|| async { Problem::new(FORBIDDEN, "not for players") }))
        .route("/away", get(|| async { Problem::new(UNAVAILABLE, "no database").retry_after(7) }))
        .route("/invalid", get(|| async { invalid() }))
        .route("/slow", get(sleep_long).post(sleep_long))
        .route("/stream", get(|| async { slow_stream() }))
        .route("/echo", post(|body: Bytes| async { body }))
        .route("/bookings", post(book).merge(patch(book)).merge(get(search)))
        .route("/bookings/{id}", get(|Parsed(id): Parsed<u32>| async move { id.to_string() }))
        .route("/courts/{code}/days/{day}", get(day))
        .route("/confirm", post(confirm))
}

async fn own_headers() -> Response {
    let own = [
        (header::CONTENT_SECURITY_POLICY, "default-src 'self'"),
        (header::CACHE_CONTROL, "public, max-age=60"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ];
    (own, "page").into_response()
}

fn panics() -> &'static str {
    panic!("an invariant does not hold");
}

fn invalid() -> Problem {
    Problem::new(INVALID, "this can never be").at(
        Place::field("starts_at"),
        "off-grid",
        "not on the hour",
    )
}

async fn sleep_long() -> &'static str {
    tokio::time::sleep(Duration::from_hours(1)).await;
    "late"
}

/// Two words, a minute apart.
fn slow_stream() -> Body {
    Body::from_stream(stream::unfold(0, |turn| async move {
        let word = ["first ", "second"].get(turn)?;
        if 0 < turn {
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
        Some((Ok::<_, Infallible>(*word), turn + 1))
    }))
}

async fn book(body: http::Body<Booking>) -> Json<Value> {
    let raw = body.raw.len();
    Json(
        serde_json::json!({ "court": body.value.court, "starts_at": body.value.starts_at, "raw": raw }),
    )
}

async fn confirm(body: Option<http::Body<Booking>>) -> String {
    body.map_or_else(|| "nothing".to_owned(), |it| it.value.court)
}

async fn search(mut parameters: Parameters) -> Result<String, Problem> {
    let limit: u32 = parameters.required("limit")?;
    parameters.one_of("sort", &["up", "down"])?;
    let court: Option<String> = parameters.optional("court")?;
    parameters.done()?;
    Ok(format!("{limit} {}", court.unwrap_or_default()))
}

async fn day(ParsedPair(code, day): ParsedPair<String, u8>) -> String {
    format!("{code} {day}")
}

/// What came back, with its body read.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The last part of a problem's type, once the answer is seen to be one.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16(), "{self:?}");
        assert_eq!(
            json["instance"],
            format!("urn:uuid:{}", self.header("x-request-id")),
            "{self:?}"
        );
        assert!(
            !json["title"].as_str().unwrap().is_empty()
                && !json["detail"].as_str().unwrap().is_empty()
        );
        let kind = json["type"].as_str().unwrap().to_owned();
        kind.strip_prefix(&format!("{SERVER_URL}/problems/")).unwrap_or(&kind).to_owned()
    }
}

pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

pub async fn get_(router: &Router, path: &str) -> Answer {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

/// `method path`, a content type if it is not empty, and a body.
pub async fn post_(
    router: &Router,
    line: &str,
    content_type: &str,
    body: impl Into<Body>,
) -> Answer {
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path);
    if !content_type.is_empty() {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    send(router, request.body(body.into()).unwrap()).await
}

pub fn with_header(path: &str, name: &'static str, value: &str) -> Request<Body> {
    Request::get(path).header(HeaderName::from_static(name), value).body(Body::empty()).unwrap()
}
