//! Databases and queues of a test's own, and schedulers on them that can be killed.
use std::ffi::OsString;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use acceptance::{Process, Servers};
use domain::bookings::{BookingCommand, BookingEvent, CourtDay, ExpiryCause, Hold, Holder, Place};
use domain::ids::{BookingId, UserId};
use domain::stored::{StoredDecider, StoredEvent};
use domain::users::{Register, Role, User, UserCommand};
use event_store::{ExecuteError, Metadata};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use runtime::rabbitmq::{self, Topology};
use runtime::{Platform, Settings, Shutdown, ids, postgres};
use scheduler::timers::rabbitmq::topology;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, PgPool};
use testing::eventually;
use vault::Vault;

use crate::given::{self, court_of, venue};

/// On a machine that does something else too.
pub const SOON: Duration = Duration::from_mins(2);
/// The hold time with a queue of its own.
pub const CARRIED: u32 = 4;

pub struct System {
    pub servers: Servers,
    pub platform: Platform,
    pub read: PgPool,
    shutdown: Shutdown,
    courts: AtomicU32,
}

impl System {
    /// On the servers that all tests share.
    pub async fn new() -> Self {
        Self::on(Servers::scratch().await).await
    }

    pub async fn on(servers: Servers) -> Self {
        let servers = servers.with("TIMER_HOLD_SECONDS", &CARRIED.to_string());
        let (well, said) = Process::run(&["migrate"], &servers.environment).await;
        assert!(well, "{said}");
        let settings = servers.environment.iter();
        let settings = settings.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let shutdown = Shutdown::new();
        let settings = Settings::read(settings).unwrap();
        let read = postgres::pool(&settings.read_database_url, 4).unwrap();
        let platform = Platform::start(settings, shutdown.clone()).await.unwrap();
        Self { servers, platform, read, shutdown, courts: AtomicU32::new(1) }
    }

    /// Somebody does something, once.
    pub async fn execute<D: StoredDecider<Rejection: std::fmt::Debug>>(
        &self,
        stream: &str,
        command: D::Command,
    ) {
        let Platform { executor, clock, .. } = &self.platform;
        given::execute::<D>(executor, clock, stream, command).await;
    }

    /// Registers a player whose personal data `vault` can open; every text is an x.
    pub async fn register(&self, vault: &Vault, user: UserId, claims: [String; 2]) {
        let (subject, command) = (user.stream(), ids::new());
        let seal = async |field, text| vault.seal(&subject, field, command, text).await.unwrap();
        let [email_claim, username_claim] = claims;
        let register = Register {
            email: seal("email", "x@example.org").await,
            username: seal("username", "x").await,
            display_name: seal("display_name", "x").await,
            phone: None,
            email_claim,
            username_claim,
            role: Role::Player,
            verification_required: false,
            verifier: seal("verifier", "x").await,
            pepper: 1,
        };
        self.execute::<User>(&subject, UserCommand::Register(Box::new(register))).await;
    }

    /// A scheduler that has begun.
    pub async fn scheduler(&self) -> Process {
        let mut process = Process::start(&["scheduler"], &self.servers.environment);
        process.ready().await;
        process
    }

    /// A scheduler that reaches the broker through another port.
    pub async fn scheduler_through(&self, port: u16) -> Process {
        let mut environment = self.servers.environment.clone();
        environment.retain(|it| it.0 != "AMQP_URL");
        environment.push(("AMQP_URL".to_owned(), self.amqp_through(port)));
        let mut process = Process::start(&["scheduler"], &environment);
        process.ready().await;
        process
    }

    /// From here on no canary is armed. One that waits for its confirmation holds the relay's round up, and where the
    /// broker's answers are swallowed its connection too: whatever the test's own timers are to show would not happen.
    pub async fn without_canaries(&self) {
        let refuse = "CREATE FUNCTION no_canary() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TRIGGER no_canary BEFORE INSERT ON timers
                FOR EACH ROW WHEN (NEW.kind = 'canary') EXECUTE FUNCTION no_canary()";
        sqlx::raw_sql(refuse).execute(&self.read).await.unwrap();
    }

    /// Host and port of the broker.
    pub fn broker(&self) -> String {
        let url = self.platform.settings.amqp_url.expose_secret();
        let rest = url.split_once('@').unwrap().1;
        rest.split_once('/').unwrap().0.to_owned()
    }

    fn amqp_through(&self, port: u16) -> String {
        let url = self.platform.settings.amqp_url.expose_secret();
        url.replace(&self.broker(), &format!("127.0.0.1:{port}"))
    }

    pub fn topology(&self) -> Topology {
        topology(&self.platform.settings.amqp_queue_prefix, &[CARRIED])
    }

    /// How many messages are ready in a queue.
    pub async fn depth(&self, queue: &str) -> Option<u32> {
        let url = &self.platform.settings.amqp_url;
        let depths = rabbitmq::depths(url, &self.topology()).await.ok()?;
        depths.into_iter().find(|it| it.0 == queue)?.1
    }

    /// Holds another court for `seconds`, tomorrow at ten, as command-api does.
    pub async fn hold(&self, seconds: u32) -> BookingId {
        self.try_hold(seconds).await.unwrap()
    }

    pub async fn hold_for(&self, player: UserId, seconds: u32) -> BookingId {
        self.try_hold_for(player, seconds).await.unwrap()
    }

    /// The same where the store may be away: with the id of a hold of which nobody knows whether it came to be.
    pub async fn try_hold(&self, seconds: u32) -> Result<BookingId, BookingId> {
        self.try_hold_for(UserId(ids::new()), seconds).await
    }

    async fn try_hold_for(&self, player: UserId, seconds: u32) -> Result<BookingId, BookingId> {
        self.try_hold_at(self.platform.clock.now(), player, seconds).await
    }

    async fn try_hold_at(
        &self,
        at: Timestamp,
        player: UserId,
        seconds: u32,
    ) -> Result<BookingId, BookingId> {
        let tomorrow = at.to_zoned(TimeZone::UTC).date().tomorrow().unwrap();
        let starts_at = tomorrow.at(10, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let court = format!("{:04}", self.courts.fetch_add(1, Ordering::Relaxed));
        let place = Place {
            booking: BookingId::derive(tomorrow, court.parse().unwrap(), ids::new()),
            starts_at,
            ends_at: starts_at + SignedDuration::from_mins(60),
            at,
            venue: venue(seconds),
            venue_revision: 0,
            court: court_of("nord"),
            court_revision: 0,
        };
        let booking = place.booking.clone();
        let hold = Hold { place, by: Holder::Player(player) };
        let hold = BookingCommand::Hold(Box::new(hold));
        let meta = Metadata::new(ids::new(), at);
        match self.platform.executor.execute::<CourtDay>(&booking.stream(), hold, &meta).await {
            Ok(_) => Ok(booking),
            Err(ExecuteError::Rejected { rejection, .. }) => panic!("{rejection}"),
            Err(_) => Err(booking),
        }
    }

    /// Whether a hold came to be.
    pub async fn was_held(&self, booking: &BookingId) -> bool {
        !self.platform.store.read_stream(&booking.stream(), 0, 1).await.unwrap().is_empty()
    }

    pub async fn holds(&self, count: usize, seconds: u32) -> Vec<BookingId> {
        let mut bookings = Vec::with_capacity(count);
        for _ in 0..count {
            bookings.push(self.hold(seconds).await);
        }
        bookings
    }

    /// All as of one moment: they are due at the same one, and a relay takes them in one round.
    pub async fn holds_as_one(&self, count: usize, seconds: u32) -> Vec<BookingId> {
        let at = self.platform.clock.now();
        let mut bookings = Vec::with_capacity(count);
        for _ in 0..count {
            bookings.push(self.try_hold_at(at, UserId(ids::new()), seconds).await.unwrap());
        }
        bookings
    }

    /// How each end of a booking came about.
    pub async fn ends(&self, booking: &BookingId) -> Vec<ExpiryCause> {
        let read = self.platform.store.read_stream(&booking.stream(), 1, 100).await;
        let events = read.unwrap_or_default().into_iter();
        let events = events.map(|it| BookingEvent::read(&it.kind, &it.data).unwrap());
        events
            .map(|it| match it {
                BookingEvent::Expired { cause, .. } => cause,
                other => panic!("nobody did this: {other:?}"),
            })
            .collect()
    }

    /// Waits until each has ended, and sees that none ended twice.
    pub async fn all_end(&self, bookings: &[BookingId]) -> Vec<ExpiryCause> {
        let mut causes = Vec::with_capacity(bookings.len());
        for booking in bookings {
            eventually("the hold ends", SOON, async || !self.ends(booking).await.is_empty()).await;
        }
        for booking in bookings {
            let ends = self.ends(booking).await;
            assert_eq!(ends.len(), 1, "{booking}: {ends:?}");
            causes.extend(ends);
        }
        causes
    }

    /// Waits until so many timers of holds fulfil a condition.
    pub async fn timers(&self, condition: &str, count: usize) {
        let asked = format!("SELECT count(*) FROM timers WHERE kind = 'hold' AND {condition}");
        let counted = async || {
            let asked = sqlx::query_scalar::<_, i64>(AssertSqlSafe(asked.as_str()));
            let found = asked.fetch_one(&self.read).await;
            found.is_ok_and(|it| usize::try_from(it).unwrap() == count)
        };
        eventually(condition, SOON, counted).await;
    }

    /// Every message was settled, and none given up.
    pub async fn queues_are_empty(&self) {
        for queue in ["timers.due", "timers.dead"] {
            eventually(queue, SOON, async || self.depth(queue).await == Some(0)).await;
        }
    }

    pub async fn end(self) {
        self.shutdown.cancel();
        rabbitmq::delete(&self.platform.settings.amqp_url, &self.topology()).await.unwrap();
    }
}

/// A number out of `/metrics`; 0 for one that was never counted.
pub async fn metric(process: &Process, name: &str) -> f64 {
    let url = format!("http://127.0.0.1:{}/metrics", process.operations_port);
    let Ok(answer) = reqwest::get(url).await else { return 0.0 };
    let text = answer.text().await.unwrap_or_default();
    let line = text.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0.0, |it| it.parse().unwrap())
}

/// What `/health/ready` says: its status code and its body.
pub async fn readiness(process: &Process) -> Option<(u16, serde_json::Value)> {
    let url = format!("http://127.0.0.1:{}/health/ready", process.operations_port);
    let answer = reqwest::get(url).await.ok()?;
    Some((answer.status().as_u16(), answer.json().await.ok()?))
}

pub fn url(system: &System) -> SecretString {
    system.platform.settings.amqp_url.clone()
}
