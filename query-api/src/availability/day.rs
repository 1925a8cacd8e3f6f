//! `/v1/courts/{code}/days/{date}`: one court's day.
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::ids::{CourtCode, VenueId};
use domain::policies;
use jiff::Timestamp;
use jiff::civil::Date;
use runtime::Problem;
use runtime::problem::{MALFORMED_REQUEST, NOT_FOUND, Place};
use serde::Serialize;

use crate::App;
use crate::courts;
use crate::snapshot::{MinPosition, away};
use crate::venues;

/// One court on one service day.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Day {
    pub court: String,
    pub venue: String,
    pub zone: String,
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// The day in steps of the venue's grid.
    pub slots: Vec<Slot>,
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
}

#[derive(Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    Free,
    Held,
    Booked,
    Past,
}

/// Shows a court's service day in steps of the grid.
#[utoipa::path(get, path = "/v1/courts/{code}/days/{date}", operation_id = "get_court_day", tag = "availability",
    params(("code" = String, Path), ("date" = String, Path)),
    responses((status = 200, body = Day), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn day(
    State(app): State<App>,
    wanted: MinPosition,
    Path((code, date)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let code: CourtCode = code.parse().map_err(|error| malformed("code", &error))?;
    let date: Date = date.parse().map_err(|error| malformed("date", &error))?;
    let now = app.clock.now();
    let mut snapshot = app.snapshot(&wanted, &["courts", "availability"]).await?;
    let court = courts::find(&mut snapshot.tx, &code).await?;
    let venue: VenueId = court.venue.parse().map_err(|error| malformed("code", &error))?;
    let venue = venues::find(&mut snapshot.tx, &venue)
        .await?
        .ok_or_else(|| Problem::new(NOT_FOUND, "the court's venue is gone"))?
        .facts();
    let taken = sqlx::query_file!(
        "src/availability/day.sql",
        code.to_string(),
        jiff_sqlx::Date::from(date) as _,
        jiff_sqlx::Timestamp::from(now) as _
    )
    .fetch_all(&mut *snapshot.tx)
    .await
    .map_err(away)?;

    let slots = policies::slots(&venue, date, venue.policy.grid_minutes)
        .into_iter()
        .map(|(starts_at, ends_at)| {
            let holder = taken
                .iter()
                .find(|it| it.starts_at.to_jiff() < ends_at && starts_at < it.ends_at.to_jiff());
            let held_until = holder.and_then(|it| it.expires_at).map(jiff_sqlx::Timestamp::to_jiff);
            let state = match holder {
                Some(it) if it.expires_at.is_none() => SlotState::Booked,
                Some(_) => SlotState::Held,
                None if starts_at < now => SlotState::Past,
                None => SlotState::Free,
            };
            Slot { starts_at, ends_at, state, held_until }
        })
        .collect();
    let day = Day { court: court.code, venue: court.venue, zone: venue.zone, date, slots };
    Ok(snapshot.seen.on(Json(day)))
}

fn malformed(parameter: &str, why: &dyn std::fmt::Display) -> Problem {
    let detail = why.to_string();
    let place = Place::Parameter(parameter.to_owned());
    Problem::new(MALFORMED_REQUEST, detail.clone()).at(place, "malformed", detail)
}
