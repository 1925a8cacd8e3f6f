//! `/v1/projections/{name}/verify`, `…/rebuilds/{id}/accept`: a new build compared with the live one.
use access::{Caller, Permission};
use axum::extract::State;
use domain::projections::{How, ProjectionCommand};
use runtime::http::{Parsed, ParsedPair};
use serde::Deserialize;
use uuid::Uuid;

use super::{RebuildAsked, ask, begin, known, one, workers};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::bookings::NoBody;
use crate::optional_body::OptionalBody;
use crate::refused::Refused;

/// What a comparison may come to.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VerifyProjectionBody)]
pub struct VerifyBody {
    /// How many share the work, by what the rows belong to.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 8, default = 1)]
    workers: i64,
    /// Switches to the new build even where it differs.
    #[serde(default)]
    accept: bool,
}

impl Default for VerifyBody {
    fn default() -> Self {
        Self { workers: one(), accept: false }
    }
}

/// Asks for a projection to be built anew and compared with the live build where both are at one position. It is switched to
/// if they are the same. Else it stands beside the live one, its monitor shows the differences, and it is accepted or aborted.
#[utoipa::path(post, path = "/v1/projections/{name}/verify", operation_id = "verify_projection", tag = "operations",
    security(("bearer" = [])), params(("name" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<VerifyBody>,
    responses((status = 202, body = RebuildAsked, headers(("Location" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such projection"),
        (status = 409, description = "`rebuild-running`; the detail has the id of the one that runs")))]
pub async fn verify(
    State(app): State<App>,
    caller: Caller,
    Parsed(name): Parsed<String>,
    asked: Asked,
    body: OptionalBody<VerifyBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Operate)?;
    known(&name)?;
    let how = How { workers: workers(body.value.workers)?, verifies: true };
    let command = asked.by(&caller);
    let work = begin(&app, &name, how, body.value.accept, &command);
    app.once(&command, &body.raw, work).await
}

/// Lets a build be switched to that differs from the live one, or that will.
#[utoipa::path(post, path = "/v1/projections/{name}/rebuilds/{id}/accept", operation_id = "accept_differences", tag = "operations",
    security(("bearer" = [])),
    params(("name" = String, Path), ("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 202, body = RebuildAsked, headers(("Location" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such projection, or it was never asked for this rebuild"),
        (status = 409, description = "`rebuild-over`: it was ended without a switch")))]
pub async fn accept(
    State(app): State<App>,
    caller: Caller,
    ParsedPair(name, rebuild): ParsedPair<String, Uuid>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Operate)?;
    known(&name)?;
    let command = asked.by(&caller);
    let accept = ProjectionCommand::Accept { rebuild };
    let work = ask(&app, &name, rebuild, accept, &command);
    app.once(&command, &body.raw, work).await
}
