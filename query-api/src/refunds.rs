//! `/v1/refunds`: money that has to go back, for those who run the desk.
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::ids::VenueId;
use domain::money::Money;
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::Parameters;
use serde::Serialize;

use crate::App;
use crate::pages::{Page, Paging};
use crate::snapshot::{MinPosition, away};

/// A payment that has to go back, or has gone.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Refund {
    /// For `POST /v1/refunds/{id}/settle`.
    pub id: String,
    pub booking: String,
    pub payment_reference: String,
    /// The first id the booking ever had.
    pub reference: String,
    pub court: String,
    pub venue: String,
    pub player: Option<uuid::Uuid>,
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    #[schema(value_type = Object)]
    pub amount: Money,
    /// `place_lost`, `given_back`, `wrong_amount`, `paid_twice`, `cancelled`, `price_difference`; more may come.
    pub why: String,
    #[schema(value_type = String, format = DateTime)]
    pub required_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub settled_at: Option<Timestamp>,
    pub settled_by: Option<String>,
    #[serde(skip)]
    position: i64,
}

/// Lists refunds at the venues whose desk the caller runs, the oldest first.
#[utoipa::path(get, path = "/v1/refunds", operation_id = "list_refunds", tag = "payments", security(("bearer" = [])),
    params(("venue" = Option<String>, Query), ("state" = Option<String>, Query, description = "`owed` or `settled`"),
        ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<Refund>), (status = "default", description = "A problem (RFC 9457)")))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
    uri: Uri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    caller.may(Permission::RunDesk)?;
    let venue: Option<VenueId> = parameters.optional("venue")?;
    let state = parameters.one_of("state", &["owed", "settled"])?;
    let paging = Paging::<i64>::take(&mut parameters)?;
    parameters.done()?;
    if let Some(venue) = &venue {
        caller.runs(venue)?;
    }
    let mut snapshot = app.snapshot(&wanted, &["bookings"]).await?;
    let scope = caller.scope();
    let rows = sqlx::query_file!(
        "src/refunds/list.sql",
        scope.as_deref(),
        venue.map(|it| it.to_string()),
        state.map(|it| it == "settled"),
        paging.after,
        paging.fetch()
    )
    .fetch_all(&mut *snapshot.tx)
    .await
    .map_err(away)?;
    let refunds = rows
        .into_iter()
        .map(|it| Refund {
            id: format!("{}.{}", it.booking, it.payment_reference),
            booking: it.booking,
            payment_reference: it.payment_reference,
            reference: it.reference,
            court: it.court,
            venue: it.venue,
            player: it.player,
            starts_at: it.starts_at.to_jiff(),
            amount: Money { amount_minor: it.amount_minor, currency: it.currency },
            why: it.why,
            required_at: it.required_at.to_jiff(),
            settled_at: it.settled_at.map(jiff_sqlx::Timestamp::to_jiff),
            settled_by: it.settled_by,
            position: it.position,
        })
        .collect();
    Ok(snapshot.seen.on(paging.page(&uri, refunds, |it: &Refund| it.position)))
}
