//! `/v1/venues`: open one, name it anew, set its hours and its rules of sale. See `domain/src/venues.rs`.
mod body;
mod dates;

use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::VenueId;
use domain::policies::{self, Fault};
use domain::venues::{Venue, VenueCommand, VenueRejection, VenueState};
use runtime::Problem;
use runtime::http::{Body, Parsed};
use runtime::problem::{FORBIDDEN, INVALID, Kind, NOT_FOUND, Place};

use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::if_match::{Condition, IfMatch};
use crate::merge_patch::MergePatch;
use crate::refused::{Explain, Refused, broken};

pub use body::{HoursBody, HoursOnBody, OpenBody, PatchBody, PolicyBody, ReasonBody, VenueBody};
pub(crate) use dates::{
    __path_close_on, __path_lift_hours_on, __path_reopen_on, __path_set_hours_on,
};
pub use dates::{close_on, lift_hours_on, reopen_on, set_hours_on};

const VENUE_EXISTS: Kind = Kind::conflict("venue-exists", "The venue's id is taken");
pub const TOO_MANY_DATES: Kind = Kind::conflict("too-many-dates", "No more dates fit");

pub const KINDS: &[Kind] = &[VENUE_EXISTS, TOO_MANY_DATES];

/// Opens a venue. Zone and start of day are for ever: they say to which day an hour belongs.
#[utoipa::path(post, path = "/v1/venues", operation_id = "open_venue", tag = "catalogue",
    security(("bearer" = [])), params(("Idempotency-Key" = Option<String>, Header)),
    request_body = OpenBody,
    responses((status = 201, body = VenueBody, headers(("Location" = String), ("ETag" = String), ("Courtside-Position" = String))),
        (status = 409, description = "`venue-exists`"),
        (status = 422, description = "`invalid` with `unknown-zone`, `bad-name`, `bad-value`")))]
pub async fn open(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { value, raw }: Body<OpenBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageCatalogue)?;
    if !caller.reaches(&value.id) {
        return Err(Problem::new(FORBIDDEN, "staff may open the venues they are named for").into());
    }
    let command = asked.by(&caller);
    let work = async {
        let OpenBody { id, name, zone, day_starts_at } = value;
        let open = VenueCommand::Open { name, zone, day_starts_at: day_starts_at.0 };
        let done = app.execute::<VenueState>(&id.stream(), open, &command.meta).await?;
        let answer = show(&id, done.state, done.revision)?;
        Ok(answer.location(&format!("/v1/venues/{id}")).position(app.token(done.position)))
    };
    app.once(&command, &raw, work).await
}

/// Gives a venue another name.
#[utoipa::path(patch, path = "/v1/venues/{id}", operation_id = "describe_venue", tag = "catalogue",
    security(("bearer" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = PatchBody, content_type = "application/merge-patch+json"),
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such venue, or not yours"),
        (status = 412, description = "`stale`"),
        (status = 415, description = "`unsupported-media-type`", headers(("Accept-Patch" = String))),
        (status = 422, description = "`invalid` with `bad-name`"), (status = 428, description = "`if-match-required`")))]
pub async fn describe(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<VenueId>,
    if_match: IfMatch,
    asked: Asked,
    MergePatch { value, raw }: MergePatch<PatchBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageCatalogue)?;
    let command = asked.by(&caller);
    let work = async {
        let venue = find(&app, &caller, &id).await?;
        let name = value.name.unwrap_or(venue.name);
        change(&app, &id, if_match.required()?, VenueCommand::Rename { name }, &command).await
    };
    app.once(&command, &raw, work).await
}

/// Sets the weekly hours from a service date on: today's, if none is named. Later dates already set stay as they are, and
/// so do bookings.
#[utoipa::path(put, path = "/v1/venues/{id}/hours", operation_id = "set_venue_hours", tag = "catalogue",
    security(("bearer" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = Option<String>, Header)),
    request_body = HoursBody,
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such venue, or not yours"),
        (status = 409, description = "`too-many-dates`"), (status = 412, description = "`stale`"),
        (status = 422, description = "`invalid` with `across-service-day`"),
        (status = 428, description = "`if-match-required`")))]
pub async fn set_hours(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<VenueId>,
    if_match: IfMatch,
    asked: Asked,
    Body { value, raw }: Body<HoursBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageCatalogue)?;
    let command = asked.by(&caller);
    let work = async {
        let venue = find(&app, &caller, &id).await?;
        let today = || policies::service_date(&venue, command.at);
        let from = value.from.map_or_else(today, |it| it.0);
        let hours = VenueCommand::SetHours { from, week: value.week.into() };
        change(&app, &id, if_match.required()?, hours, &command).await
    };
    app.once(&command, &raw, work).await
}

/// Sets the rules of sale, all of them: what is left out gets its default. Bookings made before keep their terms.
#[utoipa::path(put, path = "/v1/venues/{id}/policy", operation_id = "set_venue_policy", tag = "catalogue",
    security(("bearer" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = Option<String>, Header)),
    request_body = PolicyBody,
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such venue, or not yours"),
        (status = 412, description = "`stale`"),
        (status = 422, description = "`invalid` with a pointer to what cannot be meant"),
        (status = 428, description = "`if-match-required`")))]
pub async fn set_policy(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<VenueId>,
    if_match: IfMatch,
    asked: Asked,
    Body { value, raw }: Body<PolicyBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageCatalogue)?;
    let command = asked.by(&caller);
    let work = async {
        find(&app, &caller, &id).await?;
        let policy = VenueCommand::SetPolicy { policy: value.into() };
        change(&app, &id, if_match.required()?, policy, &command).await
    };
    app.once(&command, &raw, work).await
}

async fn change(
    app: &App,
    id: &VenueId,
    condition: Condition,
    change: VenueCommand,
    command: &Command,
) -> Result<Answer, Refused> {
    app.change::<VenueState>(condition, &id.stream(), change, &command.meta).await
}

/// A venue that the caller is for: at its desk or for its catalogue, as the route has asked.
pub async fn find(app: &App, caller: &Caller, id: &VenueId) -> Result<Venue, Problem> {
    let found = app.load::<VenueState>(&id.stream()).await?.state.0;
    let unknown = || Problem::new(NOT_FOUND, format!("you run no venue {id}"));
    found.filter(|_| caller.reaches(id)).ok_or_else(unknown)
}

fn show(id: &VenueId, state: VenueState, revision: Option<u64>) -> Result<Answer, Problem> {
    match (state.0, revision) {
        (Some(venue), Some(revision)) => {
            Ok(Answer::new(StatusCode::CREATED, VenueBody::new(id, venue)).revision(revision))
        }
        _ => Err(broken()),
    }
}

impl Explain for VenueRejection {
    fn explain(&self) -> Problem {
        let invalid = |field, code| Problem::invalid(field, code, self.to_string());
        match self {
            Self::UnknownVenue => Problem::new(NOT_FOUND, self.to_string()),
            Self::VenueExists => Problem::new(VENUE_EXISTS, self.to_string()),
            Self::UnknownZone => invalid("zone", "unknown-zone"),
            Self::BadName => invalid("name", "bad-name"),
            Self::HoursAcrossServiceDay { field } => invalid(field, "across-service-day"),
            Self::TooManyDates => Problem::new(TOO_MANY_DATES, self.to_string()),
            Self::Policy(fault) => explain_fault(fault, ""),
        }
    }
}

/// A venue that a body names and that nobody opened.
pub fn unknown(id: &VenueId) -> Problem {
    Problem::invalid("venue", "unknown-venue", format!("there is no venue {id}"))
}

/// A policy or a price list that cannot be meant; `within` is the pointer of the object it came in.
pub fn explain_fault(fault: &Fault, within: &str) -> Problem {
    let place = Place::Pointer(format!("#{within}{}", fault.field));
    Problem::new(INVALID, fault.why).at(place, "bad-value", fault.why)
}
