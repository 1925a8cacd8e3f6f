//! `/v1/sessions`: where one is logged in.
use access::Caller;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::Parameters;
use serde::Serialize;

use crate::App;
use crate::pages::{Page, Paging};
use crate::snapshot::{MinPosition, away};

/// A session that lives.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Session {
    pub id: uuid::Uuid,
    /// The one this request was made in.
    pub current: bool,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub refreshed_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
}

/// Lists the caller's sessions, newest first.
#[utoipa::path(get, path = "/v1/sessions", operation_id = "list_sessions", tag = "sessions", security(("bearer" = [])),
    params(("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<Session>), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    uri: Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let person = caller.person()?;
    let paging = Paging::<uuid::Uuid>::take(&mut parameters)?;
    parameters.done()?;
    let mut snapshot = app.snapshot(&wanted, &["sessions"]).await?;
    let rows = sqlx::query_file!(
        "src/sessions/list.sql",
        person.user.0,
        jiff_sqlx::Timestamp::from(app.clock.now()) as _,
        paging.after,
        paging.fetch()
    )
    .fetch_all(&mut *snapshot.tx)
    .await
    .map_err(away)?;
    let sessions = rows
        .into_iter()
        .map(|it| Session {
            id: it.id,
            current: it.id == person.session.0,
            started_at: it.started_at.to_jiff(),
            refreshed_at: it.refreshed_at.map(jiff_sqlx::Timestamp::to_jiff),
            ends_at: it.ends_at.to_jiff(),
        })
        .collect();
    Ok(snapshot.seen.on(paging.page(&uri, sessions, |it: &Session| it.id)))
}
