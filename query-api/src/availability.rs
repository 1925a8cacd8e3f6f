//! `/v1/courts/available`: which courts are free for a while.
//!
//! The answer is advice. It asks the same rules as the hold and leaves out what the log has already given away, but
//! only the court-day decides. What is asked of the tables is asked in few statements; what follows from it is decided
//! by plain functions, which the tests hold against the rules of the hold.
mod alternatives;
mod blocks;
mod candidates;
mod day;
mod taken;
#[cfg(test)]
mod tests;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::money::Money;
use domain::policies::{self, Refusal, ServiceDate};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use runtime::Problem;
use runtime::http::Parameters;
use runtime::problem::{INVALID, Place as At};
use serde::Serialize;

use crate::App;
use crate::courts::Filter;
use crate::pages::Paging;
use crate::snapshot::{MinPosition, Snapshot};

pub use alternatives::Alternative;
pub use blocks::{Blocked, blocks};
use candidates::{Candidate, Place};
pub(crate) use day::{__path_court_day, __path_venue_day};
pub use day::{Day, court_day, venue_day};
use taken::Taken;

/// What a search found.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Availability {
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// `HH:MM`, as it was asked.
    pub start_time: String,
    pub end_time: String,
    pub duration_minutes: i64,
    pub items: Vec<FreeCourt>,
    /// When nothing is free: the nearest places that are.
    pub alternatives: Vec<Alternative>,
    pub next: Option<String>,
}

/// A court that is free, and what it would cost.
#[derive(Serialize, utoipa::ToSchema)]
pub struct FreeCourt {
    pub code: String,
    pub name: String,
    pub venue: String,
    pub zone: String,
    pub kind: String,
    pub surface: String,
    pub indoor: bool,
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    #[schema(value_type = Object)]
    pub price: Money,
}

/// What is asked for: wall times of a service date, each venue by its own clock.
#[derive(Clone)]
struct Wanted {
    filter: Filter,
    date: Date,
    start: Time,
    end: Time,
}

/// Searches free courts by service date and wall time of each venue.
#[utoipa::path(get, path = "/v1/courts/available", operation_id = "search_available_courts", tag = "availability",
    params(("date" = String, Query, description = "Service date, YYYY-MM-DD"),
        ("start_time" = String, Query, description = "HH:MM, wall time of the venue"),
        ("end_time" = String, Query, description = "HH:MM; at or before start_time it lies past midnight"),
        ("venue" = Option<String>, Query), ("kind" = Option<String>, Query), ("surface" = Option<String>, Query),
        ("indoor" = Option<bool>, Query), ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Availability), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn search(
    State(app): State<App>,
    min: MinPosition,
    uri: axum::http::Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let began = tokio::time::Instant::now();
    let wanted = Wanted {
        date: parameters.required::<ServiceDate>("date")?.0,
        start: parameters.required("start_time")?,
        end: parameters.required("end_time")?,
        filter: Filter::take(&mut parameters)?,
    };
    let paging = Paging::<String>::take(&mut parameters)?;
    parameters.done()?;

    let now = app.clock.now();
    let mut snapshot = app.snapshot(&min, &["courts", "availability"]).await?;
    let candidates = candidates::load(&mut snapshot.tx, &wanted.filter).await?;
    let (duration_minutes, places) = sellable(&candidates, &wanted, now).map_err(explain)?;
    let taken = Taken::of(&mut snapshot.tx, &places, now).await?;
    let after = paging.after.as_ref();
    let free: Vec<FreeCourt> = places
        .iter()
        .filter(|it| taken.is_free(it) && after.is_none_or(|after| *after < it.candidate.row.code))
        .map(FreeCourt::from)
        .collect();
    let alternatives = if free.is_empty() && after.is_none() {
        nearest(&mut snapshot, &wanted, duration_minutes, now).await?
    } else {
        Vec::new()
    };

    let page = paging.page(&uri, free, |it: &FreeCourt| it.code.clone());
    app.searches.total.inc();
    if page.items.is_empty() {
        app.searches.empty.inc();
    }
    app.searches.duration_ms.observe(began.elapsed().as_secs_f64() * 1000.0);
    log(&wanted, page.items.len());
    let answer = Availability {
        date: wanted.date,
        start_time: wanted.start.strftime("%H:%M").to_string(),
        end_time: wanted.end.strftime("%H:%M").to_string(),
        duration_minutes,
        items: page.items,
        alternatives,
        next: page.next,
    };
    Ok(snapshot.seen.on(Json(answer)))
}

/// What was asked and how much was found; not by whom.
fn log(wanted: &Wanted, found: usize) {
    let Wanted { filter, date, start, end } = wanted;
    let Filter { venue, kind, surface, indoor } = filter;
    let venue = venue.as_ref().map(ToString::to_string);
    tracing::info!(%date, %start, %end, venue, kind, surface, indoor, found, "courts searched");
}

/// The places that their venues would sell, taken or not, in the order of their courts' codes; and how long they last.
///
/// What no venue here could ever sell is the client's mistake, and said. A venue that is only closed then, or not yet
/// open for it, or whose clocks skip that hour, has nothing to offer, and that is no mistake.
fn sellable<'a>(
    candidates: &'a [Candidate],
    wanted: &Wanted,
    now: Timestamp,
) -> Result<(i64, Vec<Place<'a>>), Refusal> {
    let mut mistake = None;
    let mut possible = candidates.is_empty();
    let mut minutes = None;
    let mut places = Vec::new();
    for candidate in candidates {
        let Candidate { venue, court, .. } = candidate;
        let Ok((starts_at, ends_at)) =
            policies::resolve(venue, wanted.date, wanted.start, wanted.end)
        else {
            possible = true;
            continue;
        };
        match policies::check_court(venue, court, starts_at, ends_at, now) {
            Ok(()) => {
                minutes.get_or_insert((ends_at.as_second() - starts_at.as_second()) / 60);
                places.push(Place { candidate, starts_at, ends_at });
            }
            Err(refusal) if parameter_of(&refusal).is_some() => {
                mistake.get_or_insert(refusal);
            }
            Err(_) => possible = true,
        }
    }
    match mistake.filter(|_| places.is_empty() && !possible) {
        Some(refusal) => Err(refusal),
        None => Ok((minutes.unwrap_or_else(|| wall_minutes(wanted.start, wanted.end)), places)),
    }
}

/// The nearest free places, for whoever found nothing: of the same sport, wherever they are.
async fn nearest(
    snapshot: &mut Snapshot,
    wanted: &Wanted,
    minutes: i64,
    now: Timestamp,
) -> Result<Vec<Alternative>, Problem> {
    let Ok(minutes) = u32::try_from(minutes) else { return Ok(Vec::new()) };
    let anywhere = Filter { kind: wanted.filter.kind.clone(), ..Filter::default() };
    let candidates = candidates::load(&mut snapshot.tx, &anywhere).await?;
    let places = alternatives::places(&candidates, wanted.date, minutes, now);
    let taken = Taken::of(&mut snapshot.tx, &places, now).await?;
    Ok(alternatives::nearest(places, &taken, wanted))
}

/// The problem of a search that could never find anything.
fn explain(refusal: Refusal) -> Problem {
    let detail = refusal.to_string();
    let problem = Problem::new(INVALID, detail.clone());
    match parameter_of(&refusal) {
        Some((parameter, code)) => problem.at(At::Parameter(parameter.to_owned()), code, detail),
        None => problem,
    }
}

/// Which parameter is wrong, and how; `None` if the place is only not to be had just then.
fn parameter_of(refusal: &Refusal) -> Option<(&'static str, &'static str)> {
    match refusal {
        Refusal::EndBeforeStart => Some(("end_time", "end-before-start")),
        Refusal::OffGrid { at_start: true, .. } => Some(("start_time", "off-grid")),
        Refusal::OffGrid { at_start: false, .. } => Some(("end_time", "off-grid")),
        Refusal::TooShort { .. } => Some(("end_time", "too-short")),
        Refusal::TooLong { .. } => Some(("end_time", "too-long")),
        Refusal::InThePast => Some(("start_time", "in-the-past")),
        Refusal::OutsideHours { .. } | Refusal::CourtRetired | Refusal::TooFarAhead { .. } => None,
    }
}

/// The minutes between two wall times, the second past midnight if it is not after the first.
fn wall_minutes(start: Time, end: Time) -> i64 {
    let minutes = |it: Time| i64::from(it.hour()) * 60 + i64::from(it.minute());
    (minutes(end) - minutes(start) - 1).rem_euclid(24 * 60) + 1
}

impl From<&Place<'_>> for FreeCourt {
    fn from(it: &Place<'_>) -> Self {
        let Candidate { row, court, venue } = it.candidate;
        Self {
            code: row.code.clone(),
            name: row.name.clone(),
            venue: row.venue.clone(),
            zone: venue.zone.clone(),
            kind: row.kind.clone(),
            surface: row.surface.clone(),
            indoor: row.indoor,
            starts_at: it.starts_at,
            ends_at: it.ends_at,
            price: court.prices.price(venue, it.starts_at, it.ends_at),
        }
    }
}
