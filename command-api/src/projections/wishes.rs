//! `/v1/projections/{name}/pause`, `…/resume`, `…/drop-old`: what an operator wants of a projection as a whole.
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::projections::{ProjectionCommand, ProjectionState, stream};
use runtime::http::{Body, Parsed};
use serde::{Deserialize, Serialize};

use super::known;
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::bookings::NoBody;
use crate::optional_body::OptionalBody;
use crate::reason;
use crate::refused::Refused;

/// What was asked of a projection. A projector does it within a moment.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProjectionAsked {
    projection: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseBody {
    /// Why, for whoever looks later: up to 500 characters. It is recorded for ever: no personal data.
    reason: String,
}

/// Lets a projection rest: it neither follows the log nor is rebuilt until it is resumed, and shows what it has.
#[utoipa::path(post, path = "/v1/projections/{name}/pause", operation_id = "pause_projection", tag = "operations",
    security(("bearer" = [])), params(("name" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = PauseBody,
    responses((status = 202, body = ProjectionAsked, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such projection"),
        (status = 422, description = "`invalid`: the reason")))]
pub async fn pause(
    State(app): State<App>,
    caller: Caller,
    Parsed(name): Parsed<String>,
    asked: Asked,
    Body { value, raw }: Body<PauseBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Operate)?;
    known(&name)?;
    reason::check(&value.reason)?;
    let pause = ProjectionCommand::Pause { reason: value.reason.trim().to_owned() };
    ask(&app, &caller, &name, pause, &asked, &raw).await
}

/// Lets a paused projection go on from where it is.
#[utoipa::path(post, path = "/v1/projections/{name}/resume", operation_id = "resume_projection", tag = "operations",
    security(("bearer" = [])), params(("name" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 202, body = ProjectionAsked, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such projection")))]
pub async fn resume(
    State(app): State<App>,
    caller: Caller,
    Parsed(name): Parsed<String>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Operate)?;
    known(&name)?;
    ask(&app, &caller, &name, ProjectionCommand::Resume, &asked, &body.raw).await
}

/// Drops the build that was live before, which is kept in case the present one turns out wrong.
#[utoipa::path(post, path = "/v1/projections/{name}/drop-old", operation_id = "drop_old_builds", tag = "operations",
    security(("bearer" = [])), params(("name" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 202, body = ProjectionAsked, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such projection")))]
pub async fn drop_old(
    State(app): State<App>,
    caller: Caller,
    Parsed(name): Parsed<String>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Operate)?;
    known(&name)?;
    ask(&app, &caller, &name, ProjectionCommand::DropOld, &asked, &body.raw).await
}

async fn ask(
    app: &App,
    caller: &Caller,
    name: &str,
    wish: ProjectionCommand,
    asked: &Asked,
    raw: &[u8],
) -> Result<Answer, Refused> {
    let command = asked.by(caller);
    let stream = stream(name);
    let answer = |position| {
        let body = ProjectionAsked { projection: name.to_owned() };
        Answer::new(StatusCode::ACCEPTED, body).position(app.token(position))
    };
    // Resumed since, it is not paused by a repetition; nor is a build dropped that was live when the first was obeyed.
    let work = async {
        let done = app.obey::<ProjectionState>(&stream, wish, &command, |_| true).await?;
        Ok(answer(done.position))
    };
    let show = async { Ok(answer(app.as_it_is::<ProjectionState>(&stream).await?.position)) };
    app.once_or_show(&command, raw, work, show).await
}
