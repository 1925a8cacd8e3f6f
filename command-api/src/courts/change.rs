//! What becomes of a court that is there.
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::courts::{Court, CourtCommand, CourtState};
use domain::ids::CourtCode;
use domain::policies::{self, ServiceDate};
use domain::venues::{Venue, VenueState};
use jiff::civil::Date;
use runtime::Problem;
use runtime::http::{Body, Parameters, Parsed};
use runtime::problem::NOT_FOUND;

use super::{PatchBody, PricesBody, RetireBody, ReturnBody};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::blocks::{self, ClosingShown};
use crate::if_match::{Condition, IfMatch};
use crate::merge_patch::MergePatch;
use crate::optional_body::OptionalBody;
use crate::reason;
use crate::refused::{Refused, broken};

/// Describes a court anew: what is left out stays.
#[utoipa::path(patch, path = "/v1/courts/{code}", operation_id = "describe_court", tag = "catalogue",
    security(("bearer" = [])),
    params(("code" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = PatchBody, content_type = "application/merge-patch+json"),
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such court, or not yours"),
        (status = 412, description = "`stale`"),
        (status = 415, description = "`unsupported-media-type`", headers(("Accept-Patch" = String))),
        (status = 422, description = "`invalid` with `bad-name`"), (status = 428, description = "`if-match-required`")))]
pub async fn describe(
    State(app): State<App>,
    caller: Caller,
    Parsed(code): Parsed<CourtCode>,
    if_match: IfMatch,
    asked: Asked,
    MergePatch { value, raw }: MergePatch<PatchBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageCatalogue)?;
    let command = asked.by(&caller);
    let work = async {
        find(&app, &caller, &code).await?;
        let PatchBody { name, kind, surface, indoor } = value;
        let describe = CourtCommand::Describe { name, kind, surface, indoor };
        change(&app, &code, if_match.required()?, describe, &command).await
    };
    app.once(&command, &raw, work).await
}

/// Sets what a court costs from a service date on: today's, if none is named. Later dates already set stay as they are,
/// and bookings keep their price.
#[utoipa::path(put, path = "/v1/courts/{code}/prices", operation_id = "set_court_prices", tag = "catalogue",
    security(("bearer" = [])),
    params(("code" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = Option<String>, Header)),
    request_body = PricesBody,
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such court, or not yours"),
        (status = 409, description = "`too-many-dates`"), (status = 412, description = "`stale`"),
        (status = 422, description = "`invalid` with a pointer to what cannot be meant"),
        (status = 428, description = "`if-match-required`")))]
pub async fn set_prices(
    State(app): State<App>,
    caller: Caller,
    Parsed(code): Parsed<CourtCode>,
    if_match: IfMatch,
    asked: Asked,
    Body { value, raw }: Body<PricesBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageCatalogue)?;
    let command = asked.by(&caller);
    let work = async {
        let court = find(&app, &caller, &code).await?;
        let condition = if_match.required()?;
        let from = Some(date_or_today(&app, &court, value.from, &command).await?);
        let price = CourtCommand::Price { from, prices: value.into() };
        change(&app, &code, condition, price, &command).await
    };
    app.once(&command, &raw, work).await
}

/// Takes a court out of service from a service date on. Nobody gets it any more, and within seconds whoever has booked it
/// is cancelled with everything paid back. `?dry_run=true` says beforehand whom that hits.
#[utoipa::path(post, path = "/v1/courts/{code}/retire", operation_id = "retire_court", tag = "catalogue",
    security(("bearer" = [])),
    params(("code" = String, Path), ("dry_run" = Option<bool>, Query),
        ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<RetireBody>,
    responses((status = 200, body = ClosingShown, description = "A dry run"), (status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such court, or not yours"),
        (status = 409, description = "`too-many-dates`"), (status = 412, description = "`stale`"),
        (status = 422, description = "`invalid` with `too-short`, `too-long`, `control-character`")))]
pub async fn retire(
    State(app): State<App>,
    caller: Caller,
    Parsed(code): Parsed<CourtCode>,
    mut parameters: Parameters,
    if_match: IfMatch,
    asked: Asked,
    OptionalBody { value, raw }: OptionalBody<RetireBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageCatalogue)?;
    let dry_run = parameters.optional::<bool>("dry_run")?.unwrap_or(false);
    parameters.done()?;
    let command = asked.by(&caller);
    if dry_run {
        let court = find(&app, &caller, &code).await?;
        let venue = venue_of(&app, &court).await?;
        let today = || policies::service_date(&venue, command.at);
        let from = value.from.map_or_else(today, |it| it.0);
        let hit = blocks::retiring(&app, (&court.venue, &venue), &code, from, &command).await?;
        return Ok(Answer::new(StatusCode::OK, hit));
    }
    let work = async {
        let court = find(&app, &caller, &code).await?;
        let from = date_or_today(&app, &court, value.from, &command).await?;
        let reason = reason::seal(&app, &caller, &command, value.reason).await?;
        let retire = CourtCommand::Retire { from, reason };
        change(&app, &code, if_match.optional(), retire, &command).await
    };
    app.once(&command, &raw, work).await
}

/// Brings a court back into service from a service date on.
#[utoipa::path(post, path = "/v1/courts/{code}/return", operation_id = "return_court", tag = "catalogue",
    security(("bearer" = [])),
    params(("code" = String, Path), ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<ReturnBody>,
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such court, or not yours"),
        (status = 409, description = "`too-many-dates`"), (status = 412, description = "`stale`")))]
pub async fn bring_back(
    State(app): State<App>,
    caller: Caller,
    Parsed(code): Parsed<CourtCode>,
    if_match: IfMatch,
    asked: Asked,
    OptionalBody { value, raw }: OptionalBody<ReturnBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageCatalogue)?;
    let command = asked.by(&caller);
    let work = async {
        let court = find(&app, &caller, &code).await?;
        let from = date_or_today(&app, &court, value.from, &command).await?;
        change(&app, &code, if_match.optional(), CourtCommand::Return { from }, &command).await
    };
    app.once(&command, &raw, work).await
}

/// A court of a venue whose catalogue is the caller's.
async fn find(app: &App, caller: &Caller, code: &CourtCode) -> Result<Court, Problem> {
    let found = app.load::<CourtState>(&code.stream()).await?.state.0;
    let unknown = || Problem::new(NOT_FOUND, format!("you run no court {code}"));
    found.filter(|it| caller.reaches(&it.venue)).ok_or_else(unknown)
}

/// The date named, or the venue's today.
async fn date_or_today(
    app: &App,
    court: &Court,
    named: Option<ServiceDate>,
    command: &Command,
) -> Result<Date, Problem> {
    if let Some(ServiceDate(date)) = named {
        return Ok(date);
    }
    Ok(policies::service_date(&venue_of(app, court).await?, command.at))
}

async fn venue_of(app: &App, court: &Court) -> Result<Venue, Problem> {
    app.load::<VenueState>(&court.venue.stream()).await?.state.0.ok_or_else(broken)
}

async fn change(
    app: &App,
    code: &CourtCode,
    condition: Condition,
    change: CourtCommand,
    command: &Command,
) -> Result<Answer, Refused> {
    app.change::<CourtState>(condition, &code.stream(), change, &command.meta).await
}
