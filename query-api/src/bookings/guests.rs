use std::collections::HashMap;

use access::Caller;
use runtime::Problem;
use serde::Serialize;
use sqlx::PgConnection;

use super::Booking;
use crate::snapshot::away;

/// Somebody without an account, whom the desk has booked for. What was erased reads `[erased]`.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Guest {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub notes: Option<String>,
}

/// What a caller's bookings, and those they play along in, are read from: only those who run some desk are told of
/// guests.
pub fn projections(caller: &Caller) -> &'static [&'static str] {
    let at_desk = caller.scope().is_none_or(|it| !it.is_empty());
    if at_desk { &["bookings", "guests", "participants"] } else { &["bookings", "participants"] }
}

/// Says whom bookings are for that are of nobody with an account. Only for those who run the desk of their venue.
pub async fn add(db: &mut PgConnection, bookings: &mut [Booking]) -> Result<(), Problem> {
    let theirs = bookings.iter().filter(|it| it.player.is_none());
    let ids: Vec<String> = theirs.map(|it| it.id.clone()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rows =
        sqlx::query_file!("src/bookings/guests.sql", &ids).fetch_all(db).await.map_err(away)?;
    let mut guests: HashMap<String, Guest> = rows
        .into_iter()
        .map(|it| {
            let guest = Guest { name: it.name, email: it.email, phone: it.phone, notes: it.notes };
            (it.booking, guest)
        })
        .collect();
    for booking in bookings {
        booking.guest = guests.remove(&booking.id);
    }
    Ok(())
}
