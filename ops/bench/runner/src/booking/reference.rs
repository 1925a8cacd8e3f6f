//! The references behind the product's own HTTP layer: the same edge, the same tokens, the same strict bodies.
use std::net::SocketAddr;

use access::{Access, Caller, Permission};
use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use domain::bookings::BookingEvent;
use domain::ids::{CourtCode, MalformedId};
use domain::players::PlayerEvent;
use domain::stored::StoredEvent;
use event_store::{Expected, Metadata, NewEvent, Store, event_id};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use runtime::health::Health;
use runtime::http::{Body, Edge, serve};
use runtime::problem::{CONTENTION, INTERNAL, Kind as ProblemKind, MALFORMED_REQUEST};
use runtime::{Clock, Platform, Problem, Settings, Shutdown, ids, telemetry};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::crowd::Told;
use super::rivals::{Kind, Place, Rival};
use super::written;
use crate::identity::unbounded;

#[derive(Clone)]
struct App {
    access: Access,
    clock: Clock,
    rival: Rival,
    store: Store,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoldBody {
    court: CourtCode,
    starts_at: Timestamp,
    ends_at: Timestamp,
}

/// The product's kind of the same name.
const SLOT_TAKEN: ProblemKind = ProblemKind::conflict("slot-taken", "Somebody else has the court");

/// Serves until it is ended. The settings are the product's, from the environment.
pub async fn run(rival_url: &str) -> anyhow::Result<()> {
    let settings = Settings::load()?;
    telemetry::init(&settings)?;
    let listener = TcpListener::bind(SocketAddr::new(settings.host, settings.port)).await?;
    let shutdown = Shutdown::new();
    let platform = Platform::start(settings, shutdown.clone()).await?;
    let (executor, clock) = (platform.executor.clone(), platform.clock.clone());
    let access =
        Access::start(&platform.settings, executor, clock.clone(), shutdown.clone()).await?;
    let app = App { access, clock, rival: Rival::connect(rival_url)?, store: platform.store };
    let routes = Router::new()
        .route("/v1/by-lock", post(by_lock))
        .route("/v1/by-constraint", post(by_constraint))
        .route("/v1/two-appends", post(two_appends))
        .route("/v1/unbounded-logins", post(unbounded::log_in))
        .with_state(app);
    let edge = Edge::new(&platform.settings, Health::default(), platform.metrics.clone())
        .limited(platform.rate_limits.clone(), false);
    Ok(serve(listener, edge.around(routes), shutdown).await?)
}

async fn by_lock(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Body<HoldBody>,
) -> Result<Response, Problem> {
    hold(&app, Kind::Lock, &caller, &headers, body.value).await
}

async fn by_constraint(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Body<HoldBody>,
) -> Result<Response, Problem> {
    hold(&app, Kind::Constraint, &caller, &headers, body.value).await
}

async fn hold(
    app: &App,
    kind: Kind,
    caller: &Caller,
    headers: &HeaderMap,
    body: HoldBody,
) -> Result<Response, Problem> {
    caller.may(Permission::Play)?;
    let HoldBody { court, starts_at, ends_at } = body;
    let id = command(caller, headers)?;
    let date = starts_at.to_zoned(TimeZone::UTC).date();
    let place = Place { id, court, date, starts_at, ends_at, player: caller.person()?.user.0 };
    match app.rival.hold(kind, &place).await {
        Ok(Told::Held) => Ok(shown(id, &place.court, starts_at, ends_at)),
        Ok(Told::Taken) => {
            Err(Problem::new(SLOT_TAKEN, "somebody else has the court at this time"))
        }
        Ok(Told::Busy) => Err(Problem::new(CONTENTION, "others were faster each time")),
        Err(error) => Err(broken(&error)),
    }
}

/// What holding a court writes, without a decision: the player's lease, then the court-day's hold, each to a stream that
/// nobody has written to.
async fn two_appends(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Body { value: HoldBody { court, starts_at, ends_at }, .. }: Body<HoldBody>,
) -> Result<Response, Problem> {
    caller.may(Permission::Play)?;
    let id = command(&caller, &headers)?;
    let meta = Metadata::new(id, app.clock.now()).actor(caller.actor());
    let venue = "bench".parse().map_err(|error: MalformedId| broken(&error.into()))?;
    let (lease, held) =
        written::events(&venue, caller.person()?.user, &court, starts_at, ends_at, &meta);
    let lease = write::<PlayerEvent>(&format!("player-{id}"), &lease, &meta);
    let held = write::<BookingEvent>(&format!("courtday-{id}"), &held, &meta);
    for it in [lease, held] {
        let (stream, event) = it.map_err(|error| broken(&error))?;
        let App { store: log, .. } = &app;
        let appended = log.append(&stream, Expected::NoStream, vec![event]).await;
        appended.map_err(|error| broken(&error.into()))?;
    }
    Ok(shown(id, &court, starts_at, ends_at))
}

fn write<E: StoredEvent>(
    stream: &str,
    event: &E,
    meta: &Metadata,
) -> anyhow::Result<(String, NewEvent)> {
    let (kind, data) = event.write().map_err(|it| anyhow::anyhow!("{it}"))?;
    let id = event_id(stream, 0, meta.command);
    Ok((stream.to_owned(), NewEvent { id, kind, data, meta: meta.clone() }))
}

fn shown(id: Uuid, court: &CourtCode, starts_at: Timestamp, ends_at: Timestamp) -> Response {
    let body = json!({ "id": id, "court": court, "starts_at": starts_at, "ends_at": ends_at, "state": "held" });
    let location = [(header::LOCATION, format!("/v1/bookings/{id}"))];
    (StatusCode::CREATED, location, axum::Json(body)).into_response()
}

/// The id that this person's key has, as the product derives it.
fn command(caller: &Caller, headers: &HeaderMap) -> Result<Uuid, Problem> {
    let key = headers.get("idempotency-key").and_then(|it| it.to_str().ok());
    let key = key.ok_or_else(|| Problem::new(MALFORMED_REQUEST, "send an Idempotency-Key"))?;
    Ok(ids::derive(ids::NAMESPACE, &[&caller.person()?.user.to_string(), key]))
}

fn broken(error: &anyhow::Error) -> Problem {
    Problem::new(INTERNAL, format!("{error:#}"))
}

impl FromRef<App> for Access {
    fn from_ref(app: &App) -> Self {
        app.access.clone()
    }
}
