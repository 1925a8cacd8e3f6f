//! A projector of one projection on real tables, that can be stalled and killed.
mod stalling;
mod writing;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::projections::{How, ProjectionCommand, ProjectionEvent, ProjectionState, stream};
use domain::stored::StoredEvent;
use event_store::memory::MemoryStore;
use event_store::{Executor, LogId, Metadata, Recorded, Store};
use projector::parked::{self, Parked};
use projector::status::{self, Difference, ProjectionStatus};
use projector::{Pace, Projector, projections};
use prometheus_client::metrics::counter::Counter;
use runtime::{Shutdown, ids, migrations};
use serde_json::Value;
use sqlx::{Connection, PgConnection, PgPool, PgTransaction};
use testing::{Scratch, eventually};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uuid::Uuid;
use vault::Vault;

use stalling::{Refused, Stalling};
use writing::fill;

pub use stalling::{Stall, UNBOUND};

pub const NAME: &str = "bookings";
const LONG: Duration = Duration::from_mins(2);
/// Small, so that a few events are many chunks and a killed projector is soon followed by another.
const PACE: Pace = Pace { chunk: 20, lease: Duration::from_millis(500) };

/// A log, a read database, and what a test asks of them.
pub struct Site {
    read: Scratch,
    _vault_db: Scratch,
    vault: Vault,
    pub store: Store,
    executor: Executor,
    log: LogId,
    refused: Refused,
}

/// A projector at work.
pub struct Running {
    task: JoinHandle<()>,
    shutdown: Shutdown,
    stalled: Arc<Notify>,
    /// Held while a frozen projector stays so.
    pub ice: Arc<Mutex<()>>,
    db: PgPool,
    stall: Stall,
}

impl Running {
    pub async fn stalled(&self) {
        if matches!(self.stall, Stall::Views | Stall::Indexes) {
            eventually("the statement is begun", LONG, async || {
                let sleeping = "SELECT count(*) FROM pg_stat_activity \
                                WHERE datname = current_database() AND wait_event = 'PgSleep'";
                let sleeping: i64 =
                    sqlx::query_scalar(sleeping).fetch_one(&self.db).await.expect("a count");
                sleeping == 1
            })
            .await;
            return;
        }
        tokio::time::timeout(LONG, self.stalled.notified()).await.expect("it stalls");
    }

    pub async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(LONG, self.task).await.expect("it stops").expect("it does not panic");
    }

    /// Ends it in the middle of whatever it does, its connections included.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND wait_event = 'PgSleep'";
        sqlx::query(kill).execute(&self.db).await.expect("the connection ends");
    }
}

impl Site {
    pub async fn new() -> Self {
        Self::on(Scratch::new(&migrations::READ).await).await
    }

    pub async fn on(read: Scratch) -> Self {
        let vault_db = Scratch::new(&vault::MIGRATOR).await;
        let kek = "00".repeat(32).into();
        let vault = Vault::new(vault_db.pool.clone(), &kek).expect("a key");
        let store: Store = Arc::new(MemoryStore::default());
        Self {
            read,
            _vault_db: vault_db,
            vault,
            executor: Executor::new(Arc::clone(&store)),
            store,
            log: LogId(ids::new()),
            refused: Arc::default(),
        }
    }

    /// From now on the event there cannot be applied.
    pub fn refuse(&self, stream: &str, revision: u64) {
        self.refused.lock().expect("no test panics here").insert((stream.to_owned(), revision));
    }

    /// From now on every event can.
    pub fn mend(&self) {
        self.refused.lock().expect("no test panics here").clear();
    }

    /// Has a parked event tried again.
    pub async fn retry(&self, event: Uuid) {
        let retry = ids::new();
        self.command(ProjectionCommand::Retry { retry, event, is_parked: true }, "user:42").await;
    }

    /// Gives a parked event up.
    pub async fn skip(&self, event: Uuid) {
        let reason = "broken".to_owned();
        self.command(ProjectionCommand::Skip { event, reason, is_parked: true }, "user:42").await;
    }

    /// What the live build, or an ended rebuild, has parked.
    pub async fn parked(&self) -> Vec<Parked> {
        parked::list(&self.read.pool, Some(NAME)).await.expect("a list")
    }

    /// The positions of what waits behind a parked event.
    pub async fn behind(&self, parked: &Parked) -> Vec<u64> {
        let behind = parked.behind(&self.read.pool, 1000).await.expect("a list");
        behind.iter().map(|it| it.position).collect()
    }

    /// The positions of a stream's events from a revision on.
    pub async fn positions(&self, stream: &str, from: u64) -> Vec<u64> {
        let events = self.store.read_all(0, usize::MAX).await.expect("events");
        let events = events.iter().filter(|it| it.stream == stream && from <= it.revision);
        events.map(|it| it.position).collect()
    }

    pub fn exchange_log(&mut self) {
        self.store = Arc::new(MemoryStore::default());
        self.executor = Executor::new(Arc::clone(&self.store));
        self.log = LogId(ids::new());
    }

    pub async fn lose_read_database(&mut self) {
        self.read = Scratch::new(&migrations::READ).await;
    }

    pub fn start(&self, stall: Stall) -> Running {
        let stalled = Arc::new(Notify::new());
        let mut all = projections::all(&self.vault, &Counter::default());
        all.retain(|it| it.name() == NAME);
        let inner = all.pop().expect("a projection of this name");
        let chunks = AtomicUsize::new(0);
        let ice = Arc::new(Mutex::new(()));
        let projection = Stalling {
            inner,
            stall,
            chunks,
            stalled: Arc::clone(&stalled),
            ice: Arc::clone(&ice),
            refused: Arc::clone(&self.refused),
            refusals: AtomicUsize::new(0),
        };
        let shutdown = Shutdown::new();
        let db = self.read.pool.clone();
        let projector = Projector::new(
            db.clone(),
            self.executor.clone(),
            self.log,
            vec![Arc::new(projection)],
            PACE,
            shutdown.clone(),
        );
        let task = tokio::spawn(async move { projector.run().await });
        Running { task, shutdown, stalled, ice, db, stall }
    }

    /// Holds and confirms so many bookings on a day.
    pub async fn fill(&self, day: u8, bookings: usize) {
        fill(&self.store, day, 0..bookings).await;
    }

    /// Holds and confirms so many bookings on each of some days, day by day.
    pub async fn fill_days(&self, days: RangeInclusive<u8>, bookings: usize) {
        for n in 0..bookings {
            for day in days.clone() {
                fill(&self.store, day, n..n + 1).await;
            }
        }
    }

    pub async fn request(&self) -> Uuid {
        let rebuild = ids::new();
        self.ask_for(rebuild, How::default(), false).await;
        rebuild
    }

    /// One that is shared by so many workers.
    pub async fn request_by(&self, workers: u8) -> Uuid {
        let rebuild = ids::new();
        self.ask_for(rebuild, How { workers, ..How::default() }, false).await;
        rebuild
    }

    pub async fn verify(&self, accepts: bool) -> Uuid {
        let rebuild = ids::new();
        self.ask_for(rebuild, How { verifies: true, ..How::default() }, accepts).await;
        rebuild
    }

    async fn ask_for(&self, rebuild: Uuid, how: How, accepts: bool) {
        let request = ProjectionCommand::RequestRebuild { rebuild, how, accepts };
        self.command(request, "user:42").await;
    }

    /// Waits until a rebuild's build stands beside the live one, and returns what is different.
    pub async fn differs(&self, rebuild: Uuid) -> Vec<Difference> {
        eventually("it differs", LONG, async || {
            self.state(rebuild).await.as_deref() == Some("differs")
        })
        .await;
        self.differences(rebuild).await.expect("a comparison")
    }

    pub async fn differences(&self, rebuild: Uuid) -> Option<Vec<Difference>> {
        let progress = status::rebuild(&self.read.pool, rebuild).await.expect("progress");
        progress.and_then(|it| it.differences)
    }

    /// Changes rows behind the projector's back.
    pub async fn tamper(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.read.pool).await.expect("the owner may");
    }

    pub async fn command(&self, command: ProjectionCommand, actor: &str) {
        let meta = Metadata::new(ids::new(), crate::given::t(0)).actor(actor);
        self.executor
            .execute::<ProjectionState>(&stream(NAME), command, &meta)
            .await
            .expect("the command is taken");
    }

    /// The same, at the time it is: tests' events are of another year.
    pub async fn command_now(&self, command: ProjectionCommand) {
        let meta = Metadata::new(ids::new(), runtime::Clock::new().now()).actor("user:42");
        self.executor
            .execute::<ProjectionState>(&stream(NAME), command, &meta)
            .await
            .expect("the command is taken");
    }

    pub async fn last_event(&self) -> ProjectionEvent {
        let events =
            self.store.read_stream_backwards(&stream(NAME), None, 1).await.expect("events");
        let event = events.first().expect("an event");
        ProjectionEvent::read(&event.kind, &event.data).expect("an event of a projection")
    }

    pub async fn head(&self) -> u64 {
        self.store.head().await.expect("a head")
    }

    pub async fn state(&self, rebuild: Uuid) -> Option<String> {
        let progress = status::rebuild(&self.read.pool, rebuild).await.expect("progress");
        progress.map(|it| it.state)
    }

    /// Waits until a rebuild's build is live.
    pub async fn switched(&self, rebuild: Uuid) {
        eventually("the switch", LONG, async || {
            self.state(rebuild).await.as_deref() == Some("switched")
        })
        .await;
    }

    pub async fn counted(&self, rebuild: Uuid) -> u64 {
        let progress = status::rebuild(&self.read.pool, rebuild).await.expect("progress");
        progress.expect("a rebuild").done.cast_unsigned()
    }

    pub async fn counted_if_any(&self, rebuild: Uuid) -> i64 {
        let progress = status::rebuild(&self.read.pool, rebuild).await.expect("progress");
        progress.map_or(0, |it| it.done)
    }

    /// How often it was taken.
    pub async fn epoch(&self, rebuild: Uuid) -> i64 {
        sqlx::query_scalar("SELECT epoch FROM rebuilds WHERE id = $1")
            .bind(rebuild)
            .fetch_one(&self.read.pool)
            .await
            .expect("a row")
    }

    pub async fn rebuild_row(&self, rebuild: Uuid) -> Value {
        sqlx::query_scalar(
            "SELECT jsonb_build_object('build', build, 'done', done) FROM rebuilds WHERE id = $1",
        )
        .bind(rebuild)
        .fetch_one(&self.read.pool)
        .await
        .expect("a row")
    }
    pub async fn status_if_any(&self) -> Option<ProjectionStatus> {
        let all = status::list(&self.read.pool, &self.store, self.log).await.expect("a list");
        all.into_iter().next()
    }

    pub async fn status(&self) -> ProjectionStatus {
        self.status_if_any().await.expect("the projection")
    }

    pub async fn live_build(&self) -> i32 {
        self.status().await.build
    }

    pub async fn caught_up(&self) {
        let head = self.head().await;
        eventually("the projection catches up", LONG, async || {
            self.status_if_any().await.is_some_and(|it| head <= it.position)
        })
        .await;
    }

    pub async fn schemas(&self) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'bookings_b%' ORDER BY 1",
        )
        .fetch_all(&self.read.pool)
        .await
        .expect("schemas")
    }

    /// State and revision of each booking, as the views show them.
    pub async fn rows(&self) -> BTreeMap<String, (String, i64)> {
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT id, state, revision FROM bookings_v1")
                .fetch_all(&self.read.pool)
                .await
                .expect("rows");
        rows.into_iter().map(|(id, state, revision)| (id, (state, revision))).collect()
    }

    /// The same, folded from the log by hand.
    pub async fn expected_rows(&self) -> BTreeMap<String, (String, i64)> {
        let mut rows = BTreeMap::new();
        for event in self.booking_events(u64::MAX).await {
            let data: Value = serde_json::from_slice(&event.data).expect("JSON");
            let id = data["booking"].as_str().expect("a booking").to_owned();
            let state = event.kind.split('.').nth(1).expect("an event of a booking").to_owned();
            rows.insert(id, (state, event.revision.cast_signed()));
        }
        rows
    }

    /// How many steps of history there are up to a position.
    pub async fn history_at(&self, position: u64) -> i64 {
        i64::try_from(self.booking_events(position).await.len()).expect("few")
    }

    async fn booking_events(&self, until: u64) -> Vec<Recorded> {
        let mut events = self.store.read_all(0, usize::MAX).await.expect("events");
        events.retain(|it| it.position <= until && it.stream.starts_with("courtday-"));
        events
    }

    /// How many places of workers there are.
    pub async fn workers(&self) -> i64 {
        let count = "SELECT count(*) FROM rebuild_workers";
        sqlx::query_scalar(count).fetch_one(&self.read.pool).await.expect("a count")
    }

    /// The names of a build's indexes.
    pub async fn indexes(&self, build: i32) -> Vec<String> {
        let names = "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'bookings_b' || $1 ORDER BY 1";
        sqlx::query_scalar(names).bind(build).fetch_all(&self.read.pool).await.expect("names")
    }

    /// Where the builds stand.
    pub async fn checkpoints(&self) -> Vec<u64> {
        let positions: Vec<i64> = sqlx::query_scalar(
            "SELECT position FROM checkpoints WHERE name LIKE 'bookings@%' ORDER BY name",
        )
        .fetch_all(&self.read.pool)
        .await
        .expect("checkpoints");
        positions.into_iter().map(i64::cast_unsigned).collect()
    }

    pub async fn close_gate(&self) -> Gate {
        // Not of the pool, and not in a transaction: a switch waits for those.
        let mut db = PgConnection::connect(&self.read.url).await.expect("a connection");
        sqlx::query("SELECT pg_advisory_lock(42)").execute(&mut db).await.expect("a lock");
        Gate(db)
    }

    pub async fn query(&self) -> Query {
        let tx = self
            .read
            .pool
            .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await
            .expect("a snapshot");
        Query(tx)
    }

    /// One query as query-api makes them. Returns the position it answers with.
    pub async fn read_consistently(&self, not_before: u64) -> u64 {
        let mut query = self.query().await;
        let position = query.position().await;
        let rows = query.history_rows().await;
        query.end().await;
        assert!(not_before <= position, "went back from {not_before} to {position}");
        assert_eq!(rows, self.history_at(position).await, "the rows of position {position}");
        position
    }
}

pub struct Gate(PgConnection);

impl Gate {
    pub async fn open(self) {
        self.0.close().await.expect("the end of a connection");
    }
}

pub struct Query(PgTransaction<'static>);

impl Query {
    pub async fn position(&mut self) -> u64 {
        let position: i64 = sqlx::query_scalar(
            "SELECT c.position FROM checkpoints AS c \
             JOIN builds AS b ON c.name = b.projection || '@' || b.build \
             WHERE b.state = 'live' AND b.projection = $1",
        )
        .bind(NAME)
        .fetch_one(&mut *self.0)
        .await
        .expect("a position");
        position.cast_unsigned()
    }

    pub async fn history_rows(&mut self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM booking_history_v1")
            .fetch_one(&mut *self.0)
            .await
            .expect("rows")
    }

    pub async fn end(self) {
        self.0.commit().await.expect("the end of a query");
    }
}
