//! `/v1/bookings`: one's own and those one plays along in, and for the desk those of its venues.
mod guests;
mod list;
mod participants;
mod row;

use access::Caller;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::ids::BookingId;
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::Parsed;
use runtime::problem::NOT_FOUND;
use serde::Serialize;

use crate::App;
use crate::snapshot::{MinPosition, away};

pub(crate) use list::__path_list;
pub use list::list;
pub use participants::Participant;
pub use row::{Booking, Local, Row};

/// A booking with what happened to it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BookingWithHistory {
    #[serde(flatten)]
    pub booking: Booking,
    pub history: Vec<HistoryEntry>,
    /// Who plays along, beside whoever has booked; in the order in which they joined.
    pub participants: Vec<Participant>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct HistoryEntry {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `held`, `confirmed`, `expired`, …
    pub event: String,
    /// Who did it, for those who run the desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Shows a booking: one's own, one that one plays along in, or at the desk any of its venue. Somebody else's looks like
/// none.
#[utoipa::path(get, path = "/v1/bookings/{id}", operation_id = "get_booking", tag = "bookings",
    params(("id" = String, Path)), security(("bearer" = [])),
    responses((status = 200, body = BookingWithHistory), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    Parsed(id): Parsed<BookingId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let own = caller.player()?.map(|it| it.0);
    let mut snapshot = app.snapshot(&wanted, guests::projections(&caller)).await?;
    let nothing = || Problem::new(NOT_FOUND, format!("you have no booking {id}"));
    let row = sqlx::query_file_as!(Row, "src/bookings/get.sql", id.to_string())
        .fetch_optional(&mut *snapshot.tx)
        .await
        .map_err(away)?
        .ok_or_else(nothing)?;
    let participants = participants::of(&mut snapshot.tx, &row.reference).await?;
    let is_own = own.is_some() && row.player == own;
    let plays_along = own.is_some_and(|own| participants.iter().any(|it| it.id == own));
    let at_desk = desk(&caller, &row.venue);
    if !is_own && !at_desk && !plays_along {
        return Err(nothing());
    }
    let etag = participants::tag(&row, &participants);
    // What a hold looks like depends on the time as well, so only a settled booking can be "not modified".
    let unchanged =
        headers.get(header::IF_NONE_MATCH).is_some_and(|it| it.as_bytes() == etag.as_bytes());
    let etag = HeaderValue::from_str(&etag).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
    if unchanged && row.state != "held" {
        return Ok(snapshot.seen.on((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)])));
    }
    let history = sqlx::query_file!("src/bookings/history.sql", id.to_string())
        .fetch_all(&mut *snapshot.tx)
        .await
        .map_err(away)?;
    let history = history
        .into_iter()
        .map(|it| HistoryEntry {
            at: it.at.to_jiff(),
            event: it.event,
            actor: it.actor.filter(|_| at_desk),
        })
        .collect();
    let mut booking = Booking::new(row, app.clock.now());
    booking.participant = plays_along;
    if at_desk {
        guests::add(&mut snapshot.tx, std::slice::from_mut(&mut booking)).await?;
    }
    let mut response = snapshot
        .seen
        .on(Json(BookingWithHistory { booking, history, participants }))
        .into_response();
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}

/// Whether the caller runs the desk of this venue.
fn desk(caller: &Caller, venue: &str) -> bool {
    venue.parse().is_ok_and(|it| caller.runs(&it).is_ok())
}
