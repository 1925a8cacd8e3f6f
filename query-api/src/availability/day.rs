//! `/v1/courts/{code}/days/{date}` and `/v1/venues/{id}/days/{date}`: the grid of a service day. Nothing in it says who
//! has a court.
use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::ids::{CourtCode, VenueId};
use domain::money::Money;
use domain::policies::{self, ServiceDate};
use jiff::Timestamp;
use jiff::civil::Date;
use runtime::Problem;
use runtime::http::{Parameters, ParsedPair};
use runtime::problem::NOT_FOUND;
use serde::Serialize;

use super::{Blocked, Candidate, Taken, blocks};
use crate::App;
use crate::courts::{self, Filter};
use crate::pages::Paging;
use crate::snapshot::{MinPosition, Snapshot};
use crate::venues;

/// One court on one service day.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CourtDay {
    pub court: String,
    pub venue: String,
    #[serde(flatten)]
    pub day: Day,
    /// The hours in steps of the venue's grid. Those in a row that begin with a `free` one and hold none but `free` and
    /// `not_yet` can be held, if they last as long as the venue's policy has it.
    pub slots: Vec<Slot>,
    /// When nobody can play, and why: also outside the hours, and on a day that is closed.
    pub blocks: Vec<Blocked>,
}

/// A venue's courts on one service day.
#[derive(Serialize, utoipa::ToSchema)]
pub struct VenueDay {
    pub venue: String,
    #[serde(flatten)]
    pub day: Day,
    pub items: Vec<CourtSlots>,
    /// When nobody can play on these courts, and why.
    pub blocks: Vec<Blocked>,
    pub next: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct CourtSlots {
    pub court: String,
    pub name: String,
    pub kind: String,
    pub surface: String,
    pub indoor: bool,
    pub slots: Vec<Slot>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Day {
    pub zone: String,
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// `null` when the venue is closed on that day, and so is `closes_at`.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opens_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closes_at: Option<Timestamp>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Slot {
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    pub state: SlotState,
    /// When a hold on it runs out.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub held_until: Option<Timestamp>,
    /// Of this slot alone; a booking's price is rounded once, for the whole.
    #[schema(value_type = Object)]
    pub price: Money,
}

/// More may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    Free,
    Held,
    Booked,
    /// Maintenance, weather, or the venue's own reasons: nobody can play.
    Blocked,
    Past,
    /// Free, and too far ahead for a booking to begin in it.
    NotYet,
    /// The court is out of service.
    Closed,
}

/// Shows a court's service day in steps of the grid.
#[utoipa::path(get, path = "/v1/courts/{code}/days/{date}", operation_id = "get_court_day", tag = "availability",
    params(("code" = String, Path), ("date" = String, Path, description = "Service date, YYYY-MM-DD")),
    responses((status = 200, body = CourtDay), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn court_day(
    State(app): State<App>,
    min: MinPosition,
    ParsedPair(code, ServiceDate(date)): ParsedPair<CourtCode, ServiceDate>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.done()?;
    let now = app.clock.now();
    let mut snapshot = app.snapshot(&min, &["courts", "availability"]).await?;
    let row = courts::find(&mut snapshot.tx, &code).await?;
    let venue = row.venue.parse().ok();
    let venue = venue.ok_or_else(|| Problem::new(NOT_FOUND, "the court's venue is gone"))?;
    let facts = find(&mut snapshot, &venue).await?;
    let candidates = with_facts(vec![row], &venue, &facts);
    let taken = taken_on(&mut snapshot, &candidates, date, now).await?;
    let day = Day::of(&facts, date);
    let slots = candidates.iter().flat_map(|it| slots(it, date, &taken, now)).collect();
    let blocks = blocks_on(&mut snapshot, &facts, vec![code.to_string()], date).await?;
    let answer = CourtDay { court: code.to_string(), venue: venue.to_string(), day, slots, blocks };
    Ok(snapshot.seen.on(Json(answer)))
}

/// Shows a venue's service day: its courts in the order of their codes, each in steps of the grid.
#[utoipa::path(get, path = "/v1/venues/{id}/days/{date}", operation_id = "get_venue_day", tag = "availability",
    params(("id" = String, Path), ("date" = String, Path, description = "Service date, YYYY-MM-DD"),
        ("kind" = Option<String>, Query), ("surface" = Option<String>, Query), ("indoor" = Option<bool>, Query),
        ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = VenueDay), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn venue_day(
    State(app): State<App>,
    min: MinPosition,
    ParsedPair(id, ServiceDate(date)): ParsedPair<VenueId, ServiceDate>,
    uri: Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let filter = Filter {
        venue: Some(id.clone()),
        kind: parameters.optional("kind")?,
        surface: parameters.optional("surface")?,
        indoor: parameters.optional("indoor")?,
    };
    let paging = Paging::<String>::take(&mut parameters)?;
    parameters.done()?;
    let now = app.clock.now();
    let mut snapshot = app.snapshot(&min, &["courts", "availability"]).await?;
    let facts = find(&mut snapshot, &id).await?;
    let after = paging.after.as_deref();
    let rows = courts::select(&mut snapshot.tx, &filter, after, paging.fetch()).await?;
    let candidates = with_facts(rows, &id, &facts);
    let taken = taken_on(&mut snapshot, &candidates, date, now).await?;
    let courts = candidates.iter().map(|it| CourtSlots {
        court: it.row.code.clone(),
        name: it.row.name.clone(),
        kind: it.row.kind.clone(),
        surface: it.row.surface.clone(),
        indoor: it.row.indoor,
        slots: slots(it, date, &taken, now),
    });
    let page = paging.page(&uri, courts.collect(), |it| it.court.clone());
    let shown = page.items.iter().map(|it| it.court.clone()).collect();
    let blocks = blocks_on(&mut snapshot, &facts, shown, date).await?;
    let (day, items, next) = (Day::of(&facts, date), page.items, page.next);
    let answer = VenueDay { venue: id.to_string(), day, items, blocks, next };
    Ok(snapshot.seen.on(Json(answer)))
}

type Facts = std::sync::Arc<domain::venues::Venue>;

async fn find(snapshot: &mut Snapshot, id: &VenueId) -> Result<Facts, Problem> {
    let row = venues::find(&mut snapshot.tx, id).await?;
    let row = row.ok_or_else(|| Problem::new(NOT_FOUND, format!("there is no venue {id}")))?;
    Ok(Facts::new(row.facts()))
}

fn with_facts(rows: Vec<courts::Row>, id: &VenueId, venue: &Facts) -> Vec<Candidate> {
    let candidate =
        |row: courts::Row| Candidate { court: row.facts(id.clone()), row, venue: venue.clone() };
    rows.into_iter().map(candidate).collect()
}

async fn taken_on(
    snapshot: &mut Snapshot,
    candidates: &[Candidate],
    date: Date,
    now: Timestamp,
) -> Result<Taken, Problem> {
    let Some(first) = candidates.first() else { return Ok(Taken::default()) };
    let (from, to) = policies::service_day(&first.venue, date);
    let courts: Vec<String> = candidates.iter().map(|it| it.row.code.clone()).collect();
    Taken::between(&mut snapshot.tx, &courts, from, to, now).await
}

async fn blocks_on(
    snapshot: &mut Snapshot,
    venue: &domain::venues::Venue,
    courts: Vec<String>,
    date: Date,
) -> Result<Vec<Blocked>, Problem> {
    let (from, to) = policies::service_day(venue, date);
    blocks(&mut snapshot.tx, &courts, from, to).await
}

/// The grid of one court.
pub(super) fn slots(it: &Candidate, date: Date, taken: &Taken, now: Timestamp) -> Vec<Slot> {
    let is_retired = it.court.is_retired_on(date);
    let cells = policies::grid(&it.venue, date).into_iter();
    cells
        .map(|(starts_at, ends_at)| {
            let stay = taken.by(&it.row.code, starts_at, ends_at);
            let held_until = stay.and_then(|it| it.expires_at);
            let state = match stay {
                Some(it) if it.blocked => SlotState::Blocked,
                Some(_) if held_until.is_some() => SlotState::Held,
                Some(_) => SlotState::Booked,
                None if is_retired => SlotState::Closed,
                None if starts_at <= now => SlotState::Past,
                None if now < policies::released_at(&it.venue, starts_at) => SlotState::NotYet,
                None => SlotState::Free,
            };
            let price = it.court.prices.price(&it.venue, starts_at, ends_at);
            Slot { starts_at, ends_at, state, held_until, price }
        })
        .collect()
}

impl Day {
    pub fn of(venue: &domain::venues::Venue, date: Date) -> Self {
        let (opens_at, closes_at) = policies::open_hours(venue, date).unzip();
        Self { zone: venue.zone.clone(), date, opens_at, closes_at }
    }
}
