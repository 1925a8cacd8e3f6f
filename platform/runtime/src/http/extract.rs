//! Bodies, read strictly: what is wrong is said with its place.
use axum::body::HttpBody;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use super::body::MAX_BYTES;
use super::json;
use crate::Problem;
use crate::problem::{BODY_TOO_LARGE, MALFORMED_REQUEST, Place, UNSUPPORTED_MEDIA_TYPE};

/// A JSON body. Unknown fields, wrong types, duplicate keys, another media type, too many bytes: each its problem.
/// `raw` is what came, for the fingerprint of an idempotency key.
pub struct Body<T> {
    pub value: T,
    pub raw: bytes::Bytes,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "send Content-Type: application/json";
            return Err(Problem::new(UNSUPPORTED_MEDIA_TYPE, detail));
        }
        // The edge has read the body already; without it the same bound holds.
        let raw = axum::body::to_bytes(request.into_body(), MAX_BYTES).await.map_err(|_| {
            Problem::new(BODY_TOO_LARGE, format!("a body has at most {MAX_BYTES} bytes"))
        })?;
        let value = json::read(&raw).map_err(|it| {
            Problem::new(MALFORMED_REQUEST, it.detail.clone()).at(
                Place::Pointer(it.pointer),
                it.code,
                it.detail,
            )
        })?;
        Ok(Self { value, raw })
    }
}

/// `None` for a request with neither a body nor the announcement of one.
impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        if request.body().is_end_stream() && !request.headers().contains_key(CONTENT_TYPE) {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

/// `application/json` or `application/<something>+json`, whatever its parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.strip_prefix("application/") {
        Some("json") => true,
        Some(subtype) => subtype.len() > "+json".len() && subtype.ends_with("+json"),
        None => false,
    }
}
