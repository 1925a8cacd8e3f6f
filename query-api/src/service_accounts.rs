//! `/v1/service-accounts`: the accounts of programs, for administrators. What a key is, nobody can show.
use std::collections::HashMap;

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
use crate::etag::Known;
use crate::pages::{Page, Paging};
use crate::snapshot::{MinPosition, away};

/// A program that acts by itself.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ServiceAccount {
    pub id: Uuid,
    pub name: String,
    /// `desk`, `catalogue`, `audit`, `operate`, `changes`.
    pub scopes: Vec<String>,
    /// Where `desk` and `catalogue` reach; `null`: every venue.
    pub venues: Option<Vec<String>>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Those that were issued and not revoked, the oldest first.
    pub keys: Vec<ServiceAccountKey>,
    /// Its tag.
    #[serde(skip)]
    revision: i64,
}

/// One key, by its name. Its secret was shown once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ServiceAccountKey {
    pub id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Timestamp,
    /// `null`: it counts until it is revoked. From this time on it opens nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

const PROJECTIONS: [&str; 1] = ["service_accounts"];

/// Lists the accounts of programs, with their keys.
#[utoipa::path(get, path = "/v1/service-accounts", operation_id = "list_service_accounts", tag = "service-accounts",
    security(("bearer" = [])), params(("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<ServiceAccount>), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    uri: Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    caller.may(Permission::ManageUsers)?;
    let paging = Paging::<Uuid>::take(&mut parameters)?;
    parameters.done()?;
    let mut snapshot = app.snapshot(&wanted, &PROJECTIONS).await?;
    let found = read(&mut snapshot.tx, None, paging.after, paging.fetch()).await.map_err(away)?;
    Ok(snapshot.seen.on(paging.page(&uri, found, |it: &ServiceAccount| it.id)))
}

/// Shows the account of a program. Its `ETag` is what `PATCH` takes as `If-Match`.
#[utoipa::path(get, path = "/v1/service-accounts/{id}", operation_id = "get_service_account", tag = "service-accounts",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = ServiceAccount, headers(("ETag" = String))), (status = 304),
        (status = "default", description = "A problem (RFC 9457)")))]
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    Parsed(id): Parsed<Uuid>,
    known: Known,
) -> Result<Response, Problem> {
    caller.may(Permission::ManageUsers)?;
    let mut snapshot = app.snapshot(&wanted, &PROJECTIONS).await?;
    let mut found = read(&mut snapshot.tx, Some(id), None, 1).await.map_err(away)?;
    let unknown = || Problem::new(NOT_FOUND, "there is no such service account");
    let account = found.pop().ok_or_else(unknown)?;
    Ok(snapshot.seen.on(known.answer(account.revision, || Json(account))))
}

async fn read(
    db: &mut PgConnection,
    id: Option<Uuid>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ServiceAccount>, sqlx::Error> {
    let rows = sqlx::query_file!("src/service_accounts/list.sql", id, after, limit)
        .fetch_all(&mut *db)
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|it| it.id).collect();
    let mut keys: HashMap<Uuid, Vec<ServiceAccountKey>> = HashMap::new();
    for it in sqlx::query_file!("src/service_accounts/keys.sql", &ids).fetch_all(db).await? {
        let issued_at = it.issued_at.to_jiff();
        let expires_at = it.expires_at.map(jiff_sqlx::Timestamp::to_jiff);
        let key = ServiceAccountKey { id: it.id, issued_at, expires_at };
        keys.entry(it.account).or_default().push(key);
    }
    let accounts = rows.into_iter().map(|it| ServiceAccount {
        id: it.id,
        name: it.name,
        scopes: it.scopes,
        venues: it.venues,
        created_at: it.created_at.to_jiff(),
        keys: keys.remove(&it.id).unwrap_or_default(),
        revision: it.revision,
    });
    Ok(accounts.collect())
}
