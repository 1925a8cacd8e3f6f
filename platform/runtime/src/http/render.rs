//! Problems as they go over the wire, and everything else that is wrong turned into one.
use axum::body::{Body, to_bytes};
use axum::http::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use serde::Serialize;
use uuid::Uuid;

use crate::Problem;
use crate::problem::{COMMON, FieldError, Kind};

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
static ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
/// The most text of somebody else's refusal that is worth passing on.
const MAX_DETAIL_BYTES: usize = 1024;

/// RFC 9457.
#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

/// Writes out the problem an answer carries, or makes one of a refusal that carries none; other answers pass.
pub(super) async fn problem(
    response: Response,
    method: &Method,
    server_url: &str,
    id: Uuid,
) -> Response {
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    let carried = response.extensions().get::<Problem>().cloned();
    let is_written = response.headers().get(CONTENT_TYPE) == Some(&PROBLEM_JSON);
    if carried.is_none() && (!is_refusal || is_written) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let problem = match carried {
        Some(problem) => problem,
        None => of_status(status, &parts.headers, body).await,
    };
    let kind = problem.kind();
    let r#type = match kind.name {
        // RFC 9457 4.2.1: nothing more than its status.
        "" => "about:blank".to_owned(),
        name => format!("{server_url}/problems/{name}"),
    };
    let document = Document {
        r#type,
        title: kind.title,
        status: kind.status.as_u16(),
        detail: problem.detail(),
        instance: id.urn().to_string(),
        errors: problem.errors(),
    };
    let text = serde_json::to_vec(&document).unwrap_or_default();
    parts.status = kind.status;
    complete(&mut parts.headers, method, &problem);
    parts.headers.insert(CONTENT_LENGTH, text.len().into());
    let body = if method == Method::HEAD { Body::empty() } else { Body::from(text) };
    Response::from_parts(parts, body)
}

/// What a client needs beside the body to do better next time.
fn complete(headers: &mut HeaderMap, method: &Method, problem: &Problem) {
    let set = |headers: &mut HeaderMap, name: &HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    headers.insert(CONTENT_TYPE, PROBLEM_JSON);
    match problem.kind().status {
        StatusCode::UNAUTHORIZED => {
            set(headers, &WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE if method == Method::PATCH => {
            let merge = HeaderValue::from_static("application/merge-patch+json");
            set(headers, &ACCEPT_PATCH, merge);
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            set(headers, &ACCEPT, HeaderValue::from_static("application/json"));
        }
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            set(headers, &RETRY_AFTER, problem.retry_after_seconds().unwrap_or(1).into());
        }
        _ => {
            if let Some(seconds) = problem.retry_after_seconds() {
                set(headers, &RETRY_AFTER, seconds.into());
            }
        }
    }
}

/// The problem of an answer that is none: axum's own rejections, a missing route or method.
async fn of_status(status: StatusCode, headers: &HeaderMap, body: Body) -> Problem {
    let common = COMMON.iter().copied().find(|it| it.status == status);
    let kind = common.unwrap_or(Kind {
        name: "",
        status,
        title: status.canonical_reason().unwrap_or("Refused"),
    });
    let is_text = headers
        .get(CONTENT_TYPE)
        .is_some_and(|it| it.to_str().is_ok_and(|it| it.starts_with("text/plain")));
    let said = if is_text && status.is_client_error() {
        to_bytes(body, MAX_DETAIL_BYTES).await.unwrap_or_default()
    } else {
        bytes::Bytes::new()
    };
    let said = String::from_utf8_lossy(&said);
    let detail = match (status, said.trim()) {
        (StatusCode::NOT_FOUND, "") => "there is nothing at this path".to_owned(),
        // The router adds that header after us.
        (StatusCode::METHOD_NOT_ALLOWED, "") => {
            "the header Allow says what this path does".to_owned()
        }
        (_, "") => kind.title.to_owned(),
        (_, said) => said.to_owned(),
    };
    Problem::new(kind, detail)
}
