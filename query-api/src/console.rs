//! `/`: the console, a web page for people who would rather look than read. Its files are those of `console/dist`, carried
//! in the binary; what it is made of and how it is built is in docs/console.md.
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use runtime::Problem;
use runtime::problem::NOT_FOUND;
use rust_embed::{Embed, EmbeddedFile};
use serde_json::json;
use tower_http::compression::CompressionLayer;

use crate::App;
use crate::etag::Known;

#[derive(Embed)]
#[folder = "../console/dist"]
struct Files;

/// Nothing but what comes from here, and no word of script or style in the page itself: text that somebody typed can
/// never become either.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; \
     worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types courtside",
);
/// A file under `assets/` has a hash of what is in it in its name.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Kept, and asked for each time whether it is still that: a new version is seen at once.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

const CONFIG: &str = "config.json";

pub fn routes() -> Router<App> {
    let mut router = Router::new().route("/config.json", get(config));
    for path in Files::iter().filter(|it| !it.starts_with("assets/") && it != CONFIG) {
        let url = if path == "index.html" { "/".to_owned() } else { format!("/{path}") };
        router =
            router.route(&url, get(async move |known: Known| answer(&path, ASK_FIRST, &known)));
    }
    router
        .route(
            "/assets/{file}",
            get(async |Path(file): Path<String>, known: Known| {
                answer(&format!("assets/{file}"), FOR_EVER, &known)
            }),
        )
        // A phone far from its mast is glad of the two thirds it saves.
        .layer(CompressionLayer::new())
}

/// Where the page finds the API. Who hosts it elsewhere serves a file of their own.
async fn config(State(app): State<App>) -> Response {
    let config = json!({
        "api_url": "",
        "live_path": "/v1/venues/{venue}/days/{date}/events",
        "demo": app.settings.demo,
    });
    ([(header::CACHE_CONTROL, ASK_FIRST)], Json(config)).into_response()
}

fn answer(path: &str, keep: HeaderValue, known: &Known) -> Response {
    let Some(EmbeddedFile { data, metadata }) = Files::get(path) else {
        return Problem::new(NOT_FOUND, "there is nothing at this path").into_response();
    };
    let [a, b, c, d, ..] = metadata.sha256_hash().map(u32::from);
    let tag = format!("{:08x}", a << 24 | b << 16 | c << 8 | d);
    let mut response =
        known.answer(tag, || ([(header::CONTENT_TYPE, kind_of(path))], data.into_owned()));
    let headers: [(HeaderName, HeaderValue); 2] =
        [(header::CACHE_CONTROL, keep), (header::CONTENT_SECURITY_POLICY, POLICY)];
    response.headers_mut().extend(headers);
    response
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|it| it.1) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
