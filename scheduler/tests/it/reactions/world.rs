//! What the scheduler's tests stand on: real tables, a store that can be taken away, and holds to end.
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::maintenance::Maintenance;
use async_trait::async_trait;
use domain::bookings::{BookingCommand, BookingEvent, By, CourtDay, Hold, Holder, Place};
use domain::ids::{BookingId, UserId};
use domain::stored::{StoredDecider, StoredEvent};
use domain::users::{Register, Role, User, UserCommand};
use event_store::hostile::{Meddler, Reading};
use event_store::memory::MemoryStore;
use event_store::{
    AppendError, Appended, EventStore, Executor, Expected, LogId, Metadata, NewEvent, Position,
    ReadError, Recorded, Store, StreamEvent,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use runtime::follow::{Follower, step};
use runtime::metrics::Metrics;
use runtime::{Clock, Shutdown, ids};
use scheduler::closures::follower::ClosuresFollower;
use scheduler::erasures::follower::ErasuresFollower;
use scheduler::leases::follower::LeasesFollower;
use scheduler::notices::follower::OutboxFollower;
use scheduler::timers::commands::Commands;
use scheduler::timers::consumer::Consumer;
use scheduler::timers::follower::TimersFollower;
use scheduler::timers::metrics::TimerMetrics;
use scheduler::timers::relay::Relay;
use scheduler::timers::sweep::Sweep;
use scheduler::timers::transport::DelayTransport;
use scheduler::waitlist::follower::WaitlistFollower;
use scheduler::webhooks::follower::WebhooksFollower;
use sqlx::PgPool;
use testing::Scratch;
use tokio::sync::RwLock;
use uuid::Uuid;
use vault::Vault;

use crate::given::{self, court_of, venue};

pub const PLAYER: UserId = UserId(Uuid::from_u128(0x0193_a1b2_c3d4_7000_8000_0000_0000_0001));
/// What the settings say if they say nothing.
pub const VERIFICATION: SignedDuration = SignedDuration::from_hours(24);
pub const SOON: Duration = Duration::from_secs(20);

pub struct World {
    pub scratch: Scratch,
    pub store: Arc<Hostile>,
    pub executor: Executor,
    pub clock: Clock,
    pub log: LogId,
    pub shutdown: Shutdown,
    /// None, unless a test says otherwise.
    pub maintenance: Maintenance,
    courts: AtomicU32,
}

/// One scheduler's worth of loops over timers, to be stepped or let run.
pub struct Scheduler {
    pub relay: Relay,
    pub sweep: Sweep,
    pub consumer: Arc<Consumer>,
    pub metrics: TimerMetrics,
}

impl World {
    /// Somebody does something, once.
    pub async fn execute<D: StoredDecider<Rejection: std::fmt::Debug>>(
        &self,
        stream: &str,
        command: D::Command,
    ) {
        given::execute::<D>(&self.executor, &self.clock, stream, command).await;
    }

    pub async fn new() -> Self {
        let store = Arc::new(Hostile::default());
        let executor = Executor::new(Arc::clone(&store) as Store);
        Self {
            scratch: Scratch::new(&runtime::migrations::READ).await,
            store,
            executor,
            clock: Clock::new(),
            log: LogId(ids::new()),
            shutdown: Shutdown::new(),
            maintenance: Maintenance::default(),
            courts: AtomicU32::new(1),
        }
    }

    pub fn db(&self) -> PgPool {
        self.scratch.pool.clone()
    }

    pub fn scheduler(&self, transport: Arc<dyn DelayTransport>) -> Scheduler {
        let metrics = TimerMetrics::register(&Metrics::default());
        let commands = Arc::new(Commands::new(
            self.db(),
            self.executor.clone(),
            self.clock.clone(),
            metrics.clone(),
            self.maintenance.clone(),
        ));
        let consumer = Consumer::new(
            self.db(),
            Arc::clone(&transport),
            Arc::clone(&commands),
            self.clock.clone(),
            metrics.clone(),
            self.shutdown.clone(),
        );
        Scheduler {
            relay: Relay {
                db: self.db(),
                transport,
                clock: self.clock.clone(),
                maintenance: self.maintenance.clone(),
            },
            sweep: Sweep {
                db: self.db(),
                commands,
                clock: self.clock.clone(),
                metrics: metrics.clone(),
                maintenance: self.maintenance.clone(),
            },
            consumer: Arc::new(consumer),
            metrics,
        }
    }

    /// Lets every follower read to the end of the log.
    pub async fn follow(&self) {
        for follower in self.followers() {
            self.follow_with(&*follower).await;
        }
    }

    pub async fn follow_with(&self, follower: &dyn Follower) {
        let store = Arc::clone(&self.store) as Store;
        while step(&self.db(), &store, self.log, follower).await.unwrap() > 0 {}
    }

    pub fn followers(&self) -> [Box<dyn Follower>; 7] {
        let clock = || self.clock.clone();
        [
            Box::new(ClosuresFollower { clock: clock() }),
            Box::new(ErasuresFollower { clock: clock() }),
            Box::new(LeasesFollower { clock: clock() }),
            Box::new(WaitlistFollower { clock: clock() }),
            Box::new(OutboxFollower { verification: VERIFICATION }),
            Box::new(TimersFollower { verification: VERIFICATION }),
            Box::new(WebhooksFollower { clock: clock() }),
        ]
    }

    /// Nothing after `position` ever happened: a copy of the log was put in its place.
    pub async fn restore_to(&mut self, position: Position) {
        let before = std::mem::take(&mut self.store);
        for it in before.inner.read_all(0, usize::try_from(position).unwrap()).await.unwrap() {
            let expected = it.revision.checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
            let Recorded { stream, id, kind, data, meta, .. } = it;
            let event = NewEvent { id, kind, data, meta };
            self.store.append(&stream, expected, vec![event]).await.unwrap();
        }
        self.executor = Executor::new(Arc::clone(&self.store) as Store);
    }

    /// Moves time for everybody.
    pub fn later(&self, seconds: i64) {
        self.clock.correct(SignedDuration::from_secs(seconds));
    }

    /// Holds another court for `seconds`, the day after tomorrow at ten.
    pub async fn hold(&self, seconds: u32) -> BookingId {
        let at = self.clock.now();
        let hold = new_hold(self.courts.fetch_add(1, Ordering::Relaxed), seconds, at);
        let booking = hold.place.booking.clone();
        let meta = Metadata::new(ids::new(), at);
        let hold = BookingCommand::Hold(Box::new(hold));
        self.executor.execute::<CourtDay>(&booking.stream(), hold, &meta).await.unwrap();
        booking
    }

    pub async fn confirm(&self, booking: &BookingId) {
        let command = BookingCommand::Confirm {
            booking: booking.clone(),
            payment_reference: None,
            by: By::Player,
            at: self.clock.now(),
        };
        self.booking(booking, command).await;
    }

    pub async fn booking(&self, booking: &BookingId, command: BookingCommand) {
        let meta = Metadata::new(ids::new(), self.clock.now());
        self.executor.execute::<CourtDay>(&booking.stream(), command, &meta).await.unwrap();
    }

    /// Appends what no command does.
    pub async fn append(&self, booking: &BookingId, after: u64, kind: &str, data: Vec<u8>) {
        let meta = Metadata::new(ids::new(), self.clock.now());
        let event = NewEvent { id: ids::new(), kind: kind.to_owned(), data, meta };
        self.store.append(&booking.stream(), Expected::Exact(after), vec![event]).await.unwrap();
    }

    /// What the log holds of one booking.
    pub async fn events(&self, booking: &BookingId) -> Vec<BookingEvent> {
        let events = self.store.inner.read_stream(&booking.stream(), 0, 100).await.unwrap();
        events.iter().map(|it| BookingEvent::read(&it.kind, &it.data).unwrap()).collect()
    }

    /// The names of what the log holds of one booking, after its hold.
    pub async fn ends(&self, booking: &BookingId) -> Vec<String> {
        let events = self.store.inner.read_stream(&booking.stream(), 1, 100).await.unwrap();
        events.into_iter().map(|it| it.kind).collect()
    }

    pub async fn is_expired(&self, booking: &BookingId) -> bool {
        self.ends(booking).await == ["booking.expired.v1"]
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Another court for each number, the day after tomorrow at ten.
pub fn new_hold(court: u32, hold_seconds: u32, at: Timestamp) -> Hold {
    // So far ahead that both reminders are, whatever time it is.
    let day = at.to_zoned(TimeZone::UTC).date().tomorrow().unwrap().tomorrow().unwrap();
    let starts_at = day.at(10, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
    let place = Place {
        booking: BookingId::derive(day, format!("{court:04}").parse().unwrap(), ids::new()),
        starts_at,
        ends_at: starts_at + SignedDuration::from_mins(60),
        at,
        venue: venue(hold_seconds),
        venue_revision: 0,
        court: court_of("nord"),
        court_revision: 0,
    };
    Hold { place, by: Holder::Player(PLAYER) }
}

/// Registers the player, and returns the event's id.
pub async fn register(
    executor: &Executor,
    vault: &Vault,
    at: Timestamp,
    verification_required: bool,
) -> Uuid {
    let command = ids::new();
    let subject = PLAYER.stream();
    let seal = async |field, text| vault.seal(&subject, field, command, text).await.unwrap();
    let register = Register {
        email: seal("email", "juergen@example.org").await,
        username: seal("username", "juergen").await,
        display_name: seal("display_name", "Jürgen Groß").await,
        phone: None,
        email_claim: "claim-email-1".to_owned(),
        username_claim: "claim-username-1".to_owned(),
        role: Role::Player,
        verification_required,
        verifier: seal("verifier", "$argon2id$").await,
        pepper: 1,
    };
    let register = UserCommand::Register(Box::new(register));
    let done =
        executor.execute::<User>(&subject, register, &Metadata::new(command, at)).await.unwrap();
    done.event_ids[0]
}

/// A store in memory that can be taken away and given back.
#[derive(Default)]
pub struct Hostile {
    pub inner: MemoryStore,
    /// Nothing works.
    pub away: AtomicBool,
    /// What is there can be read, and nothing is recorded.
    pub full: AtomicBool,
    /// So many more appends are recorded; then nothing works any more, and the last one's answer is lost.
    pub last_words: Mutex<Option<u32>>,
    /// Whoever has this keeps everybody from reading.
    pub reads: RwLock<()>,
    /// Whoever has this keeps everybody from appending to a court-day,
    pub court_days: RwLock<()>,
    /// and here is how many wait to.
    pub waiting: AtomicU32,
    /// How often that was noticed.
    pub refused: AtomicU32,
}

impl Hostile {
    /// What a stream holds, whoever is kept away from it.
    pub async fn inner_stream(&self, stream: &str) -> Vec<StreamEvent> {
        self.inner.read_stream(stream, 0, 1_000).await.unwrap()
    }

    /// What a court-day holds, whoever is kept away from it.
    pub async fn inner_events(&self, booking: &BookingId) -> Vec<StreamEvent> {
        self.inner.read_stream(&booking.stream(), 0, 100).await.unwrap()
    }
}

#[async_trait]
impl Meddler for Hostile {
    fn inner(&self) -> &dyn EventStore {
        &self.inner
    }

    async fn reading(&self, _: Reading) -> Result<(), ReadError> {
        let _turn = self.reads.read().await;
        if !self.away.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.refused.fetch_add(1, Ordering::SeqCst);
        Err(ReadError::Unavailable("taken away".into()))
    }

    async fn appending(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        if self.away.load(Ordering::SeqCst) || self.full.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(AppendError::Unavailable("taken away".into()));
        }
        if stream.starts_with("courtday-") {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let _turn = self.court_days.read().await;
            self.waiting.fetch_sub(1, Ordering::SeqCst);
        }
        let appended = self.inner.append(stream, expected, events).await;
        if let Some(left) = self.last_words.lock().unwrap().as_mut() {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.away.store(true, Ordering::SeqCst);
                return Err(AppendError::Unavailable("gone before it could answer".into()));
            }
        }
        appended
    }
}
