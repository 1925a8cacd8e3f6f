//! `/v1/bookings`: hold a court, confirm, release, cancel. See `domain/src/bookings.rs` for the rules.
mod rejection;
mod shown;

use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::bookings::{BookingCommand, By, Canceller, CourtDay, Hold, Holder, Place as CourtTime};
use domain::courts::CourtState;
use domain::ids::{BookingId, CourtCode};
use domain::policies;
use domain::venues::VenueState;
use event_store::{Done, ExecuteError};
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::{Body, Parsed};
use runtime::problem::{INVALID, NOT_FOUND, Place};
use serde::Deserialize;
use tokio::time::Instant;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::metrics::millis_since;
use crate::optional_body::OptionalBody;
use crate::refused::{Refused, broken, failed};

pub use rejection::KINDS;
pub use shown::Booking;

/// A place on a court.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldBody {
    /// The court's code.
    #[schema(value_type = String, example = "7FK2")]
    court: CourtCode,
    /// RFC 3339 with an offset, on the venue's grid.
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-22T18:00:00+01:00")]
    starts_at: Timestamp,
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-22T19:00:00+01:00")]
    ends_at: Timestamp,
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmBody {
    /// Names the payment where it was made; at most 100 visible characters.
    payment_reference: Option<String>,
}

/// Nothing has to be said.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoBody {}

const REFERENCE_CHARS: usize = 100;

/// Holds a court for a while.
///
/// The place is yours until `expires_at`, and for good once it is confirmed. Repeated with the same key, this
/// answers with the same booking as it is now.
#[utoipa::path(post, path = "/v1/bookings", operation_id = "hold_court", tag = "bookings",
    security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters, new for each booking")),
    request_body = HoldBody,
    responses(
        (status = 201, body = Booking, headers(("Location" = String), ("ETag" = String), ("Courtside-Position" = String))),
        (status = 409, description = "`slot-taken`, `blocked`, `still-running`"),
        (status = 422, description = "`invalid` with a pointer and a code: `unknown-court`, `off-grid`, `too-short`, \
            `too-long`, `outside-hours`, `in-the-past`, `too-far-ahead`, `end-before-start`; `idempotency-key-reused`")))]
pub async fn hold(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { value, raw }: Body<HoldBody>,
) -> Result<Answer, Refused> {
    let began = Instant::now();
    caller.may(Permission::Play)?;
    asked.require_key()?;
    let command = asked.by(&caller);
    let answer = app.once(&command, &raw, take_place(&app, &caller, &command, value)).await?;
    app.metrics.bookings_create_latency_ms.observe(millis_since(began));
    Ok(answer)
}

async fn take_place(
    app: &App,
    caller: &Caller,
    command: &Command,
    body: HoldBody,
) -> Result<Answer, Refused> {
    let HoldBody { court: code, starts_at, ends_at } = body;
    let unknown = || {
        let detail = format!("there is no court {code}");
        Problem::new(INVALID, detail.clone()).at(Place::field("court"), "unknown-court", detail)
    };
    let court = app.load::<CourtState>(&code.stream()).await?;
    let (Some(facts), Some(court_revision)) = (court.state.0, court.revision) else {
        return Err(unknown().into());
    };
    let venue = app.load::<VenueState>(&facts.venue.stream()).await?;
    let (Some(place), Some(venue_revision)) = (venue.state.0, venue.revision) else {
        return Err(unknown().into());
    };
    let date = policies::service_date(&place, starts_at);
    let id = BookingId::derive(date, code, command.id);
    let wanted = CourtTime {
        booking: id.clone(),
        starts_at,
        ends_at,
        at: command.at,
        venue: place,
        venue_revision,
        court: facts,
        court_revision,
    };
    let by = Holder::Player(caller.user);
    let hold = BookingCommand::Hold(Box::new(Hold { place: wanted, by }));
    let done = match app.executor.execute::<CourtDay>(&id.stream(), hold, &command.meta).await {
        Ok(done) => done,
        Err(ExecuteError::Rejected { rejection, position }) => {
            let problem = rejection::explain_hold(&rejection, starts_at);
            return Err(Refused { problem, position: Some(app.token(position)) });
        }
        Err(failure) => return Err(failed(failure).into()),
    };
    if !done.appended.is_empty() {
        app.metrics.bookings_created.inc();
    }
    Ok(show(app, &id, done, command, StatusCode::CREATED)
        .await?
        .location(&format!("/v1/bookings/{id}")))
}

/// Confirms a held place.
#[utoipa::path(post, path = "/v1/bookings/{id}/confirm", operation_id = "confirm_booking", tag = "bookings",
    security(("bearer" = [])), params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<ConfirmBody>,
    responses((status = 200, body = Booking, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such booking, or not yours"),
        (status = 409, description = "`payment-required`, `hold-expired`, `already-released`, `already-cancelled`, \
            `booking-moved`, `move-under-way`, `already-over`, `slot-taken`")))]
pub async fn confirm(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<BookingId>,
    asked: Asked,
    OptionalBody { value, raw }: OptionalBody<ConfirmBody>,
) -> Result<Answer, Refused> {
    let payment_reference = value.payment_reference;
    if let Some(reference) = &payment_reference {
        check_reference(reference)?;
    }
    let command = asked.by(&caller);
    let (booking, at) = (id.clone(), command.at);
    let confirm = |by| BookingCommand::Confirm { booking, payment_reference, by, at };
    app.once(&command, &raw, change(&app, &caller, &command, &id, confirm)).await
}

/// Gives a held place back.
#[utoipa::path(post, path = "/v1/bookings/{id}/release", operation_id = "release_booking", tag = "bookings",
    security(("bearer" = [])), params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 200, body = Booking, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such booking, or not yours"),
        (status = 409, description = "`already-confirmed`, `hold-expired`, `already-cancelled`, `booking-moved`, \
            `move-under-way`")))]
pub async fn release(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<BookingId>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    let command = asked.by(&caller);
    let (booking, at) = (id.clone(), command.at);
    let release = |_| BookingCommand::Release { booking, at };
    app.once(&command, &body.raw, change(&app, &caller, &command, &id, release)).await
}

/// Cancels a confirmed booking; `refund` says what its terms give back.
#[utoipa::path(post, path = "/v1/bookings/{id}/cancel", operation_id = "cancel_booking", tag = "bookings",
    security(("bearer" = [])), params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 200, body = Booking, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such booking, or not yours"),
        (status = 409, description = "`only-held`, `already-begun`, `already-over`, `hold-expired`, `already-released`, \
            `booking-moved`, `move-under-way`")))]
pub async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<BookingId>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    let command = asked.by(&caller);
    let (booking, at) = (id.clone(), command.at);
    let cancel = |by| {
        let by = match by {
            By::Player => Canceller::Player,
            By::Desk => Canceller::Desk,
        };
        BookingCommand::Cancel { booking, by, at }
    };
    app.once(&command, &body.raw, change(&app, &caller, &command, &id, cancel)).await
}

/// Does something to a booking that is there: one's own, or at the desk any of its venue. Somebody else's looks like
/// none.
async fn change(
    app: &App,
    caller: &Caller,
    command: &Command,
    id: &BookingId,
    change: impl FnOnce(By) -> BookingCommand,
) -> Result<Answer, Refused> {
    let (by, _) = theirs(app, caller, id).await?;
    let done = app.execute::<CourtDay>(&id.stream(), change(by), &command.meta).await?;
    show(app, id, done, command, StatusCode::OK).await
}

/// The booking as it is, and as whom the caller may change it.
pub(crate) async fn theirs(
    app: &App,
    caller: &Caller,
    id: &BookingId,
) -> Result<(By, domain::bookings::Booking), Problem> {
    caller.may(Permission::Play)?;
    let mut day = app.load::<CourtDay>(&id.stream()).await?.state;
    let found = day.bookings.remove(id).and_then(|it| {
        let theirs = it.held.booked_for.player() == Some(caller.user);
        let desk = || caller.runs(&it.held.venue).is_ok().then_some(By::Desk);
        let by = if theirs { Some(By::Player) } else { desk() };
        by.map(|by| (by, it))
    });
    found.ok_or_else(|| Problem::new(NOT_FOUND, format!("you have no booking {id}")))
}

/// The booking as it is, for those who run its venue's desk.
pub(crate) async fn at_the_desk(
    app: &App,
    caller: &Caller,
    id: &BookingId,
) -> Result<domain::bookings::Booking, Problem> {
    caller.may(Permission::RunDesk)?;
    let mut day = app.load::<CourtDay>(&id.stream()).await?.state;
    let found = day.bookings.remove(id).filter(|it| caller.runs(&it.held.venue).is_ok());
    let nothing = || format!("there is no booking {id} at a desk of yours");
    found.ok_or_else(|| Problem::new(NOT_FOUND, nothing()))
}

pub(crate) async fn show(
    app: &App,
    id: &BookingId,
    done: Done<CourtDay>,
    command: &Command,
    status: StatusCode,
) -> Result<Answer, Refused> {
    let Some(booking) = done.state.bookings.get(id) else {
        tracing::error!(%id, "a booking is not on the court-day that decided about it");
        return Err(broken().into());
    };
    let revision = match done.revision {
        // What was appended last is about this booking.
        Some(revision) if !done.appended.is_empty() => revision,
        _ => shown::revision(app, id).await?,
    };
    let shown = Booking::new(id, booking, command.at);
    Ok(Answer::new(status, shown).revision(revision).position(app.token(done.position)))
}

fn check_reference(reference: &str) -> Result<(), Problem> {
    let length = reference.chars().count();
    let fault = match length {
        0 => ("too-short", "a payment reference has at least one character"),
        _ if length > REFERENCE_CHARS => {
            ("too-long", "a payment reference has at most 100 characters")
        }
        _ if reference.chars().any(char::is_control) => {
            ("control-character", "no control characters, please")
        }
        _ => return Ok(()),
    };
    Err(Problem::new(INVALID, fault.1).at(Place::field("payment_reference"), fault.0, fault.1))
}
