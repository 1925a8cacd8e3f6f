//! `/v1/calendars/{file}`: somebody's bookings, for the calendar program that has their link.
//!
//! The link is all that is asked for, and so it is nowhere: not in the log, which has its hash, and not in ours, which name a
//! request by its route.
mod feed;

use access::calendar_links::CalendarLink;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use jiff::ToSpan;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use runtime::Problem;
use runtime::http::Parsed;
use runtime::problem::NOT_FOUND;

use crate::App;
use crate::etag::Known;
use crate::snapshot::{MinPosition, away};

const DAYS_BACK: i64 = 90;
/// The most bookings that one may have ahead are fewer.
const MOST: i64 = 1_000;

/// Shows the bookings of whoever made this link with `POST /v1/me/calendar`, as iCalendar (RFC 5545): confirmed ones, from ninety
/// days ago on, and those that they play along in.
///
/// A booking's `UID` stays when it moves; one that is cancelled is there no more. Ask every quarter of an hour, with `If-None-Match`.
#[utoipa::path(get, path = "/v1/calendars/{file}", operation_id = "get_calendar", tag = "bookings",
    params(("file" = String, Path, description = "The link's secret, and `.ics`")),
    responses((status = 200, content_type = "text/calendar", body = String, headers(("ETag" = String))), (status = 304),
        (status = 404, description = "`not-found`: no such link, or no more"),
        (status = "default", description = "A problem (RFC 9457)")))]
pub async fn get(
    State(app): State<App>,
    wanted: MinPosition,
    known: Known,
    Parsed(file): Parsed<String>,
) -> Result<Response, Problem> {
    let link = file.strip_suffix(".ics").and_then(CalendarLink::parse).ok_or_else(no_link)?;
    let projections = ["bookings", "calendars", "courts", "participants"];
    let mut snapshot = app.snapshot(&wanted, &projections).await?;
    let now = app.clock.now();
    let since = (now - (DAYS_BACK * 24).hours()).to_sqlx();
    let owner = sqlx::query_file_scalar!("src/calendars/owner.sql", link.digest())
        .fetch_optional(&mut *snapshot.tx)
        .await
        .map_err(away)?
        .ok_or_else(no_link)?;
    let rows = sqlx::query_file_as!(
        feed::Row,
        "src/calendars/bookings.sql",
        owner,
        since as SqlTimestamp,
        MOST
    )
    .fetch_all(&mut *snapshot.tx)
    .await
    .map_err(away)?;
    let text = feed::write(&rows, &app.settings.server_url);
    let mut response = snapshot.seen.on(known.answer(feed::tag(&text), || text));
    let headers = response.headers_mut();
    let type_ = HeaderValue::from_static("text/calendar; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, type_);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

fn no_link() -> Problem {
    Problem::new(
        NOT_FOUND,
        "there is no such calendar, or no more: its owner may have made a new link",
    )
}
