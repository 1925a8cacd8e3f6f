//! `ETag` and `If-None-Match`: who has the answer already is told so (RFC 9110, sections 8.8.3 and 13.1.2).
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use runtime::Problem;

/// What the client has, by its tags.
pub struct Known(HeaderMap);

impl Known {
    /// The answer with its tag, the resource's own revision; or 304, if that is what the client has.
    pub fn answer<T: IntoResponse>(
        &self,
        revision: impl std::fmt::Display,
        answer: impl FnOnce() -> T,
    ) -> Response {
        let tag = format!("\"{revision}\"");
        let mut response = if self.has(&tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            answer().into_response()
        };
        if let Ok(value) = HeaderValue::from_str(&tag) {
            response.headers_mut().insert(header::ETAG, value);
        }
        response
    }

    /// Compared weakly: a proxy that packs an answer makes its tag a weak one.
    fn has(&self, tag: &str) -> bool {
        let values = self.0.get_all(header::IF_NONE_MATCH).iter();
        let tags = values.filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(','));
        tags.map(str::trim).any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == tag)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(parts.headers.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // a table
    fn who_has_it_is_told_so() {
        let status = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::IF_NONE_MATCH, value.parse().expect("a header value"));
            }
            let response = Known(headers).answer(7, || "seven");
            assert_eq!(response.headers()[header::ETAG], "\"7\"", "{values:?}");
            response.status().as_u16()
        };
        assert_eq!(status(&[]),                      200);
        assert_eq!(status(&["\"7\""]),               304);
        assert_eq!(status(&["W/\"7\""]),             304);
        assert_eq!(status(&["\"6\", \"7\""]),        304);
        assert_eq!(status(&["\"6\"", "\"7\""]),      304);
        assert_eq!(status(&["*"]),                   304);
        assert_eq!(status(&["\"6\""]),               200);
        assert_eq!(status(&["7"]),                   200);
        assert_eq!(status(&["\"77\""]),              200);
    }
}
