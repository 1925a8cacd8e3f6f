//! `/v1/projections/{name}/parked`: events that could not be applied. What they say is nobody's business here.
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use event_store::Position;
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::{Parameters, Parsed};
use runtime::problem::NOT_FOUND;
use serde::Serialize;

use crate::App;
use crate::pages::{Page, Paging};
use crate::snapshot::{MinPosition, away};

/// An event that could not be applied, or that waits behind one.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ParkedEvent {
    pub version: i32,
    #[schema(value_type = u64)]
    pub position: Position,
    pub event: uuid::Uuid,
    pub stream: String,
    pub kind: String,
    /// Whose rows it would change. What is of another key goes on.
    pub key: String,
    /// `parked`: it can be retried or skipped; `behind`: it waits for the parked one of its key; `failed`: a rebuild ended
    /// at it, and the next one will unless it is skipped.
    pub state: String,
    /// Why it could not be applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub parked_at: Timestamp,
}

/// Lists what a projection could not apply, in the log's order.
#[utoipa::path(get, path = "/v1/projections/{name}/parked", operation_id = "list_parked", tag = "projections",
    security(("bearer" = [])),
    params(("name" = String, Path), ("key" = Option<String>, Query, description = "Only what is of this key"),
        ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<ParkedEvent>), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    Parsed(name): Parsed<String>,
    uri: Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    caller.may(Permission::Operate)?;
    let key: Option<String> = parameters.optional("key")?;
    let paging = Paging::<(i32, i64)>::take(&mut parameters)?;
    parameters.done()?;
    let mut snapshot = app.snapshot(&wanted, &[]).await?;
    let known = sqlx::query_file_scalar!("src/projections/known.sql", name)
        .fetch_one(&mut *snapshot.tx)
        .await
        .map_err(away)?;
    if !known {
        return Err(Problem::new(NOT_FOUND, "there is no projection of this name"));
    }
    let (after_build, after_position) = paging.after.unzip();
    let rows = sqlx::query_file!(
        "src/projections/parked.sql",
        name,
        key,
        after_build,
        after_position,
        paging.fetch()
    )
    .fetch_all(&mut *snapshot.tx)
    .await
    .map_err(away)?;
    let items = rows
        .into_iter()
        .map(|it| ParkedEvent {
            version: it.build,
            position: Position::try_from(it.position).unwrap_or_default(),
            event: it.event,
            stream: it.stream,
            kind: it.kind,
            key: it.key,
            state: state(it.is_live, it.error.is_some()).to_owned(),
            error: it.error,
            parked_at: it.parked_at.to_jiff(),
        })
        .collect();
    let place = |it: &ParkedEvent| (it.version, it.position.cast_signed());
    Ok(snapshot.seen.on(paging.page(&uri, items, place)))
}

fn state(is_live: bool, is_culprit: bool) -> &'static str {
    match (is_live, is_culprit) {
        (true, true) => "parked",
        (true, false) => "behind",
        (false, _) => "failed",
    }
}
