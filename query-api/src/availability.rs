//! `/v1/courts/available`: which courts are free for a while.
//!
//! The answer is advice. It asks the same rules as the hold and leaves out what the log has already given away, but
//! only the court-day decides.
mod alternatives;
mod day;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::money::Money;
use domain::policies::{self, Refusal};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use runtime::Problem;
use runtime::http::Parameters;
use runtime::problem::{INVALID, NOT_FOUND, Place};
use serde::Serialize;
use sqlx::PgTransaction;

use crate::App;
use crate::courts::{self, Filter};
use crate::pages::Paging;
use crate::snapshot::{MinPosition, away};
use crate::venues;

pub use alternatives::Alternative;
pub(crate) use day::__path_day;
pub use day::day;

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
    /// When nothing is free: the nearest times that are.
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

/// A court in question, with the venue's facts and the instants that the wall times mean there.
pub(crate) struct Candidate {
    pub court: courts::Row,
    pub venue: domain::venues::Venue,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
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
    wanted: MinPosition,
    uri: axum::http::Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let began = tokio::time::Instant::now();
    let date: Date = parameters.required("date")?;
    let start: Time = parameters.required("start_time")?;
    let end: Time = parameters.required("end_time")?;
    let filter = Filter::take(&mut parameters)?;
    let paging = Paging::<String>::take(&mut parameters)?;
    parameters.done()?;

    let now = app.clock.now();
    let mut snapshot = app.snapshot(&wanted, &["courts", "availability"]).await?;
    let candidates = candidates(&mut snapshot.tx, &filter, date, start, end, now).await?;
    let duration_minutes = candidates.minutes;
    let mut free = free(&mut snapshot.tx, candidates.sellable, now).await?;
    free.retain(|it| paging.after.as_ref().is_none_or(|after| *after < it.court.code));
    let alternatives = if free.is_empty() && paging.after.is_none() {
        alternatives::find(&mut snapshot.tx, &filter, date, start, duration_minutes, now).await?
    } else {
        Vec::new()
    };

    let page = paging
        .page(&uri, free.iter().map(FreeCourt::from).collect(), |it: &FreeCourt| it.code.clone());
    app.searches.total.inc();
    if page.items.is_empty() {
        app.searches.empty.inc();
    }
    app.searches.duration_ms.observe(began.elapsed().as_secs_f64() * 1000.0);
    tracing::info!(%date, %start, %end, found = page.items.len(), "courts searched");
    let answer = Availability {
        date,
        start_time: start.strftime("%H:%M").to_string(),
        end_time: end.strftime("%H:%M").to_string(),
        duration_minutes,
        items: page.items,
        alternatives,
        next: page.next,
    };
    Ok(snapshot.seen.on(Json(answer)))
}

struct Candidates {
    /// Courts whose venue would sell this time, taken or not.
    sellable: Vec<Candidate>,
    minutes: i64,
}

/// Asks each venue's rules. What no venue could ever sell is the client's mistake; what is only closed is not.
async fn candidates(
    tx: &mut PgTransaction<'static>,
    filter: &Filter,
    date: Date,
    start: Time,
    end: Time,
    now: Timestamp,
) -> Result<Candidates, Problem> {
    let mut venues = venues::all(tx).await?;
    if let Some(id) = &filter.venue {
        venues.retain(|it| it.id == id.to_string());
        if venues.is_empty() {
            let detail = format!("there is no venue {id}");
            let place = Place::Parameter("venue".to_owned());
            return Err(Problem::new(NOT_FOUND, detail.clone()).at(place, "unknown-venue", detail));
        }
    }
    let mut refused = None;
    let mut sellable = Vec::new();
    let mut minutes = wall_minutes(start, end);
    for venue in venues {
        let facts = venue.facts();
        let Ok((starts_at, ends_at)) = policies::resolve(&facts, date, start, end) else {
            continue; // The clocks skip one of these times there.
        };
        match policies::check(&facts, starts_at, ends_at, now) {
            Ok(()) => {
                minutes = (ends_at.as_second() - starts_at.as_second()) / 60;
                let filter = Filter { venue: venue.id.parse().ok(), ..filter.clone() };
                for court in courts::select(tx, &filter, None, i64::MAX).await? {
                    sellable.push(Candidate { court, venue: facts.clone(), starts_at, ends_at });
                }
            }
            Err(refusal) => refused = Some(refusal),
        }
    }
    sellable.sort_by(|a, b| a.court.code.cmp(&b.court.code));
    match refused.filter(|_| sellable.is_empty()).map(explain) {
        Some(Some(problem)) => Err(problem),
        _ => Ok(Candidates { sellable, minutes }),
    }
}

/// Leaves out what is held or booked.
pub(crate) async fn free(
    tx: &mut PgTransaction<'static>,
    candidates: Vec<Candidate>,
    now: Timestamp,
) -> Result<Vec<Candidate>, Problem> {
    let codes: Vec<String> = candidates.iter().map(|it| it.court.code.clone()).collect();
    let starts: Vec<String> = candidates.iter().map(|it| it.starts_at.to_string()).collect();
    let ends: Vec<String> = candidates.iter().map(|it| it.ends_at.to_string()).collect();
    let taken = sqlx::query_file_scalar!(
        "src/availability/taken.sql",
        &codes,
        &starts,
        &ends,
        jiff_sqlx::Timestamp::from(now) as _
    )
    .fetch_all(&mut **tx)
    .await
    .map_err(away)?;
    let taken: std::collections::HashSet<i64> = taken.into_iter().collect();
    let numbered = candidates.into_iter().zip(1_i64..);
    Ok(numbered.filter(|(_, n)| !taken.contains(n)).map(|(it, _)| it).collect())
}

/// The problem of a search that could never find anything; `None` if the place is only closed just then.
fn explain(refusal: Refusal) -> Option<Problem> {
    let (parameter, code) = match &refusal {
        Refusal::EndBeforeStart => ("end_time", "end-before-start"),
        Refusal::OffGrid { at_start: true, .. } => ("start_time", "off-grid"),
        Refusal::OffGrid { at_start: false, .. } => ("end_time", "off-grid"),
        Refusal::TooShort { .. } => ("end_time", "too-short"),
        Refusal::TooLong { .. } => ("end_time", "too-long"),
        Refusal::InThePast => ("start_time", "in-the-past"),
        Refusal::OutsideHours { .. } | Refusal::TooFarAhead { .. } => return None,
    };
    let detail = refusal.to_string();
    Some(Problem::new(INVALID, detail.clone()).at(
        Place::Parameter(parameter.to_owned()),
        code,
        detail,
    ))
}

/// The minutes between two wall times, the second past midnight if it is not after the first.
fn wall_minutes(start: Time, end: Time) -> i64 {
    let minutes = |it: Time| i64::from(it.hour()) * 60 + i64::from(it.minute());
    (minutes(end) - minutes(start) - 1).rem_euclid(24 * 60) + 1
}

impl From<&Candidate> for FreeCourt {
    fn from(it: &Candidate) -> Self {
        Self {
            code: it.court.code.clone(),
            name: it.court.name.clone(),
            venue: it.court.venue.clone(),
            zone: it.venue.zone.clone(),
            kind: it.court.kind.clone(),
            surface: it.court.surface.clone(),
            indoor: it.court.indoor,
            starts_at: it.starts_at,
            ends_at: it.ends_at,
            price: it.court.prices.price(&it.venue, it.starts_at, it.ends_at),
        }
    }
}
