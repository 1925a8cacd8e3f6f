//! `REQUIRE_HTTPS`: no redirect, which would only hide that a token already went over the wire in clear.
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Origin;
use crate::Problem;
use crate::problem::HTTPS_REQUIRED;

pub(super) async fn require(origin: Origin, request: Request, next: Next) -> Response {
    if origin.is_tls {
        return next.run(request).await;
    }
    let detail = "use https; whatever secret was in this request was sent in clear, so exchange it";
    Problem::new(HTTPS_REQUIRED, detail).into_response()
}
