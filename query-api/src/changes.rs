//! `/v1/changes`: what happened on courts and at venues, in the order of the log, for programs that keep up with it.
use access::{Caller, Permission};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::changes::{Change, KINDS};
use event_store::{Position, PositionToken, Recorded};
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::Parameters;
use runtime::problem::{Kind, Place};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::App;
use crate::projections::log_away;
use crate::snapshot::Seen;

pub const POSITION_LOST: Kind =
    Kind::conflict("position-lost", "The position is not one of this log");

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 1_000;
/// Events read at once,
const BATCH: usize = 500;
/// and for one answer: of what nobody asked for there may be any number.
const MOST_READ: usize = 5_000;

/// Something that happened.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ChangeItem {
    /// The event's own id: whoever has it already has this change, whichever way it came.
    pub id: Uuid,
    /// Where it is in the log; `after` it everything is newer.
    pub position: String,
    #[serde(rename = "type")]
    #[schema(example = "booking.confirmed")]
    pub kind: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub timestamp: Timestamp,
    /// Ids alone: `booking` or `block` with `court` and `date`, a `court`, or a `venue`.
    #[schema(value_type = Object)]
    pub data: Value,
}

/// Some of what happened, in order.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Changes {
    pub items: Vec<ChangeItem>,
    /// The relative URL to go on with: at once if there is `more`, and otherwise whenever one likes.
    pub next: String,
    /// Whether the log has more already.
    pub more: bool,
}

/// Tells what happened after a position, oldest first: of court-days, courts and venues, with ids and nothing personal.
///
/// `after` takes a `Courtside-Position` or an item's `position`; without it the log is told from its beginning. Nothing is
/// ever missing or out of order behind a position, so `next`, kept by the client, is all it takes to go on after any pause.
#[utoipa::path(get, path = "/v1/changes", operation_id = "list_changes", tag = "changes", security(("bearer" = [])),
    params(("after" = Option<String>, Query, description = "a position"),
        ("types" = Option<String>, Query, description = "only these, with commas between them"),
        ("limit" = Option<u32>, Query, description = "1 to 1000, 100 unless asked otherwise")),
    responses((status = 200, body = Changes),
        (status = 409, description = "`position-lost`: of another log, or of what this one was before it was restored"),
        (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    caller.may(Permission::ReadChanges)?;
    let after: Option<PositionToken> = parameters.optional("after")?;
    let types: Option<String> = parameters.optional("types")?;
    let limit = parameters.optional("limit")?.unwrap_or(DEFAULT_LIMIT);
    parameters.done()?;
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::parameter(
            "limit",
            "out-of-range",
            format!("limit is 1 to {MAX_LIMIT}"),
        ));
    }
    let wanted = types.as_deref().map(kinds).transpose()?;
    let from = match after {
        Some(token) => position(&app, token).await?,
        None => 0,
    };
    let read = read(&app, from, limit, wanted.as_deref()).await?;
    let token = PositionToken { log: app.log, position: read.position };
    let types = types.map(|it| format!("&types={it}")).unwrap_or_default();
    let next = format!("/v1/changes?after={token}&limit={limit}{types}");
    Ok(Seen::at(token).on(Json(Changes { items: read.items, next, more: read.more })))
}

/// What was read, and as far as which position.
struct Read {
    items: Vec<ChangeItem>,
    position: Position,
    more: bool,
}

async fn read(
    app: &App,
    after: Position,
    limit: usize,
    wanted: Option<&[&'static str]>,
) -> Result<Read, Problem> {
    let mut read = Read { items: Vec::new(), position: after, more: true };
    let mut seen = 0;
    while read.more && seen < MOST_READ {
        let events = app.store.read_all(read.position, BATCH).await.map_err(log_away)?;
        read.more = events.len() == BATCH;
        seen += events.len();
        for event in &events {
            if read.items.len() == limit {
                read.more = true;
                return Ok(read);
            }
            read.position = event.position;
            read.items.extend(item(app, event, wanted));
        }
    }
    Ok(read)
}

fn item(app: &App, event: &Recorded, wanted: Option<&[&'static str]>) -> Option<ChangeItem> {
    let Recorded { stream, kind, data, position, .. } = event;
    let change = Change::of(stream, kind, data).unwrap_or_else(|error| {
        // The projections stop at it, and say so louder: here the next ones are of more use than none.
        tracing::error!(
            position,
            error = &error as &dyn std::error::Error,
            "an event cannot be told as a change"
        );
        None
    })?;
    if wanted.is_some_and(|it| !it.contains(&change.kind)) {
        return None;
    }
    Some(ChangeItem {
        id: event.id,
        position: PositionToken { log: app.log, position: *position }.to_string(),
        kind: change.kind,
        timestamp: event.meta.at,
        data: serde_json::to_value(&change.data).ok()?,
    })
}

/// Refuses what this log never had or has no more: what lies behind it is not what the client believes.
async fn position(app: &App, token: PositionToken) -> Result<Position, Problem> {
    let is_ours =
        token.log == app.log && token.position <= app.store.head().await.map_err(log_away)?;
    if is_ours {
        return Ok(token.position);
    }
    let detail = "the log was restored or exchanged since: begin again without `after`, and know by its id what you have";
    Err(Problem::new(POSITION_LOST, detail).at(
        Place::Parameter("after".to_owned()),
        "position-lost",
        detail,
    ))
}

fn kinds(types: &str) -> Result<Vec<&'static str>, Problem> {
    let known = |word: &str| KINDS.into_iter().find(|it| *it == word);
    types.split(',').map(|it| known(it).ok_or_else(unknown_type)).collect()
}

fn unknown_type() -> Problem {
    let detail = format!("one or more of {}, with commas between them, please", KINDS.join(", "));
    Problem::parameter("types", "unknown-value", detail)
}
