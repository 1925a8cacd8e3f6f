use access::{Caller, Permission};
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::ids::{BookingId, CourtCode, VenueId};
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::Parameters;

use super::guests;
use super::row::{Booking, Row};
use crate::App;
use crate::pages::{Page, Paging};
use crate::snapshot::{MinPosition, away};

const STATES: [&str; 8] =
    ["held", "confirmed", "expired", "released", "cancelled", "moved", "checked_in", "missed"];

/// Lists the caller's own bookings by start, and those they play along in (`participant`), each where it is now; the desk
/// filters explicitly and sees those of its venues. A service account has none of its own, and sees those of its venues.
#[utoipa::path(get, path = "/v1/bookings", operation_id = "list_bookings", tag = "bookings", security(("bearer" = [])),
    params(("state" = Option<String>, Query), ("from" = Option<String>, Query, description = "RFC 3339; first start"),
        ("to" = Option<String>, Query, description = "RFC 3339; starts before"),
        ("player" = Option<uuid::Uuid>, Query, description = "The desk only"),
        ("venue" = Option<String>, Query, description = "The desk only"),
        ("court" = Option<String>, Query, description = "The desk only"),
        ("reference" = Option<String>, Query, description = "The desk only"),
        ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<Booking>), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    uri: Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let state = parameters.one_of("state", &STATES)?;
    let from: Option<Timestamp> = parameters.optional("from")?;
    let to: Option<Timestamp> = parameters.optional("to")?;
    let player: Option<uuid::Uuid> = parameters.optional("player")?;
    let venue: Option<VenueId> = parameters.optional("venue")?;
    let court: Option<CourtCode> = parameters.optional("court")?;
    let reference: Option<BookingId> = parameters.optional("reference")?;
    let paging = Paging::<(Timestamp, String)>::take(&mut parameters)?;
    parameters.done()?;
    let explicit = player.is_some() || venue.is_some() || court.is_some() || reference.is_some();
    let own = caller.player()?.map(|it| it.0);
    // A program has none of its own.
    let at_desk = own.is_none() || (explicit && player != own);
    if at_desk {
        caller.may(Permission::RunDesk)?;
    }
    let player = if at_desk { player } else { own };
    let venues = venue.map(|it| vec![it.to_string()]);
    // Staff see what their role names, whatever they ask for.
    let venues = match (at_desk, caller.scope(), venues) {
        (true, Some(scope), Some(asked)) => {
            Some(asked.into_iter().filter(|it| scope.contains(it)).collect())
        }
        (true, Some(scope), None) => Some(scope),
        (_, _, asked) => asked,
    };

    let now = app.clock.now();
    let mut snapshot = app.snapshot(&wanted, guests::projections(&caller)).await?;
    let (after_start, after_id) = paging.after.clone().unzip();
    let rows = sqlx::query_file_as!(
        Row,
        "src/bookings/list.sql",
        player,
        venues.as_deref(),
        court.map(|it| it.to_string()),
        reference.map(|it| it.to_string()),
        state,
        jiff_sqlx::Timestamp::from(now) as _,
        from.map(jiff_sqlx::Timestamp::from) as _,
        to.map(jiff_sqlx::Timestamp::from) as _,
        after_start.map(jiff_sqlx::Timestamp::from) as _,
        after_id,
        paging.fetch(),
        !at_desk
    )
    .fetch_all(&mut *snapshot.tx)
    .await
    .map_err(away)?;
    let mut bookings: Vec<Booking> = rows.into_iter().map(|row| Booking::new(row, now)).collect();
    if at_desk {
        guests::add(&mut snapshot.tx, &mut bookings).await?;
    } else {
        // What is in one's own list and not one's own is there for no other reason.
        for it in &mut bookings {
            it.participant = it.player != own;
        }
    }
    Ok(snapshot.seen.on(paging.page(&uri, bookings, |it: &Booking| (it.starts_at, it.id.clone()))))
}
