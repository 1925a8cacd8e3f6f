//! `/v1/me/preferences`: how one is told things.
use access::{Caller, Permission};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use runtime::Problem;
use runtime::problem::NOT_FOUND;
use serde::Serialize;
use uuid::Uuid;

use crate::App;
use crate::etag::Known;
use crate::snapshot::{MinPosition, Snapshot, away};

/// How one is told things.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Preferences {
    /// How reminders come: `mail`, `sms` or `none`.
    reminders: String,
    /// What messages are written in: `en` or `de`.
    language: String,
    /// How messages write a time of day: `24h` or `12h`.
    clock: String,
    /// Where SMS go.
    sms_number: Option<String>,
    /// The account's tag.
    #[serde(skip)]
    revision: i64,
}

/// Shows how the caller is told things. Its `ETag` is the account's, which `PATCH` takes as `If-Match`.
#[utoipa::path(get, path = "/v1/me/preferences", operation_id = "get_preferences", tag = "users", security(("bearer" = [])),
    responses((status = 200, body = Preferences, headers(("ETag" = String))), (status = 304), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    known: Known,
) -> Result<Response, Problem> {
    caller.may(Permission::Play)?;
    let user = caller.person()?.user.0;
    let mut snapshot = app.snapshot(&wanted, &["preferences"]).await?;
    let preferences = Preferences::of(&mut snapshot, user).await?;
    Ok(snapshot.seen.on(known.answer(preferences.revision, || Json(preferences))))
}

impl Preferences {
    pub async fn of(snapshot: &mut Snapshot, user: Uuid) -> Result<Self, Problem> {
        let row = sqlx::query_file_as!(Self, "src/preferences/get.sql", user);
        let row = row.fetch_optional(&mut *snapshot.tx).await.map_err(away)?;
        row.ok_or_else(|| Problem::new(NOT_FOUND, "your account has not arrived here yet"))
    }
}
