//! `/v1/users`: everybody's accounts, for administrators; and for the operator's command, which asks the same.
use access::{Caller, Permission};
use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::{Parameters, Parsed};
use runtime::problem::NOT_FOUND;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::App;
use crate::pages::{Page, Paging};
use crate::snapshot::{MinPosition, away};

/// An account as those see it who manage accounts. What was erased is null.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an answer of its own, and any may go with any"
)]
pub struct Account {
    pub id: Uuid,
    pub email: Option<String>,
    pub username: Option<String>,
    pub display_name: Option<String>,
    pub phone: Option<String>,
    pub role: String,
    pub venues: Vec<String>,
    /// Whether the e-mail address was proved, or need not be.
    pub verified: bool,
    pub disabled: bool,
    /// Whether a code goes with the password.
    pub second_factor: bool,
    /// Or about to be, which cannot be taken back.
    pub erased: bool,
    /// Until when no password is taken, after too many wrong ones.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub locked_until: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub registered_at: Timestamp,
}

/// What is asked for; what is not said is not asked.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub id: Option<Uuid>,
    pub role: Option<String>,
    pub disabled: Option<bool>,
    pub locked: Option<bool>,
    pub username: Option<String>,
    pub email: Option<String>,
    pub after: Option<Uuid>,
    pub limit: i64,
}

const ROLES: [&str; 5] = ["player", "staff", "auditor", "operator", "admin"];
const PROJECTIONS: [&str; 2] = ["users", "logins"];

/// Reads accounts as they are at `now`, or at the database's own time.
pub async fn read(
    db: &mut PgConnection,
    wanted: &Wanted,
    now: Option<Timestamp>,
) -> Result<Vec<Account>, sqlx::Error> {
    let rows = sqlx::query_file!(
        "src/users/list.sql",
        now.map(jiff_sqlx::Timestamp::from) as _,
        wanted.id,
        wanted.role,
        wanted.disabled,
        wanted.locked,
        wanted.username,
        wanted.email,
        wanted.after,
        wanted.limit
    )
    .fetch_all(db)
    .await?;
    let accounts = rows.into_iter().map(|it| Account {
        id: it.id,
        email: it.email,
        username: it.username,
        display_name: it.display_name,
        phone: it.phone,
        role: it.role,
        venues: it.venues,
        verified: it.verified,
        disabled: it.disabled,
        second_factor: it.second_factor,
        erased: it.erased,
        locked_until: it.locked_until.map(jiff_sqlx::Timestamp::to_jiff),
        registered_at: it.registered_at.to_jiff(),
    });
    Ok(accounts.collect())
}

/// Lists accounts.
#[utoipa::path(get, path = "/v1/users", operation_id = "list_users", tag = "users", security(("bearer" = [])),
    params(("role" = Option<String>, Query), ("disabled" = Option<bool>, Query),
        ("locked" = Option<bool>, Query, description = "By too many wrong passwords, now"),
        ("username" = Option<String>, Query), ("email" = Option<String>, Query),
        ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<Account>), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    uri: Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    caller.may(Permission::ManageUsers)?;
    let role = parameters.one_of("role", &ROLES)?.map(str::to_owned);
    let disabled = parameters.optional("disabled")?;
    let locked = parameters.optional("locked")?;
    let username = parameters.optional("username")?;
    let email = parameters.optional("email")?;
    let paging = Paging::<Uuid>::take(&mut parameters)?;
    parameters.done()?;
    let (after, limit) = (paging.after, paging.fetch());
    let asked = Wanted { id: None, role, disabled, locked, username, email, after, limit };
    let mut snapshot = app.snapshot(&wanted, &PROJECTIONS).await?;
    let accounts = read(&mut snapshot.tx, &asked, Some(app.clock.now())).await.map_err(away)?;
    Ok(snapshot.seen.on(paging.page(&uri, accounts, |it: &Account| it.id)))
}

/// Shows an account.
#[utoipa::path(get, path = "/v1/users/{id}", operation_id = "get_user", tag = "users", security(("bearer" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Account), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    Parsed(id): Parsed<Uuid>,
) -> Result<Response, Problem> {
    caller.may(Permission::ManageUsers)?;
    let asked = Wanted { id: Some(id), limit: 1, ..Wanted::default() };
    let mut snapshot = app.snapshot(&wanted, &PROJECTIONS).await?;
    let mut found = read(&mut snapshot.tx, &asked, Some(app.clock.now())).await.map_err(away)?;
    let account = found.pop().ok_or_else(|| Problem::new(NOT_FOUND, "there is no such user"))?;
    Ok(snapshot.seen.on(Json(account)))
}
