//! `/v1/timers`: what is awaited, and what came of it.
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::ids::BookingId;
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::Parameters;
use serde::Serialize;
use uuid::Uuid;

use crate::App;
use crate::pages::{Page, Paging};
use crate::snapshot::{MinPosition, away};

/// Something that time alone brings about.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Timer {
    pub id: Uuid,
    /// `hold`, `miss`, `move`, `unverified`, `reminder_day`, `reminder_hours`, `canary`; more may come.
    pub kind: String,
    /// The booking it is about, if it is about one.
    pub booking: Option<String>,
    pub generation: i32,
    /// `armed`, or `closed` for a day; `waiting` until a confirmation arms it.
    pub state: String,
    #[schema(value_type = String, format = DateTime)]
    pub armed_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// Since when the broker has it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub published_at: Option<Timestamp>,
    /// How often it was handed on or swept.
    pub attempts: i32,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    /// Who found it over: the log (`event`), its message (`timer`), the `sweep`, or an `operator`.
    pub closed_by: Option<String>,
}

const STATES: [&str; 3] = ["armed", "closed", "waiting"];
/// The checkpoint of the follower that writes the table.
const FOLLOWER: &str = "timers-4";

/// Lists timers by their time, those still armed unless asked otherwise.
#[utoipa::path(get, path = "/v1/timers", operation_id = "list_timers", tag = "timers", security(("bearer" = [])),
    params(("state" = Option<String>, Query, description = "`armed` (the default), `closed` or `waiting`"),
        ("kind" = Option<String>, Query), ("booking" = Option<String>, Query),
        ("due_before" = Option<String>, Query, description = "RFC 3339, exclusive"),
        ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<Timer>), (status = "default", description = "A problem (RFC 9457)")))]
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
    let booking: Option<BookingId> = parameters.optional("booking")?;
    let due_before: Option<Timestamp> = parameters.optional("due_before")?;
    let paging = Paging::<(Timestamp, Uuid)>::take(&mut parameters)?;
    parameters.done()?;
    let mut snapshot = app.snapshot(&wanted, &[FOLLOWER]).await?;
    let (after_due, after_id) = paging.after.unzip();
    let rows = sqlx::query_file!(
        "src/timers/list.sql",
        state,
        kind,
        booking.map(|it| it.to_string()),
        due_before.map(jiff_sqlx::Timestamp::from) as _,
        after_due.map(jiff_sqlx::Timestamp::from) as _,
        after_id,
        paging.fetch()
    )
    .fetch_all(&mut *snapshot.tx)
    .await
    .map_err(away)?;
    let timers = rows
        .into_iter()
        .map(|it| Timer {
            id: it.timer_id,
            kind: it.kind,
            booking: it.booking,
            generation: it.generation,
            state: it.state,
            armed_at: it.armed_at.to_jiff(),
            due_at: it.due_at.to_jiff(),
            published_at: it.published_at.map(jiff_sqlx::Timestamp::to_jiff),
            attempts: it.attempts,
            closed_at: it.closed_at.map(jiff_sqlx::Timestamp::to_jiff),
            closed_by: it.closed_by,
        })
        .collect();
    Ok(snapshot.seen.on(paging.page(&uri, timers, |it: &Timer| (it.due_at, it.id))))
}
