//! Small public pages: what each problem means.
use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::Problem;
use crate::problem::{NOT_FOUND, problem_pages};

/// `/problems/<name>`: where the `type` of every problem leads.
pub(super) fn problems() -> Router {
    Router::new().route("/problems/{name}", get(problem))
}

async fn problem(Path(name): Path<String>) -> Response {
    let Some((_, page)) = problem_pages().iter().find(|it| it.0 == name) else {
        return Problem::new(NOT_FOUND, "there is no problem of this name").into_response();
    };
    let headers =
        [(CONTENT_TYPE, "text/markdown; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, *page).into_response()
}
