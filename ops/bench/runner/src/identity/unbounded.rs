//! Logging in as it is written first: one blocking task for each password, however many come. It looks nobody up, locks
//! nobody out and writes nothing.
use std::sync::LazyLock;

use argon2::{Algorithm, Argon2, Params, Version};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use runtime::Problem;
use runtime::http::Body;
use runtime::problem::INVALID;
use serde::Deserialize;
use serde_json::json;

use super::storm::PASSWORD;

#[derive(Deserialize)]
pub struct LogInBody {
    identifier: String,
    password: String,
}

const SALT: &[u8] = b"everybody's salt";

static VERIFIER: LazyLock<Option<[u8; 32]>> = LazyLock::new(|| hash(PASSWORD));

/// With the product's parameters, in memory of its own.
fn hash(password: &str) -> Option<[u8; 32]> {
    let params = Params::new(19 * 1024, 2, 1, Some(32)).ok()?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = [0; 32];
    argon2.hash_password_into(password.as_bytes(), SALT, &mut hash).ok()?;
    Some(hash)
}

pub async fn log_in(Body { value, .. }: Body<LogInBody>) -> Result<Response, Problem> {
    let LogInBody { identifier, password } = value;
    let checking =
        tokio::task::spawn_blocking(move || VERIFIER.is_some_and(|it| hash(&password) == Some(it)));
    if checking.await.unwrap_or_default() {
        Ok((StatusCode::CREATED, axum::Json(json!({ "user": identifier }))).into_response())
    } else {
        Err(Problem::new(INVALID, "wrong"))
    }
}
