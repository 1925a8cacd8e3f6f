//! `/v1/me/export`: everything that is kept of a person, for themselves (GDPR, articles 15 and 20).
use std::collections::HashMap;

use access::{Caller, Permission};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use domain::money::Money;
use jiff::Timestamp;
use runtime::Problem;
use runtime::problem::NOT_FOUND;
use serde::Serialize;
use uuid::Uuid;

use crate::App;
use crate::bookings::{Booking, Row};
use crate::preferences::Preferences;
use crate::snapshot::{MinPosition, Snapshot, away};
use crate::users::Me;

/// Everything, as it was at one moment.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Export {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    profile: Me,
    preferences: Preferences,
    bookings: Vec<ExportedBooking>,
    /// Payments that had to go back, and those that have gone; what was paid is in the bookings.
    refunds: Vec<ExportedRefund>,
    /// What you play along in, as somebody else's booking.
    participations: Vec<ExportedParticipation>,
    /// What you wait for, or waited for.
    waitlist: Vec<ExportedWait>,
    /// Over ones too.
    sessions: Vec<ExportedSession>,
    logins: Vec<ExportedLogin>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct ExportedBooking {
    #[serde(flatten)]
    booking: Booking,
    history: Vec<ExportedChange>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct ExportedChange {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    event: String,
    /// Whether it was you; else the venue, or time.
    own: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
struct ExportedRefund {
    booking: String,
    payment_reference: String,
    #[schema(value_type = Object)]
    amount: Money,
    why: String,
    #[schema(value_type = String, format = DateTime)]
    required_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    settled_at: Option<Timestamp>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct ExportedParticipation {
    /// As it is called now; and at first.
    booking: String,
    reference: String,
    court: String,
    venue: String,
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// Of the booking, as recorded.
    state: String,
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
}

#[derive(Serialize, utoipa::ToSchema)]
struct ExportedWait {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    minutes: i32,
    court: Option<String>,
    kind: Option<String>,
    surface: Option<String>,
    indoor: Option<bool>,
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
    /// `waiting`, `served` or `left`.
    state: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct ExportedSession {
    id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    refreshed_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct ExportedLogin {
    event_id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    outcome: String,
    reason: Option<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    session: Option<Uuid>,
}

/// Hands out everything that is kept of the caller, and nothing of anybody else: profile and preferences, bookings with what was paid
/// and what happened to them, refunds, what one plays along in, waitlists, sessions, and every login with its address and user agent.
/// Ten an hour.
#[utoipa::path(get, path = "/v1/me/export", operation_id = "export_me", tag = "users", security(("bearer" = [])),
    responses((status = 200, body = Export, headers(("Courtside-Position" = String), ("Content-Disposition" = String))),
        (status = 429, description = "`quota-exceeded`"),
        (status = "default", description = "A problem (RFC 9457)")))]
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    wanted: MinPosition,
) -> Result<Response, Problem> {
    caller.may(Permission::Play)?;
    let user = caller.person()?.user.0;
    app.rate_limits.export(user).await?;
    let projections =
        ["bookings", "logins", "participants", "preferences", "sessions", "users", "waitlist"];
    let mut snapshot = app.snapshot(&wanted, &projections).await?;
    let at = app.clock.now();
    let export = read(&mut snapshot, user, at).await?;
    let mut response = snapshot.seen.on(Json(export));
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let name = HeaderValue::from_static("attachment; filename=\"courtside-export.json\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

async fn read(snapshot: &mut Snapshot, user: Uuid, at: Timestamp) -> Result<Export, Problem> {
    let profile = Me::of(snapshot, user).await?;
    let profile =
        profile.ok_or_else(|| Problem::new(NOT_FOUND, "your account has not arrived here yet"))?;
    Ok(Export {
        at,
        profile,
        preferences: Preferences::of(snapshot, user).await?,
        bookings: bookings(snapshot, user, at).await.map_err(away)?,
        refunds: refunds(snapshot, user).await.map_err(away)?,
        participations: participations(snapshot, user).await.map_err(away)?,
        waitlist: waitlist(snapshot, user).await.map_err(away)?,
        sessions: sessions(snapshot, user).await.map_err(away)?,
        logins: logins(snapshot, user).await.map_err(away)?,
    })
}

async fn bookings(
    snapshot: &mut Snapshot,
    user: Uuid,
    at: Timestamp,
) -> Result<Vec<ExportedBooking>, sqlx::Error> {
    let changes =
        sqlx::query_file!("src/exports/history.sql", user).fetch_all(&mut *snapshot.tx).await?;
    let mut history: HashMap<String, Vec<ExportedChange>> = HashMap::new();
    for it in changes {
        let change = ExportedChange { at: it.at.to_jiff(), event: it.event, own: it.own };
        history.entry(it.booking).or_default().push(change);
    }
    let rows = sqlx::query_file_as!(Row, "src/exports/bookings.sql", user)
        .fetch_all(&mut *snapshot.tx)
        .await?;
    let exported = rows.into_iter().map(|row| {
        let history = history.remove(&row.id).unwrap_or_default();
        ExportedBooking { booking: Booking::new(row, at), history }
    });
    Ok(exported.collect())
}

async fn refunds(snapshot: &mut Snapshot, user: Uuid) -> Result<Vec<ExportedRefund>, sqlx::Error> {
    let rows = sqlx::query_file!("src/exports/refunds.sql", user);
    let rows = rows.fetch_all(&mut *snapshot.tx).await?.into_iter();
    let exported = rows.map(|it| ExportedRefund {
        booking: it.booking,
        payment_reference: it.payment_reference,
        amount: Money { amount_minor: it.amount_minor, currency: it.currency },
        why: it.why,
        required_at: it.required_at.to_jiff(),
        settled_at: it.settled_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(exported.collect())
}

async fn participations(
    snapshot: &mut Snapshot,
    user: Uuid,
) -> Result<Vec<ExportedParticipation>, sqlx::Error> {
    let rows = sqlx::query_file!("src/exports/participations.sql", user);
    let rows = rows.fetch_all(&mut *snapshot.tx).await?.into_iter();
    let exported = rows.map(|it| ExportedParticipation {
        booking: it.booking,
        reference: it.reference,
        court: it.court,
        venue: it.venue,
        starts_at: it.starts_at.to_jiff(),
        ends_at: it.ends_at.to_jiff(),
        state: it.state,
        joined_at: it.joined_at.to_jiff(),
    });
    Ok(exported.collect())
}

async fn waitlist(snapshot: &mut Snapshot, user: Uuid) -> Result<Vec<ExportedWait>, sqlx::Error> {
    let rows = sqlx::query_file!("src/exports/waitlist.sql", user);
    let rows = rows.fetch_all(&mut *snapshot.tx).await?.into_iter();
    let exported = rows.map(|it| ExportedWait {
        id: it.id,
        from: it.from_at.to_jiff(),
        to: it.to_at.to_jiff(),
        minutes: it.minutes,
        court: it.court,
        kind: it.kind,
        surface: it.surface,
        indoor: it.indoor,
        joined_at: it.joined_at.to_jiff(),
        state: it.state,
    });
    Ok(exported.collect())
}

async fn sessions(
    snapshot: &mut Snapshot,
    user: Uuid,
) -> Result<Vec<ExportedSession>, sqlx::Error> {
    let rows = sqlx::query_file!("src/exports/sessions.sql", user);
    let rows = rows.fetch_all(&mut *snapshot.tx).await?.into_iter();
    let exported = rows.map(|it| ExportedSession {
        id: it.id,
        started_at: it.started_at.to_jiff(),
        refreshed_at: it.refreshed_at.map(jiff_sqlx::Timestamp::to_jiff),
        ends_at: it.ends_at.to_jiff(),
        revoked_at: it.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(exported.collect())
}

async fn logins(snapshot: &mut Snapshot, user: Uuid) -> Result<Vec<ExportedLogin>, sqlx::Error> {
    let rows = sqlx::query_file!("src/exports/logins.sql", user);
    let rows = rows.fetch_all(&mut *snapshot.tx).await?.into_iter();
    let exported = rows.map(|it| ExportedLogin {
        event_id: it.event_id,
        at: it.at.to_jiff(),
        outcome: it.outcome,
        reason: it.reason,
        ip: it.ip,
        user_agent: it.user_agent,
        session: it.session,
    });
    Ok(exported.collect())
}
