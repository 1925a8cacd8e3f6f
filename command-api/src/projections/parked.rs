//! `/v1/projections/{name}/parked/{event}/…`: an event that could not be applied is tried again, or given up.
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::projections::{ProjectionCommand, ProjectionState, stream};
use runtime::http::{Body, ParsedPair};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::known;
use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::bookings::{NoBody, models_away};
use crate::optional_body::OptionalBody;
use crate::reason;
use crate::refused::Refused;

/// What was asked for an event. A projector does it within a moment.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ParkedAsked {
    event: Uuid,
    projection: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SkipBody {
    /// Why, for whoever looks later: up to 500 characters. It is recorded for ever: no personal data.
    reason: String,
}

/// Has a parked event tried again, and what waits behind it.
#[utoipa::path(post, path = "/v1/projections/{name}/parked/{event}/retry", operation_id = "retry_parked", tag = "operations",
    security(("bearer" = [])),
    params(("name" = String, Path), ("event" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 202, body = ParkedAsked, headers(("Location" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such projection"),
        (status = 409, description = "`not-parked`")))]
pub async fn retry(
    State(app): State<App>,
    caller: Caller,
    ParsedPair(name, event): ParsedPair<String, Uuid>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Operate)?;
    known(&name)?;
    let command = asked.by(&caller);
    let work = async {
        let is_parked = is_parked(&app, &name, event).await?;
        let retry = ProjectionCommand::Retry { retry: command.id, event, is_parked };
        execute(&app, &name, event, retry, &command).await
    };
    app.once(&command, &body.raw, work).await
}

/// Gives a parked event up, in every build from now on; what waits behind it goes on.
#[utoipa::path(post, path = "/v1/projections/{name}/parked/{event}/skip", operation_id = "skip_parked", tag = "operations",
    security(("bearer" = [])),
    params(("name" = String, Path), ("event" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = SkipBody,
    responses((status = 202, body = ParkedAsked, headers(("Location" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such projection"),
        (status = 409, description = "`not-parked`"),
        (status = 422, description = "`invalid`: the reason")))]
pub async fn skip(
    State(app): State<App>,
    caller: Caller,
    ParsedPair(name, event): ParsedPair<String, Uuid>,
    asked: Asked,
    Body { value, raw }: Body<SkipBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Operate)?;
    known(&name)?;
    reason::check(&value.reason)?;
    let command = asked.by(&caller);
    let work = async {
        let is_parked = is_parked(&app, &name, event).await?;
        let reason = value.reason.trim().to_owned();
        let skip = ProjectionCommand::Skip { event, reason, is_parked };
        execute(&app, &name, event, skip, &command).await
    };
    app.once(&command, &raw, work).await
}

async fn execute(
    app: &App,
    name: &str,
    event: Uuid,
    asked: ProjectionCommand,
    command: &Command,
) -> Result<Answer, Refused> {
    let done = app.execute::<ProjectionState>(&stream(name), asked, &command.meta).await?;
    let body = ParkedAsked { event, projection: name.to_owned() };
    Ok(Answer::new(StatusCode::ACCEPTED, body)
        .location(&format!("/v1/projections/{name}/parked"))
        .position(app.token(done.position)))
}

/// Only a build knows, and it may be a moment further: what was not parked any more when it comes there is a retry of
/// nothing, or a skip that only later builds honour.
async fn is_parked(app: &App, name: &str, event: Uuid) -> Result<bool, Refused> {
    let found = sqlx::query_file_scalar!("src/projections/parked.sql", name, event)
        .fetch_one(&app.read)
        .await
        .map_err(|error| models_away(&error, "what is parked"))?;
    Ok(found)
}
