//! `POST /v1/bookings/{id}/move`: to another time, court or day of the venue, under a new id.
//!
//! Within one court-day a move is one append. To another it takes three: the new place is held without a clock, the
//! old court-day lets go (the point of no return), the new one confirms. Each step is already true when it is taken
//! again. So a repetition with the same key goes on from wherever an answer was lost, and when none comes, the
//! scheduler ends the move a minute after it began; they may even do it side by side.
use access::Caller;
use axum::extract::State;
use axum::http::StatusCode;
use domain::bookings::{
    Booking as Known, BookingCommand, BookingRejection, BookingState, CourtDay, HoldMoved, Move,
};
use domain::decider::Decider;
use domain::ids::{BookingId, CourtCode};
use domain::money::Money;
use event_store::{Done, ExecuteError, Metadata, Position};
use jiff::Timestamp;
use runtime::http::{Body, Parsed};
use serde::Deserialize;

use super::leases::{self, Lease};
use super::places::{self, Taking};
use super::{Booking, reasons, show, theirs};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::refused::{Explain, Refused, broken, failed, unreadable};

/// A place at the same venue.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveBody {
    /// The court's code; of the same court too.
    #[schema(value_type = String, example = "7FK2")]
    court: CourtCode,
    /// RFC 3339 with an offset, on the venue's grid.
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-23T18:00:00+01:00")]
    starts_at: Timestamp,
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-23T19:00:00+01:00")]
    ends_at: Timestamp,
    /// The desk's: why it goes beyond the advance limit or the player's quotas. 1 to 500 characters.
    override_reason: Option<String>,
}

/// Moves a confirmed booking to another place of its venue.
///
/// There it goes on under a new id and at that place's price; its `reference`, its terms and what was paid stay. What
/// the new place costs less is listed with the refunds; what it costs more is `due` in the answer. The old id answers
/// `booking-moved` from then on. Until the answer, both places are taken. Of a player's quotas a move minds the bookings
/// on the day it goes to.
#[utoipa::path(post, path = "/v1/bookings/{id}/move", operation_id = "move_booking", tag = "bookings",
    security(("bearer" = [])), params(("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "With one, a repetition finishes what a lost answer began")),
    request_body = MoveBody,
    responses((status = 200, body = Booking, description = "The booking at the new place",
            headers(("Location" = String), ("ETag" = String), ("Courtside-Position" = String))),
        (status = 403, description = "`forbidden`: only the desk overrides"),
        (status = 404, description = "`not-found`: no such booking, or not yours"),
        (status = 409, description = "`slot-taken`, `blocked`, `only-held`, `already-begun`, `already-over`, \
            `hold-expired`, `already-released`, `already-cancelled`, `booking-moved`, `move-under-way`, \
            `move-abandoned`; `quota-full` with `bookings-per-day`"),
        (status = 422, description = "`invalid` as for a hold, and `another-venue`; `idempotency-key-reused`")))]
pub async fn move_booking(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<BookingId>,
    asked: Asked,
    Body { value, raw }: Body<MoveBody>,
) -> Result<Answer, Refused> {
    let command = asked.by(&caller);
    // On the heap: it holds two streams' states at once.
    let work = Box::pin(go(&app, &caller, &command, id, value));
    app.once(&command, &raw, work).await
}

async fn go(
    app: &App,
    caller: &Caller,
    command: &Command,
    id: BookingId,
    body: MoveBody,
) -> Result<Answer, Refused> {
    let MoveBody { court, starts_at, ends_at, override_reason } = body;
    let checked = |it: String| reasons::checked(&it, "override_reason");
    let override_reason = override_reason.map(checked).transpose()?;
    let (_, mut booking) = theirs(app, caller, &id).await?;
    let overridden = match override_reason {
        Some(reason) => {
            reasons::at_desk(caller, &booking.held.venue)?;
            Some(reasons::seal(app, caller, command, "overridden", &reason).await?)
        }
        None => None,
    };
    let place = places::find(app, command, &court, starts_at, ends_at).await?;
    let (from, to) = (booking.held.clone(), place.booking.clone());
    let lease = Lease::of(&place, &from.booked_for, command)
        .map(|it| it.moving(&from.reference).beyond(overridden.as_ref()));
    let within_the_day = to.stream() == id.stream();
    let steps = Steps { app, command, from: &id, to: &to };
    let (take, meta) = if within_the_day {
        let go = Move { booking: id.clone(), place, overridden };
        (BookingCommand::Move(Box::new(go)), command.meta.clone())
    } else {
        let hold = HoldMoved { from, place, overridden };
        (BookingCommand::HoldMoved(Box::new(hold)), steps.step(&to, "hold"))
    };
    let taking = Taking { id: to.clone(), take, starts_at, meta, lease };
    let done = if within_the_day {
        places::take(app, command, taking).await?
    } else {
        steps.take(taking).await?
    };
    // It has moved: that is what the player's leases hear of it.
    booking.state = BookingState::Moved { to: to.clone() };
    for it in done.state.bookings.get(&to).into_iter().chain([&booking]) {
        leases::follow(app, command, it).await;
    }
    let shown = show(app, &to, done, command, StatusCode::OK).await?;
    Ok(shown.location(&format!("/v1/bookings/{to}")))
}

/// A move to another court-day.
struct Steps<'a> {
    app: &'a App,
    command: &'a Command,
    from: &'a BookingId,
    to: &'a BookingId,
}

impl Steps<'_> {
    /// Takes every step that is left to take, and returns the new court-day.
    async fn take(&self, taking: Taking) -> Result<Done<CourtDay>, Refused> {
        // Before anything is written: what cannot move takes nobody's place, not even for a moment.
        let day = self.app.load::<CourtDay>(&self.from.stream()).await?;
        let price = self.of(&day.state, self.from)?.held.price.clone();
        if let Err(rejection) = CourtDay::decide(&day.state, self.commit(price)) {
            let position = self.app.executor.store().head().await;
            let position = position.map_err(|error| unreadable(error.into()))?;
            return self.refused(rejection, position).await;
        }
        let held = places::take(self.app, self.command, taking).await?;
        let there = self.of(&held.state, self.to)?;
        match there.state {
            BookingState::Held => {}
            BookingState::Released | BookingState::Expired => {
                let position = Some(self.app.token(held.position));
                let problem = BookingRejection::MoveAbandoned.explain();
                return Err(Refused::new(problem, position));
            }
            // It arrived before, whatever became of it there.
            _ => return Ok(held),
        }
        let commit = self.commit(there.held.price.clone());
        match self.execute(self.from, commit, "commit").await {
            Ok(done) => self.arrive(&done.state).await,
            Err(ExecuteError::Rejected { rejection, position }) => {
                self.refused(rejection, position).await
            }
            Err(failure) => Err(failed(failure).into()),
        }
    }

    /// Confirms the new place with what the old one brought: `old` is read after the booking moved.
    async fn arrive(&self, old: &CourtDay) -> Result<Done<CourtDay>, Refused> {
        let arrive = self.of(old, self.from)?.arrive(self.to.clone());
        let meta = self.step(self.to, "confirm");
        self.app.execute::<CourtDay>(&self.to.stream(), arrive, &meta).await
    }

    /// The old court-day does not let go: gives the new place back, if this command ever took it. What fails here is
    /// left to the scheduler.
    async fn refused(
        &self,
        rejection: BookingRejection,
        mut position: Position,
    ) -> Result<Done<CourtDay>, Refused> {
        let there = self.app.load::<CourtDay>(&self.to.stream()).await?.state;
        let is_mine =
            |it: &Known| it.is_moving_here() && it.held.moved_from.as_ref() == Some(self.from);
        if there.bookings.get(self.to).is_some_and(is_mine) {
            let (booking, to) = (self.from.clone(), self.to.clone());
            let abandon = BookingCommand::AbandonMove { booking, to };
            match self.execute(self.from, abandon, "abandon").await {
                Ok(_) => {
                    let release = BookingCommand::ReleaseMoved { booking: self.to.clone() };
                    match self.execute(self.to, release, "release").await {
                        Ok(done) => position = done.position,
                        Err(error) => self.leave(&error),
                    }
                }
                // The same command, sent twice, was in time elsewhere.
                Err(ExecuteError::Rejected {
                    rejection: BookingRejection::BookingMoved { .. },
                    ..
                }) => {
                    let old = self.app.load::<CourtDay>(&self.from.stream()).await?.state;
                    return self.arrive(&old).await;
                }
                Err(error) => self.leave(&error),
            }
        }
        Err(Refused::new(rejection.explain(), Some(self.app.token(position))))
    }

    fn commit(&self, price: Money) -> BookingCommand {
        let (booking, to) = (self.from.clone(), self.to.clone());
        BookingCommand::CommitMove { booking, to, price, at: self.command.at }
    }

    async fn execute(
        &self,
        booking: &BookingId,
        command: BookingCommand,
        step: &str,
    ) -> Result<Done<CourtDay>, ExecuteError<BookingRejection>> {
        let meta = self.step(booking, step);
        self.app.executor.execute::<CourtDay>(&booking.stream(), command, &meta).await
    }

    fn step(&self, booking: &BookingId, step: &str) -> Metadata {
        self.command.step(&booking.stream(), step)
    }

    fn of<'d>(&self, day: &'d CourtDay, id: &BookingId) -> Result<&'d Known, Refused> {
        day.bookings.get(id).ok_or_else(|| {
            tracing::error!(from = %self.from, to = %self.to, "a booking is not where it moves");
            broken().into()
        })
    }

    fn leave(&self, error: &ExecuteError<BookingRejection>) {
        let error = error as &dyn std::error::Error;
        tracing::warn!(error, to = %self.to, "a place stays held until the scheduler gives it back");
    }
}
