//! What the desk does: book for others, see who came, bring a booking back.
use access::Caller;
use axum::extract::State;
use domain::bookings::{BookedFor, BookingCommand, CourtDay, Hold, Holder};
use domain::ids::{BookingId, CourtCode, UserId};
use domain::users::User;
use event_store::Done;
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::{Body, Parsed};
use runtime::problem::{INVALID, MALFORMED_REQUEST, Place};
use serde::Deserialize;
use uuid::Uuid;

use super::guests::GuestBody;
use super::leases::{self, Lease};
use super::places::{self, Taking};
use super::{Booking, NoBody, apply, at_the_desk, change, look, reasons};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::optional_body::OptionalBody;
use crate::refused::{Refused, sealed_off};

/// Whom the desk books for: one of the two.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BookedFor)]
pub struct ForBody {
    /// Somebody with an account.
    player: Option<Uuid>,
    /// Somebody without.
    guest: Option<GuestBody>,
}

/// What only the desk asks of a hold, checked.
pub struct ForOthers {
    booked_for: Person,
    override_reason: Option<String>,
}

enum Person {
    Player(UserId),
    Guest(Box<GuestBody>),
}

impl ForOthers {
    /// `None` when somebody books for themselves.
    pub fn of(
        booked_for: Option<ForBody>,
        reason: Option<String>,
    ) -> Result<Option<Self>, Problem> {
        let wrong = |field, code, detail| {
            Err(Problem::new(MALFORMED_REQUEST, detail).at(Place::field(field), code, detail))
        };
        let booked_for = match booked_for {
            Some(ForBody { player: Some(player), guest: None }) => Person::Player(UserId(player)),
            Some(ForBody { player: None, guest: Some(guest) }) => {
                Person::Guest(Box::new(guest.checked()?))
            }
            Some(_) => return wrong("for", "one-of", "either a player or a guest"),
            None if reason.is_some() => {
                return wrong("override_reason", "only-with-for", "only the desk overrides");
            }
            None => return Ok(None),
        };
        let checked = |it: String| reasons::checked(&it, "override_reason");
        Ok(Some(Self { booked_for, override_reason: reason.map(checked).transpose()? }))
    }

    /// Takes a place for somebody else, without a clock.
    pub async fn take(
        &self,
        app: &App,
        caller: &Caller,
        command: &Command,
        (starts_at, ends_at): (Timestamp, Timestamp),
        code: &CourtCode,
    ) -> Result<(BookingId, Done<CourtDay>), Refused> {
        let place = places::find(app, command, code, starts_at, ends_at).await?;
        reasons::at_desk(caller, &place.court.venue)?;
        let booked_for = self.booked_for.sealed(app, command).await?;
        let overridden = match &self.override_reason {
            Some(it) => Some(reasons::seal(app, caller, command, "overridden", it).await?),
            None => None,
        };
        let id = place.booking.clone();
        let lease =
            Lease::of(&place, &booked_for, command).map(|it| it.beyond(overridden.as_ref()));
        let by = Holder::Desk { booked_for, overridden };
        let take = BookingCommand::Hold(Box::new(Hold { place, by }));
        let taking = Taking { id: id.clone(), take, starts_at, meta: command.meta.clone(), lease };
        let done = places::take(app, command, taking).await?;
        if let Some(booking) = done.state.bookings.get(&id) {
            leases::follow(app, command, booking).await;
        }
        Ok((id, done))
    }
}

impl Person {
    async fn sealed(&self, app: &App, command: &Command) -> Result<BookedFor, Problem> {
        match self {
            Self::Guest(guest) => guest.seal(app, command).await.map_err(sealed_off),
            Self::Player(user) if app.load::<User>(&user.stream()).await?.state.is_there() => {
                Ok(BookedFor::Player { user: *user })
            }
            Self::Player(user) => {
                let (place, detail) =
                    (Place::Pointer("#/for/player".to_owned()), format!("there is no user {user}"));
                Err(Problem::new(INVALID, detail.clone()).at(place, "unknown-player", detail))
            }
        }
    }
}

/// Notes that the players have come. From an hour before the start to the end of play; at the desk, or themselves.
#[utoipa::path(post, path = "/v1/bookings/{id}/check-in", operation_id = "check_in", tag = "bookings",
    security(("bearer" = [])), params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 200, body = Booking, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such booking, or not yours"),
        (status = 409, description = "`too-early`, `already-over`, `only-held`, `hold-expired`, `already-released`, \
            `already-cancelled`, `booking-moved`, `move-under-way`")))]
pub async fn check_in(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<BookingId>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    let command = asked.by(&caller);
    let (booking, at) = (id.clone(), command.at);
    let check_in = |_| BookingCommand::CheckIn { booking, at };
    let work = change(&app, &caller, &command, &id, check_in);
    app.once_or_show(&command, &body.raw, work, look(&app, &caller, &command, &id)).await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReinstateBody {
    /// 1 to 500 characters.
    reason: String,
}

/// Brings an expired, released or cancelled booking back, if its place is still free. It is confirmed at once, and a
/// refund that was not paid out yet is not any more.
#[utoipa::path(post, path = "/v1/bookings/{id}/reinstate", operation_id = "reinstate_booking", tag = "bookings",
    security(("bearer" = [])), params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = ReinstateBody,
    responses((status = 200, body = Booking, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 403, description = "`forbidden`: only the desk does that"),
        (status = 404, description = "`not-found`: no such booking, or not at a venue of yours"),
        (status = 409, description = "`slot-taken`, `blocked`, `only-held`, `already-over`, `booking-moved`, \
            `move-under-way`, `move-abandoned`"),
        (status = 422, description = "`invalid` with a pointer to `reason`")))]
pub async fn reinstate(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<BookingId>,
    asked: Asked,
    Body { value, raw }: Body<ReinstateBody>,
) -> Result<Answer, Refused> {
    let reason = reasons::checked(&value.reason, "reason")?;
    let command = asked.by(&caller);
    let work = async {
        at_the_desk(&app, &caller, &id).await?;
        let reason = Some(reasons::seal(&app, &caller, &command, "reason", &reason).await?);
        let reinstate = BookingCommand::Reinstate { booking: id.clone(), reason, at: command.at };
        apply(&app, &command, &id, reinstate).await
    };
    app.once_or_show(&command, &raw, work, look(&app, &caller, &command, &id)).await
}
