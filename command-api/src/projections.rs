//! `/v1/projections/{name}/…`: an operator asks, the projector does. See `domain/src/projections.rs`.
mod parked;
mod verify;
mod wishes;

use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::projections::{
    How, MAX_WORKERS, PROJECTIONS, ProjectionCommand, ProjectionRejection, ProjectionState, stream,
};
use runtime::Problem;
use runtime::http::{Parameters, Parsed, ParsedPair};
use runtime::problem::{Kind, NOT_FOUND};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::optional_body::OptionalBody;
use crate::reason;
use crate::refused::{Explain, Refused};

pub use parked::{__path_retry, __path_skip, retry, skip};
pub use verify::{__path_accept, __path_verify, accept, verify};
pub use wishes::{__path_drop_old, __path_pause, __path_resume, drop_old, pause, resume};

const REBUILD_RUNNING: Kind = Kind::conflict("rebuild-running", "A rebuild is under way");
const REBUILD_OVER: Kind = Kind::conflict("rebuild-over", "The rebuild is over");
const NOT_PARKED: Kind = Kind::conflict("not-parked", "The event is not parked");

pub const KINDS: &[Kind] = &[REBUILD_RUNNING, REBUILD_OVER, NOT_PARKED];

/// A rebuild that was asked for.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RebuildAsked {
    id: Uuid,
    projection: String,
}

/// How a projection is made anew.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RebuildBody {
    /// How many share the work, by what the rows belong to.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 8, default = 1)]
    workers: i64,
}

impl Default for RebuildBody {
    fn default() -> Self {
        Self { workers: one() }
    }
}

fn one() -> i64 {
    1
}

/// So many as may share a rebuild.
fn workers(asked: i64) -> Result<u8, Problem> {
    u8::try_from(asked).ok().filter(|it| (1..=MAX_WORKERS).contains(it)).ok_or_else(|| {
        let detail = format!("a rebuild is shared by 1 to {MAX_WORKERS} workers");
        Problem::invalid("workers", "out-of-range", detail)
    })
}

/// Asks for a projection to be built anew beside the live one, and switched when it has caught up.
#[utoipa::path(post, path = "/v1/projections/{name}/rebuilds", operation_id = "rebuild_projection", tag = "operations",
    security(("bearer" = [])), params(("name" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<RebuildBody>,
    responses((status = 202, body = RebuildAsked, headers(("Location" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such projection"),
        (status = 409, description = "`rebuild-running`; the detail has the id of the one that runs")))]
pub async fn rebuild(
    State(app): State<App>,
    caller: Caller,
    Parsed(name): Parsed<String>,
    asked: Asked,
    body: OptionalBody<RebuildBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Operate)?;
    known(&name)?;
    let how = How { workers: workers(body.value.workers)?, ..How::default() };
    let command = asked.by(&caller);
    let work = begin(&app, &name, how, false, &command);
    app.once(&command, &body.raw, work).await
}

async fn begin(
    app: &App,
    name: &str,
    how: How,
    accepts: bool,
    command: &Command,
) -> Result<Answer, Refused> {
    let rebuild = command.id;
    let request = ProjectionCommand::RequestRebuild { rebuild, how, accepts };
    ask(app, name, rebuild, request, command).await
}

/// Asks something of a rebuild; the answer shows where to follow it.
async fn ask(
    app: &App,
    name: &str,
    rebuild: Uuid,
    wish: ProjectionCommand,
    command: &Command,
) -> Result<Answer, Refused> {
    let done = app.execute::<ProjectionState>(&stream(name), wish, &command.meta).await?;
    let monitor = format!("/v1/projections/{name}/rebuilds/{rebuild}");
    let body = RebuildAsked { id: rebuild, projection: name.to_owned() };
    Ok(Answer::new(StatusCode::ACCEPTED, body)
        .location(&monitor)
        .position(app.token(done.position)))
}

/// Ends a rebuild that is under way. What it made is dropped, and the live build was never touched.
#[utoipa::path(delete, path = "/v1/projections/{name}/rebuilds/{id}", operation_id = "abort_rebuild", tag = "operations",
    security(("bearer" = [])),
    params(("name" = String, Path), ("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header),
        ("reason" = Option<String>, Query, description = "Why, for whoever looks later; no personal data")),
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such projection, or it was never asked for this rebuild"),
        (status = 409, description = "`rebuild-over`: its build is live already")))]
pub async fn abort(
    State(app): State<App>,
    caller: Caller,
    ParsedPair(name, rebuild): ParsedPair<String, Uuid>,
    mut parameters: Parameters,
    asked: Asked,
) -> Result<Answer, Refused> {
    caller.may(Permission::Operate)?;
    known(&name)?;
    let reason: Option<String> = parameters.optional("reason")?;
    parameters.done()?;
    let reason = reason.unwrap_or_else(|| "an operator ended it".to_owned());
    reason::check(&reason)?;
    let command = asked.by(&caller);
    let work = async {
        let abort = ProjectionCommand::Abort { rebuild, reason: reason.trim().to_owned() };
        app.carry_out::<ProjectionState>(&stream(&name), abort, &command.meta).await
    };
    app.once(&command, &[], work).await
}

fn known(name: &str) -> Result<(), Problem> {
    if PROJECTIONS.contains(&name) {
        return Ok(());
    }
    Err(Problem::new(NOT_FOUND, "there is no projection of this name"))
}

impl Explain for ProjectionRejection {
    fn explain(&self) -> Problem {
        match self {
            Self::RebuildRunning { rebuild } => {
                Problem::new(REBUILD_RUNNING, format!("rebuild {rebuild} is under way"))
            }
            Self::NotParked { event } => {
                Problem::new(NOT_PARKED, format!("event {event} is not parked here"))
            }
            Self::UnknownRebuild => Problem::new(NOT_FOUND, "there is no such rebuild"),
            Self::RebuildOver => Problem::new(REBUILD_OVER, "its build is the live one"),
            Self::RebuildAborted => Problem::new(REBUILD_OVER, "it was ended without a switch"),
        }
    }
}
