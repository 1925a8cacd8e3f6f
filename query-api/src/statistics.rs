//! `/v1/venues/{id}/statistics`: how well a venue's courts are used, by court and hour of the day.
mod hours;
mod table;

use std::collections::BTreeMap;

use access::Caller;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::ids::VenueId;
use domain::money::Money;
use domain::policies::{self, ServiceDate};
use domain::venues::Venue;
use jiff::Timestamp;
use jiff::civil::Date;
use runtime::Problem;
use runtime::http::{Parameters, Parsed};
use runtime::problem::{INVALID, NOT_FOUND, Place};
use serde::Serialize;
use sqlx::PgTransaction;

use crate::App;
use crate::availability::{Blocked, blocks};
use crate::courts::{self, Filter};
use crate::format::Format;
use crate::snapshot::{MinPosition, away};
use crate::venues;

use hours::{clear, spread};

/// A quarter of a year: what is asked for is read row by row.
const MOST_DAYS: i64 = 92;

/// A venue's courts over some service dates.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Statistics {
    pub venue: String,
    pub zone: String,
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// By court, then by hour; where all is zero there is none.
    pub items: Vec<CourtHour>,
}

/// One hour of the day on one court, all dates together.
#[derive(Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CourtHour {
    pub court: String,
    /// By the venue's clock, 0 to 23: the hour from 18:00 is 18. After midnight it still belongs to the service date before.
    pub hour: i8,
    /// Minutes that could be sold: the venue open, the court in service, and nothing blocking it. By the hours, closures and
    /// blocks that are known now; a court counts for dates before it was added, too.
    pub for_sale_minutes: i64,
    /// Minutes of bookings that are confirmed, played or missed. What was cancelled or moved elsewhere is not in it, nor
    /// what is only held. More than what was for sale, if the hours were cut afterwards.
    pub sold_minutes: i64,
    /// Holds of a play beginning in this hour that were let go or ran out; not the new place of a move that came to nothing.
    pub holds_lost: i64,
    /// The prices of what is sold and begins in this hour, by currency: agreed, paid or not.
    #[schema(value_type = Vec<Object>)]
    pub prices: Vec<Money>,
    /// What was recorded as paid for bookings that begin in this hour, less what has gone back or has to, by currency. Also
    /// of what was cancelled and not paid back. What nobody recorded is not in it.
    #[schema(value_type = Vec<Object>)]
    pub takings: Vec<Money>,
}

struct Sale {
    court: String,
    starts_at: jiff_sqlx::Timestamp,
    ends_at: jiff_sqlx::Timestamp,
    price_minor: i64,
    taken_minor: i64,
    currency: String,
    state: String,
    moving: bool,
}

/// Shows how a venue's courts are used: JSON, or CSV with `?format=csv` or `Accept: text/csv`.
///
/// Minutes are counted in the hour in which they lie; holds and money in the hour in which the play begins. Money is in minor
/// units of its currency, and never added across currencies. At most 92 service dates, the first and the last included.
#[utoipa::path(get, path = "/v1/venues/{id}/statistics", operation_id = "get_venue_statistics", tag = "desk",
    security(("bearer" = [])),
    params(("id" = String, Path), ("from" = String, Query, description = "The first service date, YYYY-MM-DD"),
        ("to" = String, Query, description = "The last one, at most 91 days later"),
        ("format" = Option<String>, Query, description = "`json` or `csv`; wins over `Accept`")),
    responses((status = 200, content((Statistics = "application/json"), (String = "text/csv"))),
        (status = "default", description = "A problem (RFC 9457)")))]
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    min: MinPosition,
    Parsed(id): Parsed<VenueId>,
    headers: HeaderMap,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    caller.runs(&id)?;
    let format = Format::take(&mut parameters, &headers, &[Format::Json, Format::Csv])?;
    let ServiceDate(from) = parameters.required("from")?;
    let ServiceDate(to) = parameters.required("to")?;
    parameters.done()?;
    let dates = dates(from, to)?;
    let mut snapshot = app.snapshot(&min, &["courts", "availability", "statistics"]).await?;
    let unknown = || Problem::new(NOT_FOUND, format!("there is no venue {id}"));
    let facts = venues::find(&mut snapshot.tx, &id).await?.ok_or_else(unknown)?.facts();
    let mut sums = Sums::new(&facts);
    add_sale(&mut snapshot.tx, &mut sums, &id, &dates).await?;
    for sale in sales(&mut snapshot.tx, &id, from, to).await? {
        sums.add(&sale);
    }
    let items = sums.items();
    let statistics = Statistics { venue: id.to_string(), zone: facts.zone, from, to, items };
    let mut response = match format {
        Format::Csv => table::answer(&statistics),
        Format::Json | Format::Ndjson => Json(statistics).into_response(),
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(snapshot.seen.on(response))
}

/// Every date asked for.
fn dates(from: Date, to: Date) -> Result<Vec<Date>, Problem> {
    let wrong = |code, detail: &str| {
        Problem::new(INVALID, detail).at(Place::Parameter("to".to_owned()), code, detail)
    };
    if to < from {
        return Err(wrong("end-before-start", "to is before from"));
    }
    let dates: Vec<Date> =
        from.series(jiff::Span::new().days(1)).take_while(|it| *it <= to).take(93).collect();
    if MOST_DAYS < i64::try_from(dates.len()).unwrap_or(i64::MAX) {
        return Err(wrong("too-long", "at most 92 dates at once"));
    }
    Ok(dates)
}

/// Adds what could be sold.
async fn add_sale(
    tx: &mut PgTransaction<'static>,
    sums: &mut Sums<'_>,
    id: &VenueId,
    dates: &[Date],
) -> Result<(), Problem> {
    let Some((first, last)) = dates.first().zip(dates.last()) else { return Ok(()) };
    let filter = Filter { venue: Some(id.clone()), ..Filter::default() };
    let rows = courts::select(tx, &filter, None, i64::MAX).await?;
    let codes: Vec<String> = rows.iter().map(|it| it.code.clone()).collect();
    let from = policies::service_day(sums.venue, *first).0;
    let to = policies::service_day(sums.venue, *last).1;
    let blocks = blocks(tx, &codes, from, to).await?;
    for row in rows {
        let court = row.facts(id.clone());
        let blocks: Vec<&Blocked> = blocks.iter().filter(|it| it.court == row.code).collect();
        for date in dates.iter().filter(|it| !court.is_retired_on(**it)) {
            let Some(open) = policies::open_hours(sums.venue, *date) else { continue };
            sums.offer(&row.code, open, &blocks);
        }
    }
    Ok(())
}

async fn sales(
    tx: &mut PgTransaction<'static>,
    id: &VenueId,
    from: Date,
    to: Date,
) -> Result<Vec<Sale>, Problem> {
    sqlx::query_file_as!(
        Sale,
        "src/statistics/sales.sql",
        id.to_string(),
        jiff_sqlx::Date::from(from) as _,
        jiff_sqlx::Date::from(to) as _
    )
    .fetch_all(&mut **tx)
    .await
    .map_err(away)
}

/// What was counted so far, by court and hour.
struct Sums<'a> {
    venue: &'a Venue,
    sums: BTreeMap<(String, i8), Sum>,
}

#[derive(Default)]
struct Sum {
    for_sale: i64,
    sold: i64,
    lost: i64,
    prices: BTreeMap<String, i64>,
    takings: BTreeMap<String, i64>,
}

impl<'a> Sums<'a> {
    fn new(venue: &'a Venue) -> Self {
        Self { venue, sums: BTreeMap::new() }
    }

    fn at(&mut self, court: &str, hour: i8) -> &mut Sum {
        self.sums.entry((court.to_owned(), hour)).or_default()
    }

    fn offer(&mut self, court: &str, open: (Timestamp, Timestamp), blocks: &[&Blocked]) {
        let blocks = blocks.iter().map(|it| (it.starts_at, it.ends_at)).collect();
        for (from, to) in clear(open, blocks) {
            for (hour, minutes) in spread(&policies::zone(self.venue), from, to) {
                self.at(court, hour).for_sale += minutes;
            }
        }
    }

    fn add(&mut self, it: &Sale) {
        let (from, to) = (it.starts_at.to_jiff(), it.ends_at.to_jiff());
        let zone = policies::zone(self.venue);
        let is_sold = it.state == "sold";
        if is_sold {
            for (hour, minutes) in spread(&zone, from, to) {
                self.at(&it.court, hour).sold += minutes;
            }
        }
        let sum = self.at(&it.court, from.to_zoned(zone).hour());
        if is_sold && it.price_minor != 0 {
            *sum.prices.entry(it.currency.clone()).or_default() += it.price_minor;
        }
        if it.taken_minor != 0 {
            *sum.takings.entry(it.currency.clone()).or_default() += it.taken_minor;
        }
        if it.state == "lost" && !it.moving {
            sum.lost += 1;
        }
    }

    fn items(self) -> Vec<CourtHour> {
        let money = |sums: BTreeMap<String, i64>| {
            let all = sums.into_iter();
            all.map(|(currency, amount_minor)| Money { amount_minor, currency }).collect()
        };
        let items = self.sums.into_iter().map(|((court, hour), it)| CourtHour {
            court,
            hour,
            for_sale_minutes: it.for_sale,
            sold_minutes: it.sold,
            holds_lost: it.lost,
            prices: money(it.prices),
            takings: money(it.takings),
        });
        items.filter(|it| !it.is_empty()).collect()
    }
}

impl CourtHour {
    fn is_empty(&self) -> bool {
        self.for_sale_minutes == 0
            && self.sold_minutes == 0
            && self.holds_lost == 0
            && self.prices.is_empty()
            && self.takings.is_empty()
    }
}
