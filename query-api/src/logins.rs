//! `/v1/audit/logins`: who tried to log in, from where, and what came of it.
use access::{Caller, Permission};
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

/// One attempt, or what it led to.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Login {
    pub event_id: uuid::Uuid,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Nobody's, if the identifier is unknown.
    pub user: Option<uuid::Uuid>,
    /// The username where there is one, else the keyed hash of what was typed.
    pub identifier: Option<String>,
    /// `succeeded`, `failed`, `locked`, `refused`, `unlocked`, `reauthenticated` (the password given again by somebody
    /// logged in), `code_requested` and `code_refused` (a mail with a code); more may come.
    pub outcome: String,
    pub reason: Option<String>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub session: Option<uuid::Uuid>,
    /// The end of a lock, or of a code's time.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    #[serde(skip)]
    position: i64,
}

const OUTCOMES: [&str; 8] = [
    "succeeded",
    "failed",
    "locked",
    "refused",
    "unlocked",
    "reauthenticated",
    "code_requested",
    "code_refused",
];

/// Lists the login history, newest first.
#[utoipa::path(get, path = "/v1/audit/logins", operation_id = "list_logins", tag = "audit", security(("bearer" = [])),
    params(("from" = Option<String>, Query, description = "RFC 3339, inclusive"),
        ("to" = Option<String>, Query, description = "RFC 3339, exclusive"),
        ("user" = Option<uuid::Uuid>, Query), ("outcome" = Option<String>, Query), ("ip" = Option<String>, Query),
        ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<Login>), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    uri: Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    caller.may(Permission::Audit)?;
    let from: Option<Timestamp> = parameters.optional("from")?;
    let to: Option<Timestamp> = parameters.optional("to")?;
    let user: Option<uuid::Uuid> = parameters.optional("user")?;
    let outcome = parameters.one_of("outcome", &OUTCOMES)?;
    let ip: Option<std::net::IpAddr> = parameters.optional("ip")?;
    let paging = Paging::<i64>::take(&mut parameters)?;
    parameters.done()?;
    let mut snapshot = app.snapshot(&wanted, &["logins", "users"]).await?;
    let rows = sqlx::query_file!(
        "src/logins/list.sql",
        from.map(jiff_sqlx::Timestamp::from) as _,
        to.map(jiff_sqlx::Timestamp::from) as _,
        user,
        outcome,
        ip.map(|it| it.to_string()),
        paging.after,
        paging.fetch()
    )
    .fetch_all(&mut *snapshot.tx)
    .await
    .map_err(away)?;
    let logins = rows
        .into_iter()
        .map(|it| Login {
            event_id: it.event_id,
            at: it.at.to_jiff(),
            user: it.user_id,
            identifier: it.username.or(it.identifier),
            outcome: it.outcome,
            reason: it.reason,
            ip: it.ip,
            user_agent: it.user_agent,
            session: it.session,
            until: it.until.map(jiff_sqlx::Timestamp::to_jiff),
            position: it.position,
        })
        .collect();
    Ok(snapshot.seen.on(paging.page(&uri, logins, |it: &Login| it.position)))
}
