//! `/v1/venues/{id}/blocks`: rain and maintenance. A block is one append on each court-day it covers; that court-day
//! decides, and knows who is hit. See `domain/src/bookings/decide/blocks.rs`.
mod body;

use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::bookings::{
    Block, BookingCommand, BookingEvent, BookingRejection, CancelCause, CourtDay, OnBookings,
    stream,
};
use domain::courts::CourtState;
use domain::decider::Decider;
use domain::ids::{BlockId, CourtCode, VenueId};
use domain::policies::{DayPart, day_parts};
use domain::sealed::Sealed;
use domain::stored::StoredEvent;
use domain::venues::Venue;
use event_store::{Metadata, Position};
use futures::{StreamExt, TryStreamExt, stream as streams};
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::{Body, Parameters, Parsed, ParsedPair};
use runtime::problem::{INVALID, NOT_FOUND, Place};
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::refused::{Explain, Refused, sealed_off, unreadable};
use crate::venues;

use body::{BlockBody, BlockShown, HitShown, LiftBody, PartShown};

const MAX_COURTS: usize = 100;
/// Court-days of one block: a hall of ten courts for three weeks, and done within a request's time.
const MAX_PARTS: usize = 200;
const AT_ONCE: usize = 16;
const REASON_CHARS: usize = 500;

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
                    let meta = on(&name, command);
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

/// A block that can be meant.
struct Wanted {
    id: BlockId,
    venue_id: VenueId,
    venue: Venue,
    courts: Vec<CourtCode>,
    days: Vec<DayPart>,
    on_bookings: OnBookings,
    cause: domain::bookings::BlockCause,
    at: Timestamp,
}

impl Wanted {
    async fn check(
        app: &App,
        venue_id: &VenueId,
        venue: &Venue,
        body: &BlockBody,
        command: &Command,
    ) -> Result<Self, Problem> {
        check_courts(app, venue_id, &body.courts).await?;
        if let Some(reason) = &body.reason {
            check_reason(reason)?;
        }
        if body.ends_at <= command.at {
            return Err(invalid("ends_at", "in-the-past", "the end lies in the past"));
        }
        Ok(Self {
            id: BlockId(command.id),
            venue_id: venue_id.clone(),
            venue: venue.clone(),
            courts: body.courts.clone(),
            days: days(venue, &body.courts, body.starts_at, body.ends_at)?,
            on_bookings: body.on_bookings.into(),
            cause: body.cause.into(),
            at: command.at,
        })
    }

    /// What the court-days would do now, asked of the same rules.
    async fn preview(&self, app: &App) -> Result<BlockShown, Refused> {
        let parts: Vec<Option<PartShown>> = streams::iter(self.parts())
            .map(|(court, day)| self.preview_part(app, court, day))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(self.shown(true, parts.into_iter().flatten().collect()))
    }

    async fn preview_part(
        &self,
        app: &App,
        court: CourtCode,
        day: DayPart,
    ) -> Result<Option<PartShown>, Refused> {
        let state = app.load::<CourtDay>(&stream(&court, day.date)).await?.state;
        let block = Block { on_bookings: OnBookings::CancelWithRefund, ..self.block(&day, None) };
        if block.ends_at <= self.at {
            return Ok(None);
        }
        let events = CourtDay::decide(&state, BookingCommand::Block(Box::new(block)));
        let events = events.map_err(|rejection| rejection.explain())?;
        Ok(Some(part(&court, &day, hits(&state, events.iter()))))
    }

    async fn carry_out(
        &self,
        app: &App,
        caller: &Caller,
        command: &Command,
        reason: Option<String>,
    ) -> Result<(BlockShown, Position), Refused> {
        if self.on_bookings == OnBookings::Refuse {
            self.refuse_early(app).await?;
        }
        let reason = match reason {
            Some(text) => {
                let subject = caller.user.stream();
                let sealed = app.vault.seal(&subject, "reason", command.id, &text).await;
                Some(sealed.map_err(sealed_off)?)
            }
            None => None,
        };
        let done: Vec<Option<(PartShown, Position)>> = streams::iter(self.parts())
            .map(|(court, day)| self.block_part(app, court, day, command, reason.clone()))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let (parts, positions): (Vec<_>, Vec<_>) = done.into_iter().flatten().unzip();
        Ok((self.shown(false, parts), positions.into_iter().max().unwrap_or_default()))
    }

    /// Looks at every court-day before the first is blocked: a block that is refused leaves nothing behind, unless
    /// somebody books in this very moment. A block that stands already is no reason.
    async fn refuse_early(&self, app: &App) -> Result<(), Refused> {
        let days: Vec<CourtDay> = streams::iter(self.parts())
            .map(|(court, day)| async move {
                Ok::<_, Problem>(app.load::<CourtDay>(&stream(&court, day.date)).await?.state)
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let span = (self.days.first(), self.days.last());
        let (Some(first), Some(last)) = span else { return Ok(()) };
        let from = first.starts_at.max(self.at);
        let bookings: Vec<_> = days
            .iter()
            .filter(|it| !it.blocks.contains_key(&self.id))
            .flat_map(|it| it.in_the_way(from, last.ends_at, self.at))
            .map(|(id, _)| id.clone())
            .collect();
        if bookings.is_empty() {
            return Ok(());
        }
        Err(BookingRejection::BookingsInTheWay { bookings }.explain().into())
    }

    async fn block_part(
        &self,
        app: &App,
        court: CourtCode,
        day: DayPart,
        command: &Command,
        reason: Option<Sealed>,
    ) -> Result<Option<(PartShown, Position)>, Refused> {
        if day.ends_at <= self.at {
            return Ok(None);
        }
        let name = stream(&court, day.date);
        let block = BookingCommand::Block(Box::new(self.block(&day, reason)));
        let done = app.execute::<CourtDay>(&name, block, &on(&name, command)).await?;
        let hits = match done.appended.as_slice() {
            // Done before: what it did then stands in the log.
            [] => self.recorded(app, &name, &done.state).await?,
            events => hits(&done.state, events.iter()),
        };
        Ok(Some((part(&court, &day, hits), done.position)))
    }

    async fn recorded(
        &self,
        app: &App,
        name: &str,
        state: &CourtDay,
    ) -> Result<Vec<HitShown>, Problem> {
        const PAGE: usize = 500;
        let (mut found, mut from) = (Vec::new(), 0);
        loop {
            let page = app.executor.store().read_stream(name, from, PAGE).await;
            let page = page.map_err(|error| unreadable(error.into()))?;
            let events = page.iter().filter_map(|it| BookingEvent::read(&it.kind, &it.data).ok());
            found.extend(events.filter(|it| {
                matches!(it, BookingEvent::Cancelled { cause: CancelCause::Block { block }, .. } if *block == self.id)
            }));
            from += page.len() as u64;
            if page.len() < PAGE {
                return Ok(hits(state, found.iter()));
            }
        }
    }

    fn block(&self, day: &DayPart, reason: Option<Sealed>) -> Block {
        Block {
            block: self.id,
            date: day.date,
            venue: self.venue.clone(),
            starts_at: day.starts_at,
            ends_at: day.ends_at,
            cause: self.cause,
            reason,
            on_bookings: self.on_bookings,
            at: self.at,
        }
    }

    fn parts(&self) -> Vec<(CourtCode, DayPart)> {
        parts(&self.courts, &self.days)
    }

    fn shown(&self, dry_run: bool, parts: Vec<PartShown>) -> BlockShown {
        BlockShown { id: self.id.0, venue: self.venue_id.to_string(), dry_run, parts }
    }
}

fn parts(courts: &[CourtCode], days: &[DayPart]) -> Vec<(CourtCode, DayPart)> {
    courts.iter().flat_map(|court| days.iter().map(|day| (court.clone(), *day))).collect()
}

fn part(court: &CourtCode, day: &DayPart, bookings: Vec<HitShown>) -> PartShown {
    let DayPart { date, starts_at, ends_at } = *day;
    PartShown { court: court.to_string(), date, starts_at, ends_at, bookings }
}

/// The bookings that these events cancel.
fn hits<'a>(day: &CourtDay, events: impl Iterator<Item = &'a BookingEvent>) -> Vec<HitShown> {
    let cancelled = events.filter_map(|it| match it {
        BookingEvent::Cancelled { booking, refund, .. } => {
            day.bookings.get(booking).map(|held| (booking, &held.held, refund))
        }
        _ => None,
    });
    let shown = cancelled.map(|(booking, held, refund)| HitShown {
        id: booking.to_string(),
        reference: held.reference.to_string(),
        player: held.booked_for.player().map(|it| it.0),
        starts_at: held.starts_at,
        ends_at: held.ends_at,
        refund: refund.clone(),
    });
    shown.collect()
}

/// The metadata of a command's part on one stream: an id of its own for each.
fn on(name: &str, command: &Command) -> Metadata {
    let id = Uuid::new_v5(&command.id, name.as_bytes());
    Metadata { command: id, ..command.meta.clone() }
}

async fn check_courts(app: &App, venue: &VenueId, courts: &[CourtCode]) -> Result<(), Problem> {
    if courts.is_empty() || MAX_COURTS < courts.len() {
        return Err(invalid("courts", "too-many", "between 1 and 100 courts, please"));
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
        return Err(invalid("ends_at", "end-before-start", "the end is not after the start"));
    }
    let days = day_parts(venue, starts_at, ends_at, MAX_PARTS + 1);
    if MAX_PARTS < days.len() * courts.len() {
        let detail = "one block covers at most 200 court-days";
        return Err(invalid("ends_at", "too-long", detail));
    }
    Ok(days)
}

fn check_reason(reason: &str) -> Result<(), Problem> {
    match reason.chars().count() {
        0 => Err(invalid("reason", "too-short", "a reason has at least one character")),
        length if REASON_CHARS < length => {
            Err(invalid("reason", "too-long", "a reason has at most 500 characters"))
        }
        _ => Ok(()),
    }
}

fn invalid(field: &str, code: &'static str, detail: &'static str) -> Problem {
    Problem::new(INVALID, detail).at(Place::field(field), code, detail)
}
