//! `/v1/venues/{id}/days/{date}/sheet`: what the desk has before it, to be read and to be printed. Who has a court, who
//! has paid, who has come, and where nobody can play.
mod table;

use access::Caller;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::ids::VenueId;
use domain::money::Money;
use domain::policies::{self, ServiceDate};
use jiff::Timestamp;
use jiff::civil::Date;
use runtime::Problem;
use runtime::http::{Parameters, ParsedPair};
use runtime::problem::NOT_FOUND;
use serde::Serialize;
use sqlx::PgTransaction;

use crate::App;
use crate::availability::{Blocked, Day, blocks};
use crate::bookings::Local;
use crate::courts::{self, Filter};
use crate::format::Format;
use crate::snapshot::{MinPosition, away};
use crate::venues;

/// A venue's service day, court by court.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DaySheet)]
pub struct Sheet {
    pub venue: String,
    #[serde(flatten)]
    pub day: Day,
    pub items: Vec<SheetCourt>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct SheetCourt {
    pub court: String,
    pub name: String,
    pub kind: String,
    pub surface: String,
    pub indoor: bool,
    /// Out of service on this day.
    pub retired: bool,
    /// By their time: what is held, confirmed, checked in or missed. What ended before play is in the list of bookings.
    pub bookings: Vec<SheetBooking>,
    /// By their time.
    pub blocks: Vec<Blocked>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct SheetBooking {
    pub id: String,
    /// The first id the booking ever had: what people were told.
    pub reference: String,
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    pub local: Local,
    /// `held`, `confirmed`, `checked_in`, `missed`; more may come.
    pub state: String,
    /// The end of a hold that has one.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// `null` for a guest, who has no account.
    pub player: Option<uuid::Uuid>,
    /// The player's or the guest's; `null` once erased.
    pub name: Option<String>,
    pub phone: Option<String>,
    /// What the desk noted of a guest.
    pub notes: Option<String>,
    #[schema(value_type = Object)]
    pub price: Money,
    /// What came and has not to go back.
    #[schema(value_type = Object)]
    pub paid: Money,
    /// What is left to pay.
    #[schema(value_type = Object)]
    pub due: Money,
    pub checked_in: bool,
}

/// Shows the desk its day: JSON, or CSV with `?format=csv` or `Accept: text/csv`.
#[utoipa::path(get, path = "/v1/venues/{id}/days/{date}/sheet", operation_id = "get_day_sheet", tag = "desk",
    security(("bearer" = [])),
    params(("id" = String, Path), ("date" = String, Path, description = "Service date, YYYY-MM-DD"),
        ("format" = Option<String>, Query, description = "`json` or `csv`; wins over `Accept`")),
    responses((status = 200, content((Sheet = "application/json"), (String = "text/csv"))),
        (status = "default", description = "A problem (RFC 9457)")))]
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    min: MinPosition,
    ParsedPair(id, ServiceDate(date)): ParsedPair<VenueId, ServiceDate>,
    headers: HeaderMap,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    caller.runs(&id)?;
    let format = Format::take(&mut parameters, &headers, &[Format::Json, Format::Csv])?;
    parameters.done()?;
    let unknown = || Problem::new(NOT_FOUND, format!("there is no venue {id}"));
    let projections = ["courts", "availability", "bookings", "guests", "users"];
    let now = app.clock.now();
    let mut snapshot = app.snapshot(&min, &projections).await?;
    let facts = venues::find(&mut snapshot.tx, &id).await?.ok_or_else(unknown)?.facts();
    let span = policies::service_day(&facts, date);
    let mut courts = courts(&mut snapshot.tx, &id, date).await?;
    add_bookings(&mut snapshot.tx, &mut courts, &id, span, now).await?;
    add_blocks(&mut snapshot.tx, &mut courts, span).await?;
    let sheet = Sheet { venue: id.to_string(), day: Day::of(&facts, date), items: courts };
    let mut response = match format {
        Format::Csv => table::answer(&sheet, &facts),
        Format::Json | Format::Ndjson => Json(sheet).into_response(),
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(snapshot.seen.on(response))
}

type Span = (Timestamp, Timestamp);

/// The venue's courts, with nothing on them, in the order of their codes.
async fn courts(
    tx: &mut PgTransaction<'static>,
    id: &VenueId,
    date: Date,
) -> Result<Vec<SheetCourt>, Problem> {
    let filter = Filter { venue: Some(id.clone()), ..Filter::default() };
    let rows = courts::select(tx, &filter, None, i64::MAX).await?.into_iter();
    let mut courts: Vec<SheetCourt> = rows
        .map(|it| SheetCourt {
            retired: it.facts(id.clone()).is_retired_on(date),
            court: it.code,
            name: it.name,
            kind: it.kind,
            surface: it.surface,
            indoor: it.indoor,
            bookings: Vec::new(),
            blocks: Vec::new(),
        })
        .collect();
    // The database may sort by another alphabet than the search below.
    courts.sort_by(|a, b| a.court.cmp(&b.court));
    Ok(courts)
}

async fn add_bookings(
    tx: &mut PgTransaction<'static>,
    courts: &mut [SheetCourt],
    id: &VenueId,
    (from, to): Span,
    now: Timestamp,
) -> Result<(), Problem> {
    let rows = sqlx::query_file!(
        "src/sheet/bookings.sql",
        id.to_string(),
        jiff_sqlx::Timestamp::from(from) as _,
        jiff_sqlx::Timestamp::from(to) as _,
        jiff_sqlx::Timestamp::from(now) as _
    )
    .fetch_all(&mut **tx)
    .await
    .map_err(away)?;
    for it in rows {
        let Some(court) = find(courts, &it.court) else { continue };
        let money = |amount_minor| Money { amount_minor, currency: it.currency.clone() };
        let (starts_at, ends_at) = (it.starts_at.to_jiff(), it.ends_at.to_jiff());
        court.bookings.push(SheetBooking {
            local: Local::new(starts_at, ends_at, &it.zone),
            checked_in: it.state == "checked_in",
            price: money(it.price_minor),
            paid: money(it.paid_minor),
            due: money(it.price_minor.saturating_sub(it.paid_minor).max(0)),
            id: it.id,
            reference: it.reference,
            starts_at,
            ends_at,
            state: it.state,
            expires_at: it.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            player: it.player,
            name: it.name,
            phone: it.phone,
            notes: it.notes,
        });
    }
    Ok(())
}

async fn add_blocks(
    tx: &mut PgTransaction<'static>,
    courts: &mut [SheetCourt],
    (from, to): Span,
) -> Result<(), Problem> {
    let codes: Vec<String> = courts.iter().map(|it| it.court.clone()).collect();
    for block in blocks(tx, &codes, from, to).await? {
        if let Some(court) = find(courts, &block.court) {
            court.blocks.push(block);
        }
    }
    Ok(())
}

fn find<'a>(courts: &'a mut [SheetCourt], code: &str) -> Option<&'a mut SheetCourt> {
    let found = courts.binary_search_by(|it| it.court.as_str().cmp(code)).ok()?;
    courts.get_mut(found)
}
