//! `/v1/courts`.
use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::courts::Service;
use domain::ids::{CourtCode, VenueId};
use domain::policies::{PriceList, Prices};
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

/// A court as clients see it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Court {
    pub code: String,
    pub venue: String,
    pub name: String,
    pub kind: String,
    pub surface: String,
    pub indoor: bool,
    /// What an hour costs, from which service date on; the first are those from the beginning.
    #[schema(value_type = Vec<Object>)]
    pub prices: Vec<PricesFrom>,
    /// From which service date on it was `retired` or has `returned`; before the first it is in service.
    #[schema(value_type = Vec<Object>)]
    pub service: Vec<ServiceFrom>,
}

#[derive(Serialize)]
pub struct PricesFrom {
    pub from: Option<Date>,
    #[serde(flatten)]
    pub prices: Prices,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct ServiceFrom {
    pub from: Date,
    pub state: Service,
}

#[derive(Clone, Deserialize)]
pub struct LaterPrices {
    from: Date,
    prices: Prices,
}

/// A row of `courts_v1`.
#[derive(Clone)]
pub struct Row {
    pub code: String,
    pub venue: String,
    pub name: String,
    pub kind: String,
    pub surface: String,
    pub indoor: bool,
    pub prices: sqlx::types::Json<Prices>,
    pub later_prices: sqlx::types::Json<Vec<LaterPrices>>,
    pub service: sqlx::types::Json<Vec<ServiceFrom>>,
    pub revision: i64,
}

/// Which courts are asked for.
#[derive(Clone, Default)]
pub struct Filter {
    pub venue: Option<VenueId>,
    pub kind: Option<String>,
    pub surface: Option<String>,
    pub indoor: Option<bool>,
}

impl Filter {
    pub fn take(parameters: &mut Parameters) -> Result<Self, Problem> {
        Ok(Self {
            venue: parameters.optional("venue")?,
            kind: parameters.optional("kind")?,
            surface: parameters.optional("surface")?,
            indoor: parameters.optional("indoor")?,
        })
    }
}

/// Lists courts.
#[utoipa::path(get, path = "/v1/courts", operation_id = "list_courts", tag = "catalogue",
    params(("venue" = Option<String>, Query), ("kind" = Option<String>, Query), ("surface" = Option<String>, Query),
        ("indoor" = Option<bool>, Query), ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<Court>), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    wanted: MinPosition,
    uri: Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let filter = Filter::take(&mut parameters)?;
    let paging = Paging::<String>::take(&mut parameters)?;
    parameters.done()?;
    let mut snapshot = app.snapshot(&wanted, &["courts"]).await?;
    let rows = select(&mut snapshot.tx, &filter, paging.after.as_deref(), paging.fetch()).await?;
    let courts = rows.into_iter().map(Court::from).collect();
    Ok(snapshot.seen.on(paging.page(&uri, courts, |it| it.code.clone())))
}

/// Shows a court.
#[utoipa::path(get, path = "/v1/courts/{code}", operation_id = "get_court", tag = "catalogue",
    params(("code" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = Court, headers(("ETag" = String))), (status = 304, description = "As it was"),
        (status = "default", description = "A problem (RFC 9457)")))]
pub async fn get(
    State(app): State<App>,
    wanted: MinPosition,
    Parsed(code): Parsed<CourtCode>,
    known: Known,
) -> Result<Response, Problem> {
    let mut snapshot = app.snapshot(&wanted, &["courts"]).await?;
    let court = find(&mut snapshot.tx, &code).await?;
    let revision = court.revision;
    Ok(snapshot.seen.on(known.answer(revision, || Json(Court::from(court)))))
}

pub async fn find(tx: &mut PgTransaction<'static>, code: &CourtCode) -> Result<Row, Problem> {
    sqlx::query_file_as!(Row, "src/courts/get.sql", code.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(away)?
        .ok_or_else(|| Problem::new(NOT_FOUND, format!("there is no court {code}")))
}

/// Courts by filter, in the order of their codes.
pub async fn select(
    tx: &mut PgTransaction<'static>,
    filter: &Filter,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Row>, Problem> {
    sqlx::query_file_as!(
        Row,
        "src/courts/list.sql",
        filter.venue.as_ref().map(ToString::to_string),
        filter.kind.as_deref(),
        filter.surface.as_deref(),
        filter.indoor,
        after,
        limit
    )
    .fetch_all(&mut **tx)
    .await
    .map_err(away)
}

impl Row {
    /// The facts that the rules of sale ask about.
    pub fn facts(&self, venue: VenueId) -> domain::courts::Court {
        let later = self.later_prices.iter().map(|it| (it.from, it.prices.clone())).collect();
        domain::courts::Court {
            venue,
            name: self.name.clone(),
            kind: self.kind.clone(),
            surface: self.surface.clone(),
            indoor: self.indoor,
            prices: PriceList { first: self.prices.0.clone(), later },
            service: self.service.iter().map(|it| (it.from, it.state)).collect(),
        }
    }
}

impl From<Row> for Court {
    fn from(row: Row) -> Self {
        let first = PricesFrom { from: None, prices: row.prices.0 };
        let later = row.later_prices.0.into_iter();
        let later = later.map(|it| PricesFrom { from: Some(it.from), prices: it.prices });
        Self {
            code: row.code,
            venue: row.venue,
            name: row.name,
            kind: row.kind,
            surface: row.surface,
            indoor: row.indoor,
            prices: std::iter::once(first).chain(later).collect(),
            service: row.service.0,
        }
    }
}
