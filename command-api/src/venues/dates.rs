//! Single service dates of a venue: closed, or with hours of their own.
//!
//! The venue only announces. Of a day that is closed, the scheduler blocks each court-day on which somebody has booked, and
//! that gives everything back; hours of its own leave bookings alone.
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::VenueId;
use domain::policies::ServiceDate;
use domain::venues::VenueCommand;
use runtime::http::{Body, Parameters, ParsedPair};

use super::{HoursOnBody, ReasonBody, change, find};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::blocks::{self, ClosingShown};
use crate::if_match::IfMatch;
use crate::optional_body::OptionalBody;
use crate::reason;
use crate::refused::Refused;

/// Closes a service date, to the end of its night: nothing more is sold on it, and within seconds whoever has booked is
/// cancelled with everything paid back. `?dry_run=true` says beforehand whom that hits, and takes no `If-Match`.
#[utoipa::path(put, path = "/v1/venues/{id}/closures/{date}", operation_id = "close_venue_on", tag = "catalogue",
    security(("bearer" = [])),
    params(("id" = String, Path), ("date" = String, Path, description = "Service date, YYYY-MM-DD"),
        ("dry_run" = Option<bool>, Query),
        ("If-Match" = Option<String>, Header, description = "Required, except for a dry run"),
        ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<ReasonBody>,
    responses((status = 200, body = ClosingShown, description = "A dry run"), (status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such venue, or not yours"),
        (status = 409, description = "`too-many-dates`"), (status = 412, description = "`stale`"),
        (status = 422, description = "`invalid` with `too-short`, `too-long`, `control-character`"),
        (status = 428, description = "`if-match-required`")))]
pub async fn close_on(
    State(app): State<App>,
    caller: Caller,
    ParsedPair(id, ServiceDate(date)): ParsedPair<VenueId, ServiceDate>,
    mut parameters: Parameters,
    if_match: IfMatch,
    asked: Asked,
    OptionalBody { value, raw }: OptionalBody<ReasonBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageCatalogue)?;
    let dry_run = parameters.optional::<bool>("dry_run")?.unwrap_or(false);
    parameters.done()?;
    let command = asked.by(&caller);
    if dry_run {
        let venue = find(&app, &caller, &id).await?;
        let hit = blocks::closing(&app, (&id, &venue), date, &command).await?;
        return Ok(Answer::new(StatusCode::OK, hit));
    }
    let work = async {
        find(&app, &caller, &id).await?;
        let condition = if_match.required()?;
        let reason = reason::seal(&app, &caller, &command, value.reason).await?;
        change(&app, &id, condition, VenueCommand::CloseOn { date, reason }, &command).await
    };
    app.once(&command, &raw, work).await
}

/// Opens a closed service date again, with the hours it had.
#[utoipa::path(delete, path = "/v1/venues/{id}/closures/{date}", operation_id = "reopen_venue_on", tag = "catalogue",
    security(("bearer" = [])),
    params(("id" = String, Path), ("date" = String, Path, description = "Service date, YYYY-MM-DD"),
        ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such venue, or not yours"), (status = 412, description = "`stale`")))]
pub async fn reopen_on(
    State(app): State<App>,
    caller: Caller,
    ParsedPair(id, ServiceDate(date)): ParsedPair<VenueId, ServiceDate>,
    if_match: IfMatch,
    asked: Asked,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageCatalogue)?;
    let command = asked.by(&caller);
    let work = async {
        find(&app, &caller, &id).await?;
        change(&app, &id, if_match.optional(), VenueCommand::ReopenOn { date }, &command).await
    };
    app.once(&command, &[], work).await
}

/// Sets the hours of one service date, whatever the week says.
#[utoipa::path(put, path = "/v1/venues/{id}/hours/{date}", operation_id = "set_venue_hours_on", tag = "catalogue",
    security(("bearer" = [])),
    params(("id" = String, Path), ("date" = String, Path, description = "Service date, YYYY-MM-DD"),
        ("If-Match" = String, Header), ("Idempotency-Key" = Option<String>, Header)),
    request_body = HoursOnBody,
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such venue, or not yours"),
        (status = 409, description = "`too-many-dates`"), (status = 412, description = "`stale`"),
        (status = 422, description = "`invalid` with `across-service-day`, `too-short`, `too-long`, `control-character`"),
        (status = 428, description = "`if-match-required`")))]
pub async fn set_hours_on(
    State(app): State<App>,
    caller: Caller,
    ParsedPair(id, ServiceDate(date)): ParsedPair<VenueId, ServiceDate>,
    if_match: IfMatch,
    asked: Asked,
    Body { value, raw }: Body<HoursOnBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageCatalogue)?;
    let command = asked.by(&caller);
    let work = async {
        find(&app, &caller, &id).await?;
        let condition = if_match.required()?;
        let hours = value.hours();
        let reason = reason::seal(&app, &caller, &command, value.reason).await?;
        change(&app, &id, condition, VenueCommand::SetHoursOn { date, hours, reason }, &command)
            .await
    };
    app.once(&command, &raw, work).await
}

/// Gives a service date the hours of the week back.
#[utoipa::path(delete, path = "/v1/venues/{id}/hours/{date}", operation_id = "lift_venue_hours_on", tag = "catalogue",
    security(("bearer" = [])),
    params(("id" = String, Path), ("date" = String, Path, description = "Service date, YYYY-MM-DD"),
        ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such venue, or not yours"), (status = 412, description = "`stale`")))]
pub async fn lift_hours_on(
    State(app): State<App>,
    caller: Caller,
    ParsedPair(id, ServiceDate(date)): ParsedPair<VenueId, ServiceDate>,
    if_match: IfMatch,
    asked: Asked,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageCatalogue)?;
    let command = asked.by(&caller);
    let work = async {
        find(&app, &caller, &id).await?;
        change(&app, &id, if_match.optional(), VenueCommand::LiftHoursOn { date }, &command).await
    };
    app.once(&command, &[], work).await
}
