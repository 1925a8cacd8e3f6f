//! `/v1/venues`.
use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::ids::VenueId;
use domain::policies::{DayHours, Policy, Week};
use jiff::civil::Date;
use runtime::Problem;
use runtime::http::{Parameters, Parsed};
use runtime::problem::NOT_FOUND;
use serde::{Deserialize, Serialize};
use sqlx::PgTransaction;

use crate::App;
use crate::etag::Known;
use crate::pages::{Page, Paging};
use crate::snapshot::{MinPosition, away};

/// A venue as clients see it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Venue {
    pub id: String,
    pub name: String,
    /// IANA time zone; opening hours are wall times here.
    pub zone: String,
    /// When a service day begins, in wall time: what is played before it belongs to the day before.
    #[schema(value_type = String)]
    pub day_starts_at: jiff::civil::Time,
    #[schema(value_type = Vec<Object>)]
    pub hours: Vec<Hours>,
    /// Service dates with hours of their own, whatever the week says.
    #[schema(value_type = Vec<Object>)]
    pub hours_on: Vec<HoursOn>,
    /// Service dates on which it is closed, whatever hours they have.
    #[schema(value_type = Vec<String>)]
    pub closed_on: Vec<Date>,
    #[schema(value_type = Object)]
    pub policy: Policy,
}

/// The weekly hours from a service date on.
#[derive(Clone, Serialize, Deserialize)]
pub struct Hours {
    pub from: Date,
    pub week: Week,
}

/// The hours of one service date.
#[derive(Clone, Serialize, Deserialize)]
pub struct HoursOn {
    pub date: Date,
    #[serde(flatten)]
    pub hours: DayHours,
}

/// A row of `venues_v1`.
pub struct Row {
    pub id: String,
    pub name: String,
    pub zone: String,
    pub day_starts_at: jiff_sqlx::Time,
    pub hours: sqlx::types::Json<Vec<Hours>>,
    pub closed_on: sqlx::types::Json<Vec<Date>>,
    pub hours_on: sqlx::types::Json<Vec<HoursOn>>,
    pub policy: sqlx::types::Json<Policy>,
    pub revision: i64,
}

/// Lists venues.
#[utoipa::path(get, path = "/v1/venues", operation_id = "list_venues", tag = "catalogue",
    params(("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<Venue>), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    wanted: MinPosition,
    uri: Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let paging = Paging::<String>::take(&mut parameters)?;
    parameters.done()?;
    let mut snapshot = app.snapshot(&wanted, &["courts"]).await?;
    let rows =
        sqlx::query_file_as!(Row, "src/venues/list.sql", paging.after.as_deref(), paging.fetch())
            .fetch_all(&mut *snapshot.tx)
            .await
            .map_err(away)?;
    let venues = rows.into_iter().map(Venue::from).collect();
    Ok(snapshot.seen.on(paging.page(&uri, venues, |it| it.id.clone())))
}

/// Shows a venue.
#[utoipa::path(get, path = "/v1/venues/{id}", operation_id = "get_venue", tag = "catalogue",
    params(("id" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = Venue, headers(("ETag" = String))), (status = 304, description = "As it was"),
        (status = "default", description = "A problem (RFC 9457)")))]
pub async fn get(
    State(app): State<App>,
    wanted: MinPosition,
    Parsed(id): Parsed<VenueId>,
    known: Known,
) -> Result<Response, Problem> {
    let mut snapshot = app.snapshot(&wanted, &["courts"]).await?;
    let row = find(&mut snapshot.tx, &id).await?;
    let row = row.ok_or_else(|| Problem::new(NOT_FOUND, format!("there is no venue {id}")))?;
    let revision = row.revision;
    Ok(snapshot.seen.on(known.answer(revision, || Json(Venue::from(row)))))
}

pub async fn find(tx: &mut PgTransaction<'static>, id: &VenueId) -> Result<Option<Row>, Problem> {
    sqlx::query_file_as!(Row, "src/venues/get.sql", id.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(away)
}

/// All venues: what a search looks through that asks for none.
pub async fn all(tx: &mut PgTransaction<'static>) -> Result<Vec<Row>, Problem> {
    sqlx::query_file_as!(Row, "src/venues/list.sql", None::<String>, i64::MAX)
        .fetch_all(&mut **tx)
        .await
        .map_err(away)
}

impl Row {
    /// The facts that the rules of sale ask about.
    pub fn facts(&self) -> domain::venues::Venue {
        let hours: BTreeMap<Date, Week> =
            self.hours.iter().map(|it| (it.from, it.week.clone())).collect();
        domain::venues::Venue {
            name: self.name.clone(),
            zone: self.zone.clone(),
            day_starts_at: self.day_starts_at.to_jiff(),
            hours,
            hours_on: self.hours_on.iter().map(|it| (it.date, it.hours)).collect(),
            closed_on: self.closed_on.iter().copied().collect(),
            policy: self.policy.0.clone(),
        }
    }
}

impl From<Row> for Venue {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            zone: row.zone,
            day_starts_at: row.day_starts_at.to_jiff(),
            hours: row.hours.0,
            hours_on: row.hours_on.0,
            closed_on: row.closed_on.0,
            policy: row.policy.0,
        }
    }
}
