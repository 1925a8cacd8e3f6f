//! `POST /v1/series`: the same time every week, with the dates that cannot be had left out and named.
use access::Caller;
use axum::extract::State;
use axum::http::StatusCode;
use domain::bookings::{BookingCommand, By, CourtDay};
use domain::ids::{BookingId, CourtCode};
use domain::policies;
use domain::series::{Occurrence, Series, SeriesCommand, SeriesRejection, stream};
use domain::time::later;
use domain::venues::Venue;
use jiff::tz::AmbiguousOffset;
use jiff::{Timestamp, ToSpan};
use runtime::Problem;
use runtime::http::Body;
use runtime::problem::INVALID;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::desk::{ForBody, ForOthers};
use super::hold::{self, Wish};
use super::{Booking, leases, places};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::refused::{Explain, Refused};

/// The first time, and how it goes on.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesBody {
    /// The court's code.
    #[schema(value_type = String, example = "7FK2")]
    court: CourtCode,
    /// The first one: RFC 3339 with an offset, on the venue's grid.
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-22T18:00:00+01:00")]
    starts_at: Timestamp,
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-22T19:00:00+01:00")]
    ends_at: Timestamp,
    /// How many dates, the first among them: 2 to 52.
    #[schema(example = 10)]
    times: u32,
    /// From one to the next: 1 to 4. Without it, 1.
    every_weeks: Option<u32>,
    /// Whom the desk books for. Without it, for oneself.
    #[serde(rename = "for")]
    booked_for: Option<ForBody>,
    /// The desk's, with `for`: why it goes beyond the advance limit or the player's quotas. 1 to 500 characters.
    override_reason: Option<String>,
}

/// What came of it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BookedSeries {
    id: Uuid,
    booked: usize,
    skipped: usize,
    dates: Vec<SeriesDate>,
}

/// One date: a booking as it is now, or why there is none.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SeriesDate {
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// Confirmed, or `held` where it has to be paid first.
    booking: Option<Booking>,
    /// What a booking of this date alone would have been refused with: `slot-taken`, `blocked`, `quota-full`, `outside-hours`,
    /// `too-far-ahead`, `no-such-time` where the clocks skip it, …
    skipped: Option<String>,
}

/// Books the same time on the wall clock every week, and confirms each date that needs no payment first.
///
/// Dates that cannot be had are left out and named; if none can be, the answer is what the first one was refused with. Repeated with
/// the same key it answers with the same dates, and books none that has become free since. Each date is a booking of its own.
#[utoipa::path(post, path = "/v1/series", operation_id = "book_series", tag = "bookings",
    security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters, new for each series")),
    request_body = SeriesBody,
    responses(
        (status = 201, body = BookedSeries, headers(("Courtside-Position" = String))),
        (status = 403, description = "`forbidden`: only the desk of the court's venue books for others"),
        (status = 409, description = "No date can be had: as `POST /v1/bookings`"),
        (status = 422, description = "`invalid` with `#/times` or `#/every_weeks` `out-of-range`, and as `POST /v1/bookings`")))]
pub async fn book_series(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { mut value, raw }: Body<SeriesBody>,
) -> Result<Answer, Refused> {
    // Whoever plays, or a program at a desk: that one books for others.
    caller.player()?;
    asked.require_key()?;
    let command = asked.by(&caller);
    within("times", value.times, 2..=52)?;
    within("every_weeks", value.every_weeks.unwrap_or(1), 1..=4)?;
    let (booked_for, reason) = (value.booked_for.take(), value.override_reason.take());
    let for_others = ForOthers::of(booked_for, reason)?;
    let wanted = Wanted { app: &app, caller: &caller, command: &command, value, for_others };
    // On the heap: it holds two streams' states at once.
    app.once(&command, &raw, Box::pin(wanted.book())).await
}

fn within(field: &str, value: u32, range: std::ops::RangeInclusive<u32>) -> Result<(), Problem> {
    if range.contains(&value) {
        return Ok(());
    }
    let detail = format!("{field} is {} to {}", range.start(), range.end());
    Err(Problem::invalid(field, "out-of-range", detail))
}

struct Wanted<'a> {
    app: &'a App,
    caller: &'a Caller,
    command: &'a Command,
    value: SeriesBody,
    for_others: Option<ForOthers>,
}

impl Wanted<'_> {
    async fn book(self) -> Result<Answer, Refused> {
        let (app, stream) = (self.app, stream(self.command.id));
        let mut recorded = app.load::<Series>(&stream).await?.state.occurrences;
        if recorded.is_empty() {
            recorded = self.take_all().await?;
        }
        let court = self.value.court.clone();
        let record = SeriesCommand::Record { court, occurrences: recorded };
        let done = app.execute::<Series>(&stream, record, &self.command.on(&stream)).await?;
        let mut dates = Vec::new();
        for it in done.state.occurrences {
            dates.push(self.show(it).await?);
        }
        let booked = dates.iter().filter(|it| it.booking.is_some()).count();
        let skipped = dates.len() - booked;
        let series = BookedSeries { id: self.command.id, booked, skipped, dates };
        Ok(Answer::new(StatusCode::CREATED, series).position(app.token(done.position)))
    }

    /// Takes what can be had. Cut short and begun again it comes upon its own bookings first: their ids follow from the command.
    async fn take_all(&self) -> Result<Vec<Occurrence>, Refused> {
        let SeriesBody { court, starts_at, ends_at, .. } = &self.value;
        let first = places::find(self.app, self.command, court, *starts_at, *ends_at).await?;
        let (mut occurrences, mut first_refusal) = (Vec::new(), None);
        let lasts = ends_at.duration_since(*starts_at);
        for (at, WallTime { date, instead }) in self.dates(&first.venue).into_iter().enumerate() {
            let starts_at = date.unwrap_or(instead);
            let ends_at = later(starts_at, lasts);
            let outcome = match date {
                Some(_) => self.take(at, starts_at, ends_at).await,
                None => Err(no_such_time().into()),
            };
            let (booking, skipped) = match outcome {
                Ok(id) => (Some(id), None),
                Err(refused) if is_about_the_date(&refused) => {
                    let name = name(&refused);
                    first_refusal.get_or_insert(refused);
                    (None, Some(name))
                }
                Err(refused) => return Err(refused),
            };
            occurrences.push(Occurrence { starts_at, ends_at, booking, skipped });
        }
        match first_refusal {
            Some(refused) if occurrences.iter().all(|it| it.booking.is_none()) => Err(refused),
            _ => Ok(occurrences),
        }
    }

    /// The same wall time, week by week.
    fn dates(&self, venue: &Venue) -> Vec<WallTime> {
        let zone = policies::zone(venue);
        let first = zone.to_datetime(self.value.starts_at);
        let every = i64::from(self.value.every_weeks.unwrap_or(1));
        let others = (1..i64::from(self.value.times)).map(|n| {
            let wall = first.saturating_add((n * every).weeks());
            let at = zone.to_ambiguous_timestamp(wall);
            let skipped = matches!(at.offset(), AmbiguousOffset::Gap { .. });
            let instead = at.compatible().unwrap_or(Timestamp::MAX);
            let date = if skipped { None } else { at.earlier().ok() };
            WallTime { date, instead }
        });
        let first = self.value.starts_at;
        std::iter::once(WallTime { date: Some(first), instead: first }).chain(others).collect()
    }

    /// Holds one date and confirms it, unless it has to be paid for first.
    async fn take(
        &self,
        at: usize,
        starts_at: Timestamp,
        ends_at: Timestamp,
    ) -> Result<BookingId, Refused> {
        let command = self.command.part(&format!("date {at}"));
        let court = &self.value.court;
        let (id, _) = if let Some(desk) = &self.for_others {
            desk.take(self.app, self.caller, &command, (starts_at, ends_at), court).await?
        } else {
            let player = self.caller.person()?.user;
            let wish = Wish { command: &command, player, starts_at, ends_at };
            hold::take(self.app, &wish, court).await?
        };
        let by = if self.for_others.is_some() { By::Desk } else { By::Player };
        let (booking, stream) = (id.clone(), id.stream());
        let confirm =
            BookingCommand::Confirm { booking, payment_reference: None, by, at: command.at };
        let confirmed =
            self.app.execute::<CourtDay>(&stream, confirm, &command.step(&stream, "confirm")).await;
        match confirmed {
            Ok(done) => {
                if let Some(booking) = done.state.bookings.get(&id) {
                    leases::follow(self.app, &command, booking).await;
                }
            }
            // It stays as it is: held until it is paid for, or what became of it since.
            Err(refused) if refused.kind().status == StatusCode::CONFLICT => {}
            Err(refused) => return Err(refused),
        }
        Ok(id)
    }

    async fn show(&self, it: Occurrence) -> Result<SeriesDate, Problem> {
        let Occurrence { starts_at, ends_at, booking, skipped } = it;
        let booking = match booking {
            Some(id) => {
                let day = self.app.load::<CourtDay>(&id.stream()).await?.state;
                day.bookings.get(&id).map(|it| Booking::new(&id, it, self.command.at))
            }
            None => None,
        };
        Ok(SeriesDate { starts_at, ends_at, booking, skipped })
    }
}

/// `date` is `None` where the clocks skip the time; `instead` is when they would have it.
struct WallTime {
    date: Option<Timestamp>,
    instead: Timestamp,
}

fn no_such_time() -> Problem {
    Problem::invalid("starts_at", "no-such-time", "the clocks skip this time")
}

/// Whether the next date may be had all the same.
fn is_about_the_date(refused: &Refused) -> bool {
    matches!(refused.kind().status, StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY)
        && !refused.problem.errors().iter().any(|it| it.code == "unknown-player")
}

/// The most exact name there is for it.
fn name(refused: &Refused) -> String {
    let invalid = refused.problem.errors().first().filter(|_| refused.kind() == INVALID);
    invalid.map_or(refused.kind().name, |it| it.code).to_owned()
}

impl Explain for SeriesRejection {
    fn explain(&self) -> Problem {
        match *self {}
    }
}
