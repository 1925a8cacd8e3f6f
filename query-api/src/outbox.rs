//! `/v1/outbox`: what has to be said to whom, and what became of it. Not what it says, and not to whom.
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::Parameters;
use serde::Serialize;
use uuid::Uuid;

use crate::App;
use crate::pages::{Page, Paging};
use crate::snapshot::{MinPosition, away};

/// One message to one person.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OutboxMessage {
    pub id: Uuid,
    /// `verify-email`, `booking-confirmed`, `reminder`, …: docs/mail.md.
    pub kind: String,
    /// `pending`, `dead` (given up), `expired` (of no use any more, unsent), or `sent`.
    pub state: String,
    /// Later than this it would be of no use.
    #[schema(value_type = String, format = DateTime)]
    pub valid_until: Timestamp,
    pub attempts: i32,
    /// Of one that is pending.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_attempt_at: Option<Timestamp>,
    /// Why it was not sent so far, or at all; never in the words of somebody else's server.
    pub last_error: Option<String>,
    /// `mail` or `sms`, once it was taken.
    pub channel: Option<String>,
    /// Why it went by mail though SMS was wanted.
    pub mailed_because: Option<String>,
    /// What the provider said of it last: `accepted`, `failed`, `undelivered`, `delivered`; and its number for why.
    pub delivery: Option<String>,
    pub delivery_code: Option<i32>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Where in the log the event is that made it necessary.
    #[serde(skip)]
    position: i64,
}

/// Those that need somebody first.
const STATES: [&str; 4] = ["dead", "pending", "sent", "expired"];
/// The checkpoint of the follower that writes the table.
const FOLLOWER: &str = "outbox";

/// Lists messages, the newest first: those that were given up, unless asked otherwise. What was sent is there for a week.
#[utoipa::path(get, path = "/v1/outbox", operation_id = "list_outbox", tag = "operations", security(("bearer" = [])),
    params(("state" = Option<String>, Query, description = "`dead` (the default), `pending`, `sent` or `expired`"),
        ("kind" = Option<String>, Query), ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<OutboxMessage>), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    uri: Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    caller.may(Permission::Operate)?;
    let state = parameters.one_of("state", &STATES)?.unwrap_or(STATES[0]);
    let kind: Option<String> = parameters.optional("kind")?;
    let paging = Paging::<(i64, Uuid)>::take(&mut parameters)?;
    parameters.done()?;
    let mut snapshot = app.snapshot(&wanted, &[FOLLOWER]).await?;
    let (after_position, after_id) = paging.after.unzip();
    let rows = sqlx::query_file!(
        "src/outbox/list.sql",
        state,
        kind,
        after_position,
        after_id,
        paging.fetch()
    )
    .fetch_all(&mut *snapshot.tx)
    .await
    .map_err(away)?;
    let is_pending = state == "pending";
    let messages = rows
        .into_iter()
        .map(|it| OutboxMessage {
            id: it.intent,
            kind: it.kind,
            state: it.state,
            valid_until: it.valid_until.to_jiff(),
            attempts: it.attempts,
            next_attempt_at: is_pending.then(|| it.next_attempt_at.to_jiff()),
            last_error: it.last_error,
            channel: it.channel,
            mailed_because: it.mailed_because,
            delivery: it.delivery,
            delivery_code: it.delivery_code,
            ended_at: it.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
            position: it.source_position,
        })
        .collect();
    Ok(snapshot.seen.on(paging.page(&uri, messages, |it: &OutboxMessage| (it.position, it.id))))
}
