//! `/v1/bookings`: hold a court, confirm, release, cancel, move. See `domain/src/bookings.rs` for the rules.
mod any;
mod cancel;
mod candidates;
mod desk;
mod guests;
mod hold;
mod leases;
mod moves;
mod places;
mod reasons;
mod rejection;
mod series;
mod shown;

use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::bookings::{BookingCommand, BookingEvent, By, CourtDay};
use domain::ids::BookingId;
use event_store::Done;
use runtime::Problem;
use runtime::http::Parsed;
use runtime::problem::NOT_FOUND;
use serde::Deserialize;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::optional_body::OptionalBody;
use crate::refused::{Refused, broken};

pub(crate) use cancel::__path_cancel;
pub use cancel::cancel;
pub(crate) use candidates::{models_away, pool as read_models};
pub(crate) use desk::{__path_check_in, __path_reinstate};
pub use desk::{check_in, reinstate};
pub(crate) use hold::__path_hold;
pub use hold::hold;
pub(crate) use moves::__path_move_booking;
pub use moves::move_booking;
pub use rejection::KINDS;
pub(crate) use series::__path_book_series;
pub use series::book_series;
pub use shown::Booking;

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

/// Does something to a booking that the caller may do it to.
async fn apply(
    app: &App,
    command: &Command,
    id: &BookingId,
    change: BookingCommand,
) -> Result<Answer, Refused> {
    let stream = id.stream();
    let done = if others_undo(&change) {
        // On the heap: few commands are of this kind, and it would make all of them large.
        Box::pin(app.obey::<CourtDay>(&stream, change, command, |it| is_done_to(id, it))).await?
    } else {
        app.execute::<CourtDay>(&stream, change, &command.meta).await?
    };
    if let Some(booking) = done.state.bookings.get(id) {
        leases::follow(app, command, booking).await;
    }
    show(app, id, done, command, StatusCode::OK).await
}

/// Whether a command could be obeyed a second time, because of what others did since. The desk brings back what was
/// cancelled, checked in or not, and that can be cancelled anew. What is confirmed or released is never only held again.
fn others_undo(change: &BookingCommand) -> bool {
    use BookingCommand as C;
    matches!(change, C::Cancel { .. } | C::Reinstate { .. } | C::CheckIn { .. })
}

/// Whether a command that made this event was about this booking. An overdue hold is ended by whoever takes its place.
fn is_done_to(id: &BookingId, event: &BookingEvent) -> bool {
    event.booking() == Some(id) && !matches!(event, BookingEvent::Expired { .. })
}

/// The booking as it is, for whoever may change it: what they wanted done to it was answered before.
async fn look(
    app: &App,
    caller: &Caller,
    command: &Command,
    id: &BookingId,
) -> Result<Answer, Refused> {
    theirs(app, caller, id).await?;
    let done = app.as_it_is::<CourtDay>(&id.stream()).await?;
    show(app, id, done, command, StatusCode::OK).await
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
    apply(app, command, id, change(by)).await
}

/// The booking as it is, and as whom the caller may change it.
pub(crate) async fn theirs(
    app: &App,
    caller: &Caller,
    id: &BookingId,
) -> Result<(By, domain::bookings::Booking), Problem> {
    let own = caller.player()?;
    let mut day = app.load::<CourtDay>(&id.stream()).await?.state;
    let found = day.bookings.remove(id).and_then(|it| {
        let theirs = own.is_some() && it.held.booked_for.player() == own;
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
    Err(Problem::invalid("payment_reference", fault.0, fault.1))
}
