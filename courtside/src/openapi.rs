//! `courtside openapi`: one document for both APIs, the one that is committed.
use std::process::ExitCode;

pub fn print() -> ExitCode {
    let mut document = command_api::openapi();
    document.merge(query_api::openapi());
    document.info.title = String::from("Courtside");
    match document.to_pretty_json() {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("courtside: {error}");
            ExitCode::FAILURE
        }
    }
}
