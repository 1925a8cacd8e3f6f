//! `PATCH` with a merge patch (RFC 7396): what is named changes, what is not stays.
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use runtime::Problem;
use runtime::http::Body;
use runtime::problem::UNSUPPORTED_MEDIA_TYPE;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// A merge patch. Other JSON is refused: whoever sends it may mean another way of patching.
pub struct MergePatch<T> {
    pub value: T,
    pub raw: bytes::Bytes,
}

pub const MERGE_PATCH: &str = "application/merge-patch+json";

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for MergePatch<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let sent = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let essence = sent.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(MERGE_PATCH) {
            let detail = format!("send Content-Type: {MERGE_PATCH}");
            return Err(Problem::new(UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let Body { value, raw } = Body::from_request(request, state).await?;
        Ok(Self { value, raw })
    }
}

/// A member that is named has a value: `null` would remove it, and nothing here can be without.
pub fn named<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}
