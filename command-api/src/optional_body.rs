use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use runtime::Problem;
use runtime::http::Body;
use serde::de::DeserializeOwned;

/// A JSON body that may be left out.
pub struct OptionalBody<T> {
    pub value: T,
    pub raw: bytes::Bytes,
}

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if request.body().is_end_stream() {
            return Ok(Self { value: T::default(), raw: bytes::Bytes::new() });
        }
        let Body { value, raw } = Body::from_request(request, state).await?;
        Ok(Self { value, raw })
    }
}
