//! `/v1/me`, `/v1/users`, and the roles' own check `/v1/admin/ping`.
mod list;

use access::{Caller, Permission};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use runtime::Problem;
use runtime::problem::NOT_FOUND;
use serde::Serialize;

use crate::App;
use crate::etag::Known;
use crate::snapshot::{MinPosition, Snapshot, away};

pub(crate) use list::{__path_get, __path_list, get, list};
pub use list::{Account, Wanted, read};

/// What is known about oneself.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Me {
    pub id: uuid::Uuid,
    pub email: Option<String>,
    pub username: Option<String>,
    pub display_name: Option<String>,
    pub phone: Option<String>,
    pub role: String,
    pub venues: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub registered_at: Timestamp,
    /// Its tag.
    #[serde(skip)]
    revision: i64,
}

/// Shows the caller's profile. Its `ETag` is what `PATCH` takes as `If-Match`.
#[utoipa::path(get, path = "/v1/me", operation_id = "get_me", tag = "users", security(("bearer" = [])),
    responses((status = 200, body = Me, headers(("ETag" = String))), (status = 304), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn me(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    known: Known,
) -> Result<Response, Problem> {
    let user = caller.person()?.user.0;
    let mut snapshot = app.snapshot(&wanted, &["users"]).await?;
    let me = Me::of(&mut snapshot, user)
        .await?
        .ok_or_else(|| Problem::new(NOT_FOUND, "your account has not arrived here yet"))?;
    Ok(snapshot.seen.on(known.answer(me.revision, || Json(me))))
}

impl Me {
    pub async fn of(snapshot: &mut Snapshot, user: uuid::Uuid) -> Result<Option<Self>, Problem> {
        let row = sqlx::query_file!("src/users/get.sql", user);
        let row = row.fetch_optional(&mut *snapshot.tx).await.map_err(away)?;
        Ok(row.map(|row| Self {
            id: row.id,
            email: row.email,
            username: row.username,
            display_name: row.display_name,
            phone: row.phone,
            role: row.role,
            venues: row.venues,
            registered_at: row.registered_at.to_jiff(),
            revision: row.revision,
        }))
    }
}

/// Answers 204 to an admin and 403 to everybody else.
#[utoipa::path(get, path = "/v1/admin/ping", operation_id = "admin_ping", tag = "users", security(("bearer" = [])),
    responses((status = 204), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn admin_ping(caller: Caller) -> Result<StatusCode, Problem> {
    caller.may(Permission::ManageUsers)?;
    Ok(StatusCode::NO_CONTENT)
}
