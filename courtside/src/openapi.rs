//! `courtside openapi`: one document for both APIs, the one that is committed.
use axum::Router;
use axum::http::header;
use axum::routing::get;

pub fn print() -> anyhow::Result<()> {
    let commands = command_api::openapi();
    // Of two shapes of one name the first stays, and a query shows all that the answer to a command shows.
    let mut document = query_api::openapi();
    document.info = commands.info.clone();
    document.merge(commands);
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
