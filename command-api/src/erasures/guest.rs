//! `DELETE /v1/bookings/{id}/guest`: somebody without an account wants to be forgotten.
use access::Caller;
use axum::extract::State;
use axum::http::StatusCode;
use domain::bookings::{BookedFor, Booking, BookingRejection, BookingState};
use domain::guests::{Guest, GuestCommand, GuestRejection};
use domain::ids::{BookingId, GuestId};
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::Parsed;
use runtime::problem::Kind;

use super::Erasing;
use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::bookings::{NoBody, at_the_desk};
use crate::optional_body::OptionalBody;
use crate::refused::{Explain, Refused, broken};

pub(super) const NO_GUEST: Kind = Kind::conflict("no-guest", "The booking is not a guest's");
pub(super) const GUEST_EXPECTED: Kind = Kind::conflict("guest-expected", "The guest is expected");

impl Explain for GuestRejection {
    fn explain(&self) -> Problem {
        match self {
            Self::ErasureNotRequested => {
                tracing::error!("only the scheduler finishes an erasure, and nobody here asked");
                broken()
            }
        }
    }
}

/// Erases whom the desk has booked for, for good: a booking that lies ahead has to be given up first.
///
/// The booking stays, and is nobody's. Within a minute the guest's name, address, phone number and notes read
/// `[erased]` wherever the booking is shown, also under the ids it had before it was moved. Another booking of the same
/// person that was entered by itself has a guest of its own.
#[utoipa::path(delete, path = "/v1/bookings/{id}/guest", operation_id = "erase_guest", tag = "bookings",
    security(("bearer" = [])), params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 202, body = Erasing, headers(("Courtside-Position" = String))),
        (status = 403, description = "`forbidden`: only the desk does that"),
        (status = 404, description = "`not-found`: no such booking, or not at a venue of yours"),
        (status = 409, description = "`no-guest`, `guest-expected`, `booking-moved`")))]
pub async fn erase_guest(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<BookingId>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    let command = asked.by(&caller);
    app.once(&command, &body.raw, request(&app, &caller, &command, id.clone())).await
}

async fn request(
    app: &App,
    caller: &Caller,
    command: &Command,
    id: BookingId,
) -> Result<Answer, Refused> {
    // Should the desk bring the booking back in this very moment, it is brought back for nobody.
    let booking = at_the_desk(app, caller, &id).await?;
    let guest = dispensable(&booking, &id, command.at)?;
    let erase = GuestCommand::RequestErasure { booking: id };
    let done = app.execute::<Guest>(&guest.stream(), erase, &command.meta).await?;
    let answer = Answer::new(StatusCode::ACCEPTED, Erasing { status: "erasing" });
    Ok(answer.position(app.token(done.position)))
}

/// The guest of a booking, if nobody needs to know any more whose it is.
fn dispensable(booking: &Booking, id: &BookingId, now: Timestamp) -> Result<GuestId, Problem> {
    let BookedFor::Guest { guest, .. } = &booking.held.booked_for else {
        return Err(Problem::new(NO_GUEST, format!("booking {id} is a player's, with an account")));
    };
    if let BookingState::Moved { to } = &booking.state {
        return Err(BookingRejection::BookingMoved { to: to.clone() }.explain());
    }
    let ends_at = booking.held.ends_at;
    if now < ends_at && booking.is_live(now) {
        let detail =
            format!("cancel or release booking {id} first, or wait until it ends, at {ends_at}");
        return Err(Problem::new(GUEST_EXPECTED, detail));
    }
    Ok(*guest)
}
