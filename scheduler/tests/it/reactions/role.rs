//! The whole role, twice, on one system of real servers.
use std::ffi::OsString;

use domain::bookings::{BookingCommand, BookingEvent, CourtDay, ExpiryCause};
use domain::ids::BookingId;
use domain::stored::StoredEvent;
use event_store::Metadata;
use runtime::migrations::{EDGE, LOG, READ};
use runtime::{Platform, Settings, Shutdown, ids};
use scheduler::timers::rabbitmq::topology;
use secrecy::SecretString;
use testing::{Scratch, eventually};
use vault::Vault;

use crate::reactions::world::{SOON, new_hold, register};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Databases, and names on the broker, that are nobody else's.
struct System {
    log: Scratch,
    read: Scratch,
    edge: Scratch,
    vault: Scratch,
    prefix: String,
}

impl System {
    async fn new() -> Self {
        Self {
            log: Scratch::new(&LOG).await,
            read: Scratch::new(&READ).await,
            edge: Scratch::new(&EDGE).await,
            vault: Scratch::new(&vault::MIGRATOR).await,
            prefix: format!("{}.", ids::new().simple()),
        }
    }

    async fn process(&self, shutdown: &Shutdown) -> Platform {
        let amqp = amqp();
        let settings = [
            ("EVENT_STORE_URL", self.log.url.as_str()),
            ("READ_DATABASE_URL", &self.read.url),
            ("EDGE_DATABASE_URL", &self.edge.url),
            ("VAULT_DATABASE_URL", &self.vault.url),
            ("AMQP_URL", &amqp),
            ("AMQP_QUEUE_PREFIX", &self.prefix),
            ("TIMER_HOLD_SECONDS", "4"),
            ("KEK", KEY),
            ("MAIL_KEY", KEY),
            ("AUDIT_KEY", KEY),
            ("COURTSIDE_DEMO", "true"),
        ];
        let settings = settings.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        Platform::start(Settings::read(settings).unwrap(), shutdown.clone()).await.unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "the test servers are named by the environment")]
fn amqp() -> String {
    std::env::var("TEST_AMQP_URL").expect("TEST_AMQP_URL names a RabbitMQ; ops/test starts one")
}

async fn events(platform: &Platform, booking: &BookingId) -> Vec<BookingEvent> {
    let events = platform.store.read_stream(&booking.stream(), 0, 10).await.unwrap();
    events.iter().map(|it| BookingEvent::read(&it.kind, &it.data).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_schedulers_end_holds_by_timer_send_one_mail_and_end_when_told() {
    let system = System::new().await;
    let shutdown = Shutdown::new();
    let platforms = [system.process(&shutdown).await, system.process(&shutdown).await];
    let roles = platforms.clone().map(|it| tokio::spawn(scheduler::run(it)));
    let [platform, _] = &platforms;

    let vault = Vault::new(system.vault.pool.clone(), &SecretString::from(KEY)).unwrap();
    register(&platform.executor, &vault, platform.clock.now(), true).await;
    let mut bookings = Vec::new();
    // Of a duration that the broker carries, and of one that waits in the table.
    for (court, seconds) in [(1, 4), (2, 4), (3, 5), (4, 5)] {
        let at = platform.clock.now();
        let hold = new_hold(court, seconds, at);
        bookings.push(hold.place.booking.clone());
        let (stream, command) = (hold.place.booking.stream(), BookingCommand::Hold(Box::new(hold)));
        platform
            .executor
            .execute::<CourtDay>(&stream, command, &Metadata::new(ids::new(), at))
            .await
            .unwrap();
    }
    for booking in &bookings {
        eventually("the hold ends", SOON, async || events(platform, booking).await.len() > 1).await;
    }
    for booking in &bookings {
        let events = events(platform, booking).await;
        assert!(
            matches!(events[1..], [BookingEvent::Expired { cause: ExpiryCause::Timer, .. }]),
            "{events:?}"
        );
    }
    let mails = async || {
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM inbox")
            .fetch_one(&system.edge.pool)
            .await
            .unwrap()
    };
    eventually("the mail is there", SOON, async || mails().await > 0).await;
    assert_eq!(mails().await, 1);

    shutdown.cancel();
    for role in roles {
        tokio::time::timeout(SOON, role).await.expect("it ends when told").unwrap().unwrap();
    }
    let topology = topology(&system.prefix, &[4]);
    runtime::rabbitmq::delete(&SecretString::from(amqp()), &topology).await.unwrap();
}
