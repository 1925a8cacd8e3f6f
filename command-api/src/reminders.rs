//! `/v1/bookings/{id}/reminders`: the desk wants somebody to be reminded now. The scheduler sends.
use access::Caller;
use axum::extract::State;
use axum::http::StatusCode;
use domain::bookings::{BookingRejection, BookingState};
use domain::ids::BookingId;
use domain::reminders::{ReminderCommand, ReminderRejection, Reminders, stream};
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::Parsed;
use runtime::problem::Kind;
use serde::Serialize;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::bookings::{NoBody, at_the_desk};
use crate::optional_body::OptionalBody;
use crate::refused::{Explain, Refused};

const TOO_MANY_REMINDERS: Kind =
    Kind::conflict("too-many-reminders", "Whoever booked was reminded often enough");

pub const KINDS: &[Kind] = &[TOO_MANY_REMINDERS];

#[derive(Serialize, utoipa::ToSchema)]
pub struct Reminder {
    /// It is on its way, if whoever booked can be reached and wants to be.
    #[schema(example = "accepted")]
    status: &'static str,
}

/// Reminds whoever booked, now, by the way they prefer: a guest by mail. Three times a booking at the most, and ten an hour
/// from one desk.
///
/// What is sent counts to the ten messages an hour that one person gets. Whoever wants no reminders gets none.
#[utoipa::path(post, path = "/v1/bookings/{id}/reminders", operation_id = "remind", tag = "bookings",
    security(("bearer" = [])), params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = Option<NoBody>,
    responses((status = 202, body = Reminder, headers(("Courtside-Position" = String))),
        (status = 403, description = "`forbidden`: only the desk does that"),
        (status = 404, description = "`not-found`: no such booking, or not at a venue of yours"),
        (status = 409, description = "`too-many-reminders`, `only-held`, `hold-expired`, `already-begun`, `already-over`, \
            `already-released`, `already-cancelled`, `booking-moved`"),
        (status = 429, description = "`quota-exceeded`")))]
pub async fn remind(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<BookingId>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    asked.require_key()?;
    let command = asked.by(&caller);
    let work = async {
        let booking = at_the_desk(&app, &caller, &id).await?;
        let starts_at = booking.held.starts_at;
        comes(&booking.state_at(command.at), starts_at, command.at).map_err(|it| it.explain())?;
        app.rate_limits.reminder(caller.id()).await?;
        let (stream, request) = (stream(&id), command.id);
        let remind = ReminderCommand::Request { booking: id, request, starts_at };
        let done = app.execute::<Reminders>(&stream, remind, &command.meta).await?;
        let answer = Answer::new(StatusCode::ACCEPTED, Reminder { status: "accepted" });
        Ok(answer.position(app.token(done.position)))
    };
    app.once(&command, &body.raw, work).await
}

/// Whether somebody is expected to come.
fn comes(
    state: &BookingState,
    starts_at: Timestamp,
    now: Timestamp,
) -> Result<(), BookingRejection> {
    use BookingRejection as R;
    match state {
        BookingState::Confirmed if now < starts_at => Ok(()),
        BookingState::Confirmed | BookingState::CheckedIn => Err(R::AlreadyBegun),
        BookingState::Held => Err(R::OnlyHeld),
        BookingState::Expired => Err(R::HoldExpired { expired_at: now.min(starts_at) }),
        BookingState::Released => Err(R::AlreadyReleased),
        BookingState::Cancelled => Err(R::AlreadyCancelled),
        BookingState::Moved { to } => Err(R::BookingMoved { to: to.clone() }),
        BookingState::Missed => Err(R::AlreadyOver),
    }
}

impl Explain for ReminderRejection {
    fn explain(&self) -> Problem {
        match self {
            Self::TooMany => Problem::new(TOO_MANY_REMINDERS, self.to_string()),
        }
    }
}
