//! A query-api and a projector on real tables, over a log in memory.
use std::ffi::OsString;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use access::Access;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::Response;
use domain::bookings::{
    BlockCause, BookedFor, BookingEvent, CancelCause, ExpiryCause, Held, Terms,
};
use domain::courts::CourtEvent;
use domain::ids::{BlockId, BookingId, UserId};
use domain::money::Money;
use domain::policies::Payment;
use domain::projections::{How, ProjectionCommand, ProjectionState, stream};
use domain::stored::StoredEvent;
use domain::venues::VenueEvent;
use event_store::memory::MemoryStore;
use event_store::{Executor, Expected, Metadata, NewEvent, Store, Tail, open_log};
use jiff::civil::time;
use jiff::{SignedDuration, Timestamp};
use prometheus_client::encoding::text::encode;
use runtime::health::Health;
use runtime::http::Edge;
use runtime::metrics::Metrics;
use runtime::rate_limits::{PostgresBuckets, RateLimits};
use runtime::{Clock, Platform, Settings, Shutdown, ids, migrations};
use testing::{Scratch, eventually};
use tokio::task::JoinHandle;
use tower::ServiceExt;
use uuid::Uuid;

use crate::ear::Ear;

pub const DAY: &str = "/v1/venues/riverside/days/2026-03-02/events";
pub const LONG: Duration = Duration::from_mins(1);

/// Courts at the riverside, and one elsewhere.
pub const COURT: &str = "RV01";
pub const OTHER_COURT: &str = "RV02";
pub const ELSEWHERE: &str = "HB01";

pub struct World {
    pub read: Scratch,
    _edge: Scratch,
    _vault: Scratch,
    pub platform: Platform,
    router: Router,
}

/// A projector at work.
pub struct Projector {
    task: JoinHandle<()>,
    shutdown: Shutdown,
}

impl Projector {
    /// Ends it in the middle of whatever it does.
    pub async fn kill(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Projector {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl World {
    pub async fn new() -> Self {
        let read = Scratch::new(&migrations::READ).await;
        let edge = Scratch::new(&migrations::EDGE).await;
        let vault = Scratch::new(&vault::MIGRATOR).await;
        let store: Store = Arc::new(MemoryStore::default());
        let clock = Clock::new();
        clock.correct(t(0).duration_since(clock.now()));
        let settings = settings(&read, &edge, &vault);
        let metrics = Metrics::default();
        let buckets = PostgresBuckets(edge.pool.clone());
        let shutdown = Shutdown::new();
        let platform = Platform {
            rate_limits: RateLimits::new(Box::new(buckets), &settings, &metrics),
            settings: Arc::new(settings),
            log: open_log(&store, ids::new(), clock.now()).await.expect("a log"),
            clock,
            executor: Executor::new(store.clone()),
            tail: Tail::new(store.clone()),
            store,
            metrics,
            ending: shutdown.child_token(),
            shutdown,
        };
        let router = start(&platform).await;
        let world = Self { read, _edge: edge, _vault: vault, platform, router };
        world.add_courts().await;
        world
    }

    /// With a projector that has read everything.
    pub async fn running() -> (Self, Projector) {
        let world = Self::new().await;
        let projector = world.project();
        world.caught_up().await;
        (world, projector)
    }

    /// Another process on the same tables.
    pub async fn another_process(&self) -> Router {
        start(&Platform { metrics: Metrics::default(), ..self.platform.clone() }).await
    }

    async fn add_courts(&self) {
        for (court, venue) in
            [(COURT, "riverside"), (OTHER_COURT, "riverside"), (ELSEWHERE, "harbour")]
        {
            let stream = format!("venue-{venue}");
            if self.platform.store.read_stream(&stream, 0, 1).await.expect("a stream").is_empty() {
                let opened = VenueEvent::Opened {
                    name: venue.to_owned(),
                    zone: "Europe/Berlin".to_owned(),
                    day_starts_at: time(4, 0, 0, 0),
                };
                self.append(&stream, &opened).await;
            }
            self.add_court(court, venue).await;
        }
    }

    pub async fn add_court(&self, court: &str, venue: &str) {
        let added = CourtEvent::Added {
            venue: venue.parse().expect("a venue"),
            name: court.to_owned(),
            kind: "tennis".to_owned(),
            surface: "clay".to_owned(),
            indoor: false,
        };
        self.append(&format!("court-{court}"), &added).await;
    }

    pub fn project(&self) -> Projector {
        let shutdown = Shutdown::new();
        let platform = Platform { shutdown: shutdown.clone(), ..self.platform.clone() };
        let platform = Platform { metrics: Metrics::default(), ..platform };
        let task = tokio::spawn(async move { projector::run(platform).await.expect("it starts") });
        Projector { task, shutdown }
    }

    /// Waits until the days are shown as the log has them.
    pub async fn caught_up(&self) {
        let head = self.platform.store.head().await.expect("a head");
        eventually("the projections catch up", LONG, async || {
            let behind = "SELECT count(*) FROM builds AS b \
                          JOIN checkpoints AS c ON c.name = b.projection || '@' || b.build \
                          WHERE b.projection IN ('courts', 'availability') AND b.state = 'live' \
                          AND c.position >= $1";
            let count = sqlx::query_scalar::<_, i64>(behind).bind(head.cast_signed());
            count.fetch_one(&self.read.pool).await.expect("a count") == 2
        })
        .await;
    }

    pub async fn ask(&self, path: &str, last: &[&[u8]]) -> Response {
        ask(&self.router, path, last).await
    }

    /// Listens from the beginning.
    pub async fn listen(&self, path: &str) -> Ear {
        Ear::of(self.ask(path, &[]).await)
    }

    /// Listens on from a message.
    pub async fn resume(&self, path: &str, last: &str) -> Ear {
        Ear::of(self.ask(path, &[last.as_bytes()]).await)
    }

    /// Appends at the end of a court's day and returns the position.
    pub async fn on(&self, court: &str, event: &BookingEvent) -> u64 {
        self.append(&format!("courtday-{court}-2026-03-02"), event).await
    }

    pub async fn append(&self, stream: &str, event: &impl StoredEvent) -> u64 {
        let (kind, data) = event.write().expect("an event can be written");
        self.append_kind(stream, &kind, data).await
    }

    pub async fn append_kind(&self, stream: &str, kind: &str, data: Vec<u8>) -> u64 {
        let store = &self.platform.store;
        let last = store.read_stream_backwards(stream, None, 1).await.expect("a stream");
        let expected = last.first().map_or(Expected::NoStream, |it| Expected::Exact(it.revision));
        let meta = Metadata::new(ids::new(), t(0));
        let event = NewEvent { id: ids::new(), kind: kind.to_owned(), data, meta };
        store.append(stream, expected, vec![event]).await.expect("it is taken").position
    }

    /// What this process measures, as it is scraped.
    pub fn measures(&self) -> String {
        let registry = self.platform.metrics.registry.lock().expect("no test panics here");
        let mut text = String::new();
        encode(&mut text, &registry).expect("it can be written");
        text
    }

    /// What an operator does to `availability`.
    pub async fn command(&self, command: ProjectionCommand) {
        self.command_of("availability", command).await;
    }

    pub async fn command_of(&self, projection: &str, command: ProjectionCommand) {
        let meta = Metadata::new(ids::new(), self.platform.clock.now()).actor("user:42");
        let stream = stream(projection);
        let executor = &self.platform.executor;
        executor.execute::<ProjectionState>(&stream, command, &meta).await.expect("it is taken");
    }

    pub async fn rebuild(&self) {
        let rebuild = ids::new();
        self.command(ProjectionCommand::RequestRebuild {
            rebuild,
            how: How::default(),
            accepts: false,
        })
        .await;
        eventually("the switch", LONG, async || {
            let state = sqlx::query_scalar::<_, String>("SELECT state FROM rebuilds WHERE id = $1");
            let state = state.bind(rebuild).fetch_optional(&self.read.pool).await.expect("a state");
            state.as_deref() == Some("switched")
        })
        .await;
    }
}

async fn start(platform: &Platform) -> Router {
    let (executor, clock) = (platform.executor.clone(), platform.clock.clone());
    let shutdown = platform.shutdown.clone();
    let access =
        Access::start(&platform.settings, executor, clock, shutdown).await.expect("access");
    let (routes, _) = query_api::routes(platform, access).expect("routes");
    Edge::new(&platform.settings, Health::default(), platform.metrics.clone()).around(routes)
}

pub async fn ask(router: &Router, path: &str, last: &[&[u8]]) -> Response {
    let peer: SocketAddr = "198.51.100.7:4711".parse().expect("an address");
    ask_from(router, path, last, peer).await
}

pub async fn ask_from(router: &Router, path: &str, last: &[&[u8]], peer: SocketAddr) -> Response {
    let mut request = Request::builder().uri(path);
    for last in last {
        request = request.header("last-event-id", *last);
    }
    let mut request = request.body(Body::empty()).expect("a request");
    request.extensions_mut().insert(ConnectInfo(peer));
    router.clone().oneshot(request).await.expect("an answer")
}

fn settings(read: &Scratch, edge: &Scratch, vault: &Scratch) -> Settings {
    let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let mut pairs = vec![
        ("SERVER_URL", "https://courtside.example"),
        ("EVENT_STORE_URL", "postgres://nobody@127.0.0.1:1/nothing"),
        ("READ_DATABASE_URL", read.url.as_str()),
        ("EDGE_DATABASE_URL", edge.url.as_str()),
        ("VAULT_DATABASE_URL", vault.url.as_str()),
        ("AMQP_URL", "amqp://127.0.0.1:1/%2f"),
    ];
    pairs.extend(["INDEX_KEY", "PEPPER", "REFRESH_KEY", "MAIL_KEY", "KEK"].map(|it| (it, key)));
    let pairs = pairs.into_iter().map(|(name, value)| (OsString::from(name), value.into()));
    Settings::read(pairs).expect("settings")
}

/// So many minutes after the second of March 2026, 08:00 UTC.
pub fn t(minutes: i64) -> Timestamp {
    let zero: Timestamp = "2026-03-02T08:00:00Z".parse().expect("a time");
    zero + SignedDuration::from_mins(minutes)
}

fn id(court: &str, n: usize) -> BookingId {
    format!("2026-03-02-{court}-{n:0>8}").parse().expect("a booking's id")
}

/// An hour from so many minutes after eight.
pub fn held(court: &str, n: usize, starts_at: i64) -> BookingEvent {
    BookingEvent::Held(Box::new(Held {
        booking: id(court, n),
        reference: id(court, n),
        generation: 1,
        venue: "riverside".parse().expect("a venue"),
        booked_for: BookedFor::Player { user: UserId(Uuid::from_u128(7)) },
        starts_at: t(starts_at),
        ends_at: t(starts_at + 60),
        zone: "Europe/Berlin".to_owned(),
        expires_at: Some(t(60 * 24)),
        price: Money { amount_minor: 2400, currency: "EUR".to_owned() },
        terms: Terms { full_refund_hours: 24, late_refund_percent: 50 },
        payment: Payment::None,
        payment_extension_seconds: 600,
        moved_from: None,
        overridden: None,
        venue_revision: 0,
        court_revision: 0,
    }))
}

pub fn confirmed(court: &str, n: usize) -> BookingEvent {
    BookingEvent::Confirmed { booking: id(court, n), payment_reference: None }
}

pub fn cancelled(court: &str, n: usize) -> BookingEvent {
    let refund = Money { amount_minor: 0, currency: "EUR".to_owned() };
    BookingEvent::Cancelled { booking: id(court, n), refund, cause: CancelCause::Player }
}

pub fn expired(court: &str, n: usize) -> BookingEvent {
    BookingEvent::Expired { booking: id(court, n), generation: 1, cause: ExpiryCause::Timer }
}

pub fn released(court: &str, n: usize) -> BookingEvent {
    BookingEvent::Released { booking: id(court, n) }
}

pub fn blocked(block: u128, from: i64, to: i64) -> BookingEvent {
    let block = BlockId(Uuid::from_u128(block));
    let (starts_at, ends_at, cause) = (t(from), t(to), BlockCause::Rain);
    BookingEvent::Blocked { block, starts_at, ends_at, cause, reason: None }
}

pub fn unblocked(block: u128) -> BookingEvent {
    BookingEvent::Unblocked { block: BlockId(Uuid::from_u128(block)) }
}
