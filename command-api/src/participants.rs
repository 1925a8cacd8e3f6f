//! `/v1/bookings/{id}/invitation`, `/v1/bookings/{id}/participants` and `/v1/participations`: who plays along in somebody
//! else's booking. See `domain/src/participants.rs` for the rules.
mod rejection;

use std::str::FromStr;

use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::bookings::{Booking, BookingState, CourtDay};
use domain::ids::{BookingId, UserId};
use domain::participants::{LeftBy, Participants, ParticipantsCommand, Standing, stream};
use runtime::Problem;
use runtime::http::{Body, Parsed, ParsedPair};
use runtime::problem::NOT_FOUND;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::bookings::theirs;
use crate::refused::Refused;

pub use rejection::KINDS;
use rejection::invitation_over;

/// A link that lets people join a booking, shown this once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Invitation {
    /// To be passed on. Whoever has it and an account can join.
    #[schema(example = "https://courts.example/#/join/AAAAAfvo…MktRRA")]
    url: String,
    /// What it ends in: `POST /v1/participations` takes it.
    token: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ParticipationBody {
    /// From the link.
    token: String,
}

/// What one plays along in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Participation {
    /// The booking as it is called now.
    #[schema(value_type = String, example = "2026-11-22-7FK2-9X3M2KQD")]
    booking: BookingId,
    /// The first id it ever had.
    #[schema(value_type = String, example = "2026-11-22-7FK2-9X3M2KQD")]
    reference: BookingId,
}

/// Whoever is to leave: `me`, or a user's id.
#[derive(Clone, Copy)]
pub enum Leaving {
    Me,
    User(UserId),
}

/// Not `me`, and no user's id.
#[derive(Debug, thiserror::Error)]
#[error("`me` or a user's id is expected")]
pub struct NobodysName;

/// A link leads through this many moves. Nobody's plans change as often.
const MOST_MOVES: usize = 50;

/// Makes a link by which people join a booking, for its booker to pass on. The one before lets nobody in any more.
///
/// It is shown this once; who lost it makes another. Who joins sees the booking among their own, in their calendar too, and
/// who else plays along; only the booker can change it. Seven can, and nobody is put on the list by others. What they play
/// counts towards nobody's quotas but the booker's. An answer that got lost is no matter: ask again.
#[utoipa::path(post, path = "/v1/bookings/{id}/invitation", operation_id = "invite_participants", tag = "bookings",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 201, body = Invitation, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such booking, or not yours"),
        (status = 409, description = "`already-over`, `hold-expired`, `already-released`, `already-cancelled`, \
            `booking-moved`; `participants-full`: so many invitations were made that no more can be")))]
pub async fn invite(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<BookingId>,
    asked: Asked,
) -> Result<Answer, Refused> {
    let (_, booking) = theirs(&app, &caller, &id).await?;
    // Never the same twice, whatever key comes with it: what is answered is kept nowhere.
    let command = asked.anew_by(&caller);
    let invite = ParticipantsCommand::Invite { booking: Standing::of(&booking, command.at) };
    let stream = stream(&booking.held.reference);
    let done = app.execute::<Participants>(&stream, invite, &command.meta).await?;
    let token = app.invitations.token(&id, done.state.generation);
    let url = format!("{}/#/join/{token}", app.settings.server_url);
    let answer = Answer::new(StatusCode::CREATED, Invitation { url, token });
    Ok(answer.position(app.token(done.position)))
}

/// Joins a booking by its link. Joining twice is joining once.
#[utoipa::path(post, path = "/v1/participations", operation_id = "join_booking", tag = "bookings",
    security(("bearer" = [])), params(("Idempotency-Key" = Option<String>, Header)),
    request_body = ParticipationBody,
    responses((status = 201, body = Participation, headers(("Location" = String), ("Courtside-Position" = String))),
        (status = 409, description = "`participants-full`; `already-over`, `hold-expired`, `already-released`, \
            `already-cancelled`, `booking-moved`"),
        (status = 422, description = "`invitation-over`: the link does not let you in, or no more")))]
pub async fn join(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { value, raw }: Body<ParticipationBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let command = asked.by(&caller);
    app.once(&command, &raw, join_by(&app, &caller, &command, &value.token)).await
}

async fn join_by(
    app: &App,
    caller: &Caller,
    command: &Command,
    token: &str,
) -> Result<Answer, Refused> {
    let (named, generation) = app.invitations.check(token).ok_or_else(invitation_over)?;
    let (id, booking) = as_now(app, named).await?.ok_or_else(invitation_over)?;
    let reference = booking.held.reference.clone();
    let join = ParticipantsCommand::Join {
        user: caller.person()?.user,
        generation,
        booking: Standing::of(&booking, command.at),
    };
    // Whoever left since does not come back by a repetition.
    let done = app.obey::<Participants>(&stream(&reference), join, command, |_| true).await?;
    let path = format!("/v1/bookings/{id}");
    let answer = Answer::new(StatusCode::CREATED, Participation { booking: id, reference });
    Ok(answer.location(&path).position(app.token(done.position)))
}

/// Leaves a booking that one plays along in, or takes somebody off its list: its booker can, and the desk.
///
/// It can be done after play too. Who was taken off does not come back by the link that they had; a new one lets them in.
#[utoipa::path(delete, path = "/v1/bookings/{id}/participants/{user}", operation_id = "leave_booking", tag = "bookings",
    security(("bearer" = [])),
    params(("id" = String, Path), ("user" = String, Path, description = "`me`, or a user's id"),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204, description = "They are not on the list now.", headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such booking, or neither yours nor one you play along in")))]
pub async fn leave(
    State(app): State<App>,
    caller: Caller,
    ParsedPair(id, leaving): ParsedPair<BookingId, Leaving>,
    asked: Asked,
) -> Result<Answer, Refused> {
    let command = asked.by(&caller);
    app.once(&command, &[], leave_as(&app, &caller, &command, &id, leaving)).await
}

async fn leave_as(
    app: &App,
    caller: &Caller,
    command: &Command,
    id: &BookingId,
    leaving: Leaving,
) -> Result<Answer, Refused> {
    // A program at a desk has no place of its own to leave.
    let own = caller.player()?;
    let user = match leaving {
        Leaving::Me => caller.person()?.user,
        Leaving::User(user) => user,
    };
    let nothing = || Problem::new(NOT_FOUND, format!("you have no booking {id}"));
    let mut day = app.load::<CourtDay>(&id.stream()).await?.state;
    let held = day.bookings.remove(id).ok_or_else(nothing)?.held;
    let stream = stream(&held.reference);
    // Who was on the list once and asks again is told the same as before.
    let state = app.load::<Participants>(&stream).await?.state;
    let is_known = own.is_some_and(|own| state.knows(own));
    let by = if own == Some(user) && is_known {
        LeftBy::Own
    } else if own.is_some() && held.booked_for.player() == own {
        LeftBy::Booker
    } else if caller.runs(&held.venue).is_ok() {
        LeftBy::Desk
    } else {
        return Err(nothing().into());
    };
    let leave = ParticipantsCommand::Leave { user, by };
    app.carry_out::<Participants>(&stream, leave, &command.meta).await
}

/// The booking that was once called `named`, wherever it has moved since. `None` where it cannot be found any more.
async fn as_now(app: &App, named: BookingId) -> Result<Option<(BookingId, Booking)>, Problem> {
    let mut id = named;
    for _ in 0..=MOST_MOVES {
        let mut day = app.load::<CourtDay>(&id.stream()).await?.state;
        let Some(booking) = day.bookings.remove(&id) else { return Ok(None) };
        if let BookingState::Moved { to } = booking.state {
            id = to;
        } else {
            return Ok(Some((id, booking)));
        }
    }
    Ok(None)
}

impl FromStr for Leaving {
    type Err = NobodysName;

    fn from_str(text: &str) -> Result<Self, NobodysName> {
        if text == "me" {
            return Ok(Self::Me);
        }
        Uuid::try_parse(text).map(|it| Self::User(UserId(it))).map_err(|_| NobodysName)
    }
}
