//! `courtside openapi`: one document for both APIs, the one that is committed.
use axum::Router;
use axum::http::header;
use axum::routing::get;

pub fn print() -> anyhow::Result<()> {
    let mut document = command_api::openapi();
    let queries = query_api::openapi();
    // A query shows all that the answer to a command shows, and more that may be missing.
    let shown = queries.components.as_ref().and_then(|it| it.schemas.get("Booking").cloned());
    document.merge(queries);
    if let (Some(all), Some(shown)) = (document.components.as_mut(), shown) {
        all.schemas.insert("Booking".to_owned(), shown);
    }
    document.info.title = String::from("Courtside");
    document.info.description =
        Some("A place with courts to book: its commands and its queries.".to_owned());
    println!("{}", document.to_pretty_json()?);
    Ok(())
}

/// The committed document, as it is served: CI sees to it that it is the one `print` prints.
pub fn routes() -> Router {
    const DOCUMENT: &str = include_str!("../../openapi.json");
    Router::new().route(
        "/openapi.json",
        get(|| async { ([(header::CONTENT_TYPE, "application/json")], DOCUMENT) }),
    )
}
