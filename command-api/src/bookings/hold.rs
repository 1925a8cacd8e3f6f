//! `POST /v1/bookings`: a court by its name, or any that is free.
//!
//! The court-day decides first; only a place it would give asks for a lease on the player's stream, with the
//! court-day's turn kept. So losers cost no event, and quotas need no second lock: see `domain/src/players.rs`.
use access::Caller;
use axum::extract::State;
use axum::http::StatusCode;
use domain::bookings::{BookedFor, BookingCommand, CourtDay, Hold, Holder};
use domain::ids::{BookingId, CourtCode, UserId, VenueId};
use event_store::Done;
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::Body;
use runtime::problem::{MALFORMED_REQUEST, Place};
use serde::Deserialize;
use tokio::time::Instant;

use super::any::{self, AnyCourt};
use super::leases::Lease;
use super::places::{self, NotTaken, Taking};
use super::{Booking, desk, show};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::metrics::millis_since;
use crate::refused::Refused;

/// A time, and a court: which one, or any of a venue's that fits.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldBody {
    /// The court's code.
    #[schema(value_type = Option<String>, example = "7FK2")]
    court: Option<CourtCode>,
    /// Where any free court will do. Not together with `court`.
    #[schema(value_type = Option<String>, example = "riverside")]
    venue: Option<VenueId>,
    /// `true`: take any court of `venue` that is free, of this kind and surface if they are named.
    #[serde(default)]
    pub any: bool,
    kind: Option<String>,
    surface: Option<String>,
    indoor: Option<bool>,
    /// RFC 3339 with an offset, on the venue's grid.
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-22T18:00:00+01:00")]
    starts_at: Timestamp,
    #[serde(deserialize_with = "crate::shapes::instant")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-22T19:00:00+01:00")]
    ends_at: Timestamp,
    /// Whom the desk books for. Without it, for oneself.
    #[serde(rename = "for")]
    pub booked_for: Option<desk::ForBody>,
    /// The desk's, with `for`: why it goes beyond the advance limit or the player's quotas. 1 to 500 characters.
    pub override_reason: Option<String>,
}

/// What somebody wants, wherever it is found.
pub struct Wish<'a> {
    pub command: &'a Command,
    pub player: UserId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

/// Holds a court for a while.
///
/// The place is yours until `expires_at`, and for good once it is confirmed. Repeated with the same key, this
/// answers with the same booking as it is now. With `any` it tries up to three courts that look free.
#[utoipa::path(post, path = "/v1/bookings", operation_id = "hold_court", tag = "bookings",
    security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters, new for each booking")),
    request_body = HoldBody,
    responses(
        (status = 201, body = Booking, headers(("Location" = String), ("ETag" = String), ("Courtside-Position" = String))),
        (status = 409, description = "`slot-taken`, `blocked`, `still-running`; `quota-full` with `open-holds`, \
            `bookings-per-day` or `upcoming`"),
        (status = 422, description = "`invalid` with a pointer and a code: `unknown-court`, `court-retired`, \
            `unknown-venue`, `off-grid`, \
            `too-short`, `too-long`, `outside-hours`, `in-the-past`, `too-far-ahead`, `end-before-start`; for the desk also \
            `unknown-player`, and what a guest's fields or a reason can have; `idempotency-key-reused`"),
        (status = 403, description = "`forbidden`: only the desk of the court's venue books for others"),
        (status = 503, description = "`unavailable` also when any court would do and the read models are away")))]
pub async fn hold(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { mut value, raw }: Body<HoldBody>,
) -> Result<Answer, Refused> {
    let began = Instant::now();
    // Whoever plays, or a program at a desk: that one books for others.
    caller.player()?;
    asked.require_key()?;
    let command = asked.by(&caller);
    let (starts_at, ends_at) = (value.starts_at, value.ends_at);
    let (booked_for, reason) = (value.booked_for.take(), value.override_reason.take());
    let for_others = desk::ForOthers::of(booked_for, reason)?;
    if for_others.is_some() && value.any {
        let detail = "the desk names a court";
        let problem = Problem::new(MALFORMED_REQUEST, detail);
        return Err(problem.at(Place::field("any"), "not-with-for", detail).into());
    }
    let wanted = value.court()?;
    // On the heap: it holds two streams' states at once.
    let work = Box::pin(async {
        if let (Wanted::Court(code), Some(desk)) = (&wanted, &for_others) {
            let time = (starts_at, ends_at);
            let (id, done) = desk.take(&app, &caller, &command, time, code).await?;
            return answer(&app, &id, done, &command).await;
        }
        let player = caller.person()?.user;
        let wish = Wish { command: &command, player, starts_at, ends_at };
        match &wanted {
            Wanted::Court(code) => Ok(take_place(&app, &wish, code).await?),
            Wanted::Any(any) => any::hold_any(&app, &wish, any).await,
        }
    });
    let answer = app.once(&command, &raw, work).await?;
    app.metrics.bookings_create_latency_ms.observe(millis_since(began));
    Ok(answer)
}

enum Wanted {
    Court(CourtCode),
    Any(AnyCourt),
}

impl HoldBody {
    fn court(self) -> Result<Wanted, Problem> {
        let wrong = |field: &str, code, detail: &str| {
            Err(Problem::new(MALFORMED_REQUEST, detail).at(Place::field(field), code, detail))
        };
        let Self { court, venue, any, kind, surface, indoor, .. } = self;
        if any {
            let Some(venue) = venue else {
                return wrong("venue", "missing-field", "say at which venue any court will do");
            };
            return match court {
                Some(_) => wrong("court", "not-with-any", "either this court, or any"),
                None => Ok(Wanted::Any(AnyCourt { venue, kind, surface, indoor })),
            };
        }
        let only_with_any = [
            ("venue", venue.is_some()),
            ("kind", kind.is_some()),
            ("surface", surface.is_some()),
            ("indoor", indoor.is_some()),
        ];
        if let Some((field, _)) = only_with_any.iter().find(|it| it.1) {
            return wrong(field, "only-with-any", "a court by its code needs no description");
        }
        match court {
            Some(code) => Ok(Wanted::Court(code)),
            None => wrong("court", "missing-field", "name a court, or a venue and `any`"),
        }
    }
}

/// Holds this court, or says why not; repeated under one command it says the same booking.
pub async fn take_place(app: &App, wish: &Wish<'_>, code: &CourtCode) -> Result<Answer, NotTaken> {
    let (id, done) = take(app, wish, code).await?;
    answer(app, &id, done, wish.command).await.map_err(NotTaken::Refused)
}

/// The same, without an answer.
pub async fn take(
    app: &App,
    wish: &Wish<'_>,
    code: &CourtCode,
) -> Result<(BookingId, Done<CourtDay>), NotTaken> {
    let &Wish { command, player, starts_at, ends_at } = wish;
    let place = places::find(app, command, code, starts_at, ends_at).await;
    let place = place.map_err(Refused::from)?;
    let id = place.booking.clone();
    let lease = Lease::of(&place, &BookedFor::Player { user: player }, command);
    let take = BookingCommand::Hold(Box::new(Hold { place, by: Holder::Player(player) }));
    let taking = Taking { id: id.clone(), take, starts_at, meta: command.meta.clone(), lease };
    let done = places::take(app, command, taking).await?;
    Ok((id, done))
}

pub async fn answer(
    app: &App,
    id: &BookingId,
    done: Done<CourtDay>,
    command: &Command,
) -> Result<Answer, Refused> {
    if !done.appended.is_empty() {
        app.metrics.bookings_created.inc();
    }
    let shown = show(app, id, done, command, StatusCode::CREATED).await?;
    Ok(shown.location(&format!("/v1/bookings/{id}")))
}
