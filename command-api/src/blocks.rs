//! `/v1/venues/{id}/blocks`: rain and maintenance. A block is one append on each court-day it covers; that court-day
//! decides, and knows who is hit. See `domain/src/bookings/decide/blocks.rs`.
mod body;
mod closures;
mod hits;
mod wanted;

use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::bookings::{BookingCommand, CourtDay, stream};
use domain::courts::CourtState;
use domain::ids::{BlockId, CourtCode, VenueId};
use domain::policies::{DayPart, day_parts};
use domain::venues::Venue;
use event_store::Position;
use futures::{StreamExt, TryStreamExt, stream as streams};
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::{Body, Parameters, Parsed, ParsedPair};
use runtime::problem::{INVALID, NOT_FOUND, Place};
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::refused::Refused;
use crate::venues;

use body::{BlockBody, BlockShown, LiftBody};
use wanted::Wanted;

pub use body::ClosingShown;
pub use closures::{closing, retiring};

const MAX_COURTS: usize = 100;
/// Court-days of one block: a hall of ten courts for three weeks, and done within a request's time.
const MAX_PARTS: usize = 200;
const AT_ONCE: usize = 16;

/// Blocks courts, or says whom that would hit (`?dry_run=true`).
///
/// With `refuse` nothing is blocked while live bookings are in the way. With `cancel_with_refund` each court-day cancels
/// them and takes the court away in one step; a request that broke off goes on when it is repeated with the same key.
#[utoipa::path(post, path = "/v1/venues/{id}/blocks", operation_id = "block_courts", tag = "desk",
    security(("bearer" = [])),
    params(("id" = String, Path), ("dry_run" = Option<bool>, Query),
        ("Idempotency-Key" = Option<String>, Header, description = "Required, except for a dry run")),
    request_body = BlockBody,
    responses((status = 200, body = BlockShown, description = "A dry run"),
        (status = 201, body = BlockShown, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such venue, or not yours"),
        (status = 409, description = "`bookings-in-the-way`, `move-under-way`"),
        (status = 422, description = "`invalid` with `unknown-court`, `too-many`, `end-before-start`, `in-the-past`, `too-long`")))]
pub async fn block(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<VenueId>,
    mut parameters: Parameters,
    asked: Asked,
    Body { value, raw }: Body<BlockBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::RunDesk)?;
    let dry_run = parameters.optional::<bool>("dry_run")?.unwrap_or(false);
    parameters.done()?;
    if !dry_run {
        asked.require_key()?;
    }
    let command = asked.by(&caller);
    let work = async {
        let venue = venues::find(&app, &caller, &id).await?;
        let wanted = Wanted::check(&app, &id, &venue, &value, &command).await?;
        if dry_run {
            return Ok(Answer::new(StatusCode::OK, wanted.preview(&app).await?));
        }
        let (shown, position) = wanted.carry_out(&app, &caller, &command, value.reason).await?;
        Ok(Answer::new(StatusCode::CREATED, shown).position(app.token(position)))
    };
    if dry_run { work.await } else { app.once(&command, &raw, work).await }
}

/// Lifts a block, on all of its court-days or on some. Bookings it cancelled stay cancelled.
#[utoipa::path(post, path = "/v1/venues/{id}/blocks/{block}/lift", operation_id = "lift_block", tag = "desk",
    security(("bearer" = [])),
    params(("id" = String, Path), ("block" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = LiftBody,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such venue, or not yours, or no such block there")))]
pub async fn lift(
    State(app): State<App>,
    caller: Caller,
    ParsedPair(id, block): ParsedPair<VenueId, Uuid>,
    asked: Asked,
    Body { value, raw }: Body<LiftBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::RunDesk)?;
    let command = asked.by(&caller);
    let work = async {
        let venue = venues::find(&app, &caller, &id).await?;
        let LiftBody { courts, starts_at, ends_at } = value;
        check_courts(&app, &id, &courts).await?;
        let days = days(&venue, &courts, starts_at, ends_at)?;
        let lifted = streams::iter(parts(&courts, &days))
            .map(|(court, day)| {
                let (app, command) = (&app, &command);
                async move {
                    let name = stream(&court, day.date);
                    let unblock = BookingCommand::Unblock { block: BlockId(block) };
                    let meta = command.on(&name);
                    match app.execute::<CourtDay>(&name, unblock, &meta).await {
                        Ok(done) => Ok(Some(done.position)),
                        Err(refused) if refused.kind() == NOT_FOUND => Ok(None),
                        Err(refused) => Err(refused),
                    }
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<Option<Position>>>()
            .await?;
        let Some(position) = lifted.into_iter().flatten().max() else {
            return Err(
                Problem::new(NOT_FOUND, "there is no such block on these courts then").into()
            );
        };
        Ok(Answer::no_content().position(app.token(position)))
    };
    app.once(&command, &raw, work).await
}

fn parts(courts: &[CourtCode], days: &[DayPart]) -> Vec<(CourtCode, DayPart)> {
    courts.iter().flat_map(|court| days.iter().map(|day| (court.clone(), *day))).collect()
}

async fn check_courts(app: &App, venue: &VenueId, courts: &[CourtCode]) -> Result<(), Problem> {
    if courts.is_empty() || MAX_COURTS < courts.len() {
        return Err(Problem::invalid("courts", "too-many", "between 1 and 100 courts, please"));
    }
    for (n, code) in courts.iter().enumerate() {
        let unknown = |code: &'static str, detail: String| {
            let place = Place::Pointer(format!("#/courts/{n}"));
            Err(Problem::new(INVALID, detail.clone()).at(place, code, detail))
        };
        if courts[..n].contains(code) {
            return unknown("repeated", format!("court {code} is there twice"));
        }
        let court = app.load::<CourtState>(&code.stream()).await?.state.0;
        if court.is_none_or(|it| it.venue != *venue) {
            return unknown("unknown-court", format!("the venue has no court {code}"));
        }
    }
    Ok(())
}

fn days(
    venue: &Venue,
    courts: &[CourtCode],
    starts_at: Timestamp,
    ends_at: Timestamp,
) -> Result<Vec<DayPart>, Problem> {
    if ends_at <= starts_at {
        return Err(Problem::invalid(
            "ends_at",
            "end-before-start",
            "the end is not after the start",
        ));
    }
    let days = day_parts(venue, starts_at, ends_at, MAX_PARTS + 1);
    if MAX_PARTS < days.len() * courts.len() {
        let detail = "one block covers at most 200 court-days";
        return Err(Problem::invalid("ends_at", "too-long", detail));
    }
    Ok(days)
}
