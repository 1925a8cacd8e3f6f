//! `/v1/me/waitlist`: what one waits for.
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::Parameters;
use serde::Serialize;

use crate::App;
use crate::pages::{Page, Paging};
use crate::snapshot::{MinPosition, away};

/// Somebody's place on a waitlist.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Waiting {
    pub id: String,
    pub venue: String,
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    pub minutes: i32,
    /// Where only one court will do.
    pub court: Option<String>,
    pub kind: Option<String>,
    pub surface: Option<String>,
    pub indoor: Option<bool>,
    #[schema(value_type = String, format = DateTime)]
    pub joined_at: Timestamp,
    /// What is held just now.
    pub offer: Option<WaitingOffer>,
}

/// A place that is held for whoever waited: confirming the booking accepts it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WaitingOffer {
    pub booking: String,
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// When it lapses. A payment that is started may extend it: the booking says so.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
}

struct Row {
    id: String,
    venue: String,
    from_at: jiff_sqlx::Timestamp,
    to_at: jiff_sqlx::Timestamp,
    minutes: i32,
    court: Option<String>,
    kind: Option<String>,
    surface: Option<String>,
    indoor: Option<bool>,
    joined_at: jiff_sqlx::Timestamp,
    offer_booking: Option<String>,
    offer_starts_at: Option<jiff_sqlx::Timestamp>,
    offer_ends_at: Option<jiff_sqlx::Timestamp>,
    offer_until: Option<jiff_sqlx::Timestamp>,
}

/// Lists what the caller waits for, by the time it begins. Whoever was served, left, or waited in vain is not on it.
#[utoipa::path(get, path = "/v1/me/waitlist", operation_id = "list_waiting", tag = "bookings", security(("bearer" = [])),
    params(("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<Waiting>), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    uri: Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    caller.may(Permission::Play)?;
    let user = caller.person()?.user.0;
    let paging = Paging::<(Timestamp, String)>::take(&mut parameters)?;
    parameters.done()?;
    let now = app.clock.now();
    let mut snapshot = app.snapshot(&wanted, &["waitlist"]).await?;
    let (after_from, after_id) = paging.after.clone().unzip();
    let rows = sqlx::query_file_as!(
        Row,
        "src/waitlist/list.sql",
        user,
        jiff_sqlx::Timestamp::from(now) as _,
        after_from.map(jiff_sqlx::Timestamp::from) as _,
        after_id,
        paging.fetch()
    )
    .fetch_all(&mut *snapshot.tx)
    .await
    .map_err(away)?;
    let waiting = rows.into_iter().map(|it| Waiting::new(it, now)).collect();
    Ok(snapshot.seen.on(paging.page(&uri, waiting, |it: &Waiting| (it.from, it.id.clone()))))
}

impl Waiting {
    /// An offer past its time is over, whether or not anybody has written that down yet.
    fn new(row: Row, now: Timestamp) -> Self {
        let offer = row
            .offer_booking
            .zip(row.offer_starts_at)
            .zip(row.offer_ends_at)
            .zip(row.offer_until)
            .map(|(((booking, starts_at), ends_at), until)| WaitingOffer {
                booking,
                starts_at: starts_at.to_jiff(),
                ends_at: ends_at.to_jiff(),
                until: until.to_jiff(),
            });
        Self {
            id: row.id,
            venue: row.venue,
            from: row.from_at.to_jiff(),
            to: row.to_at.to_jiff(),
            minutes: row.minutes,
            court: row.court,
            kind: row.kind,
            surface: row.surface,
            indoor: row.indoor,
            joined_at: row.joined_at.to_jiff(),
            offer: offer.filter(|it| now < it.until),
        }
    }
}
