//! `/v1/webhooks`: who is told what happens, and what became of it.
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::{Parameters, Parsed};
use runtime::problem::NOT_FOUND;
use serde::Serialize;
use uuid::Uuid;

use crate::App;
use crate::pages::{Page, Paging};
use crate::snapshot::{MinPosition, away};

/// Somewhere that is told what happens. Its secret is shown to whoever adds it or has it rotated, and not here.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Webhook {
    pub id: Uuid,
    pub url: String,
    /// Types of changes; none are all.
    pub types: Vec<String>,
    pub description: String,
    /// `active` or `stopped`.
    pub state: &'static str,
    /// `gone`: it answered 410; `failing`: it took nothing in the days that something was tried.
    pub stopped_because: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub stopped_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub added_at: Timestamp,
    /// For a day after this the secret before counts, too.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub secret_rotated_at: Option<Timestamp>,
    /// Deliveries that are neither taken nor given up.
    pub pending: i64,
}

/// One event told to one webhook.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WebhookDelivery {
    /// For `POST /v1/webhooks/{id}/deliveries/{delivery}/redeliver`.
    pub id: Uuid,
    /// What the receiver knows it by (`webhook-id`).
    pub event: Uuid,
    #[serde(rename = "type")]
    pub kind: String,
    /// `pending`, `delivered` or `given_up`.
    pub state: String,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub timestamp: Timestamp,
    /// When it had to be told: then, or when somebody wanted it told again.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    pub attempts: i32,
    /// While it is pending; a webhook that is stopped is told nothing before it is resumed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_attempt_at: Option<Timestamp>,
    /// Of the last answer, if there was one.
    pub last_status: Option<i32>,
    pub last_error: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

/// The checkpoint of the follower that writes the tables.
const FOLLOWER: &str = "webhooks";
const STATES: [&str; 3] = ["pending", "delivered", "given_up"];

/// Lists the webhooks.
#[utoipa::path(get, path = "/v1/webhooks", operation_id = "list_webhooks", tag = "webhooks", security(("bearer" = [])),
    params(("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<Webhook>), (status = "default", description = "A problem (RFC 9457)")))]
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
    let mut snapshot = app.snapshot(&wanted, &[FOLLOWER]).await?;
    let rows = sqlx::query_file!("src/webhooks/list.sql", paging.after, paging.fetch())
        .fetch_all(&mut *snapshot.tx)
        .await
        .map_err(away)?;
    let webhooks = rows
        .into_iter()
        .map(|it| Webhook {
            id: it.webhook,
            url: it.url,
            types: it.types,
            description: it.description,
            state: if it.stopped_at.is_some() { "stopped" } else { "active" },
            stopped_because: it.stopped_because,
            stopped_at: it.stopped_at.map(jiff_sqlx::Timestamp::to_jiff),
            added_at: it.added_at.to_jiff(),
            secret_rotated_at: it.rotated_at.map(jiff_sqlx::Timestamp::to_jiff),
            pending: it.pending,
        })
        .collect();
    Ok(snapshot.seen.on(paging.page(&uri, webhooks, |it: &Webhook| it.id)))
}

/// Lists what a webhook was told, is being told or could not be told, the newest first. What happened more than 40 days
/// ago is not among it.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", operation_id = "list_deliveries", tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = Uuid, Path),
        ("state" = Option<String>, Query, description = "`pending`, `delivered` or `given_up`"),
        ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<WebhookDelivery>), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn deliveries(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    Parsed(id): Parsed<Uuid>,
    uri: Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    caller.may(Permission::ManageUsers)?;
    let state = parameters.one_of("state", &STATES)?;
    let paging = Paging::<(Timestamp, Uuid)>::take(&mut parameters)?;
    parameters.done()?;
    let mut snapshot = app.snapshot(&wanted, &[FOLLOWER]).await?;
    let is_known = sqlx::query_file_scalar!("src/webhooks/known.sql", id)
        .fetch_one(&mut *snapshot.tx)
        .await
        .map_err(away)?;
    if !is_known {
        return Err(Problem::new(NOT_FOUND, "there is no such webhook"));
    }
    let (after_at, after_id) = paging.after.unzip();
    let rows = sqlx::query_file!(
        "src/webhooks/deliveries.sql",
        id,
        state,
        after_at.map(jiff_sqlx::Timestamp::from) as _,
        after_id,
        paging.fetch()
    )
    .fetch_all(&mut *snapshot.tx)
    .await
    .map_err(away)?;
    let deliveries = rows
        .into_iter()
        .map(|it| WebhookDelivery {
            id: it.delivery,
            event: it.event,
            next_attempt_at: (it.state == STATES[0]).then(|| it.next_attempt_at.to_jiff()),
            kind: it.kind,
            state: it.state,
            timestamp: it.happened_at.to_jiff(),
            since: it.caused_at.to_jiff(),
            attempts: it.attempts,
            last_status: it.last_status,
            last_error: it.last_error,
            ended_at: it.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
        .collect();
    let key = |it: &WebhookDelivery| (it.since, it.id);
    Ok(snapshot.seen.on(paging.page(&uri, deliveries, key)))
}
