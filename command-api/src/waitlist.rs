//! `/v1/waitlist`: who finds no free court waits for one. The scheduler offers: see `domain/src/waitlist.rs`.
mod rejection;

use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::courts::CourtState;
use domain::ids::{CourtCode, VenueId};
use domain::policies;
use domain::venues::{Venue, VenueState};
use domain::waitlist::{Join, WaitingId, Waitlist, WaitlistCommand, Wish};
use jiff::Timestamp;
use jiff::civil::Date;
use runtime::Problem;
use runtime::http::{Body, Parsed};
use runtime::problem::NOT_FOUND;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::refused::Refused;
use crate::venues;

pub use rejection::KINDS;

/// A time that somebody would play at, if a court were free.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinBody {
    #[schema(value_type = String, example = "riverside")]
    venue: VenueId,
    /// RFC 3339 with an offset. `from` and `to` lie on one service day.
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-22T18:00:00+01:00")]
    from: Timestamp,
    /// By when play has to be over.
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-22T21:00:00+01:00")]
    to: Timestamp,
    /// How long to play, anywhere between the two.
    #[schema(example = 60)]
    minutes: u32,
    /// Only this court, by its code.
    #[schema(value_type = Option<String>, example = "7FK2")]
    court: Option<CourtCode>,
    kind: Option<String>,
    surface: Option<String>,
    indoor: Option<bool>,
}

/// Somebody's place on a waitlist.
#[derive(Serialize, utoipa::ToSchema)]
pub struct JoinedWaitlist {
    #[schema(value_type = String, example = "2026-11-22-riverside-9X3M2KQD")]
    id: WaitingId,
    venue: String,
    /// The service date.
    #[schema(value_type = String, format = Date)]
    date: Date,
}

/// Joins the waitlist of a venue's day.
///
/// When a place becomes free that fits, whoever has waited longest for one like it is offered it: it is held for them as
/// any hold is, and a mail says until when. Confirming the booking accepts; who does nothing is passed over, and waits on
/// for another, three times at the most. Repeated with the same key, this answers the same.
#[utoipa::path(post, path = "/v1/waitlist", operation_id = "join_waitlist", tag = "bookings",
    security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters, new for each wish")),
    request_body = JoinBody,
    responses(
        (status = 201, body = JoinedWaitlist, headers(("Courtside-Position" = String))),
        (status = 409, description = "`already-waiting`, `waitlist-full`, `still-running`"),
        (status = 422, description = "`invalid` with a pointer and a code: `unknown-venue`, `unknown-court`, `court-retired`, \
            `end-before-start`, `outside-day`, `too-short`, `too-long`, `nothing-fits`, `outside-hours`, `in-the-past`, \
            `too-far-ahead`, `malformed`; `idempotency-key-reused`")))]
pub async fn join(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { value, raw }: Body<JoinBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let user = caller.person()?.user;
    asked.require_key()?;
    let command = asked.by(&caller);
    let work = async {
        let venue = find_venue(&app, &value.venue).await?;
        let date = policies::service_date(&venue, value.from);
        if let Some(code) = &value.court {
            check_court(&app, &value.venue, code, date).await?;
        }
        let JoinBody { venue: id, from, to, minutes, court, kind, surface, indoor } = value;
        let wish = Wish { from, to, minutes, court, kind, surface, indoor };
        let waiting = WaitingId::derive(date, id.clone(), command.id);
        let join = Join { waiting: waiting.clone(), user, wish, venue, at: command.at };
        let join = WaitlistCommand::Join(Box::new(join));
        let done = app.execute::<Waitlist>(&waiting.stream(), join, &command.meta).await?;
        let joined = JoinedWaitlist { id: waiting, venue: id.to_string(), date };
        Ok(Answer::new(StatusCode::CREATED, joined).position(app.token(done.position)))
    };
    app.once(&command, &raw, work).await
}

/// Leaves a waitlist.
///
/// A place that is just offered stays held until it is released or its time is over.
#[utoipa::path(delete, path = "/v1/waitlist/{id}", operation_id = "leave_waitlist", tag = "bookings",
    security(("bearer" = [])), params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: nobody waits under this id, or somebody else")))]
pub async fn leave(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<WaitingId>,
    asked: Asked,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let command = asked.by(&caller);
    app.once(&command, &[], leave_as(&app, &caller, &command, &id)).await
}

async fn leave_as(
    app: &App,
    caller: &Caller,
    command: &Command,
    id: &WaitingId,
) -> Result<Answer, Refused> {
    let list = app.load::<Waitlist>(&id.stream()).await?.state;
    let own = caller.person()?.user;
    if list.find(id).is_none_or(|it| it.user != own) {
        return Err(Problem::new(NOT_FOUND, format!("you do not wait as {id}")).into());
    }
    let leave = WaitlistCommand::Leave { waiting: id.clone() };
    app.carry_out::<Waitlist>(&id.stream(), leave, &command.meta).await
}

async fn find_venue(app: &App, id: &VenueId) -> Result<Venue, Problem> {
    let venue = app.fact::<VenueState>(&id.stream()).await?.state.0;
    venue.ok_or_else(|| venues::unknown(id))
}

/// A court that could never be offered is not waited for.
async fn check_court(
    app: &App,
    venue: &VenueId,
    code: &CourtCode,
    date: Date,
) -> Result<(), Problem> {
    let wrong = |reason, detail: String| Err(Problem::invalid("court", reason, detail));
    match app.fact::<CourtState>(&code.stream()).await?.state.0 {
        Some(court) if court.venue == *venue && court.is_retired_on(date) => {
            wrong("court-retired", format!("court {code} is out of service on that day"))
        }
        Some(court) if court.venue == *venue => Ok(()),
        Some(_) | None => wrong("unknown-court", format!("there is no court {code} at {venue}")),
    }
}
