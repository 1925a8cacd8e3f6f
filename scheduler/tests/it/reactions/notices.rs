//! Who has to be told is told, once: across replays, crashes, and mail servers that say no.
use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;

use access::identifiers::Identifiers;
use access::mail_tokens::{MailTokens, Purpose};
use domain::courts::{CourtCommand, CourtState};
use domain::ids::BookingId;
use domain::notices::NoticeCommand;
use domain::venues::{VenueCommand, VenueState};
use event_store::Metadata;
use jiff::civil::Time;
use runtime::metrics::Metrics;
use runtime::rate_limits::{PostgresBuckets, RateLimits};
use runtime::{Settings, ids};
use scheduler::mail::sink::Sink;
use scheduler::mail::{Mailer, Templates};
use scheduler::notices::letters::Letters;
use scheduler::notices::metrics::NoticeMetrics;
use scheduler::notices::texts::Texts;
use scheduler::notices::worker::Worker;
use scheduler::sms::Texter;
use secrecy::SecretString;
use testing::{Scratch, eventually};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use uuid::Uuid;
use vault::Vault;

use crate::given;
use crate::reactions::world::{self, PLAYER, SOON, VERIFICATION, World};

pub const SERVER: &str = "https://courts.example.org";
const FROM: &str = "Courtside <no-reply@courts.example.org>";

/// A world with people in it, who have a mailbox.
pub struct People {
    pub world: World,
    edge: Scratch,
    pub vault: Vault,
    _vault_database: Scratch,
    mailer: Mailer,
    /// None, unless a test says otherwise.
    pub texter: Option<Texter>,
    pub sms_per_hour: &'static str,
}

impl People {
    pub async fn new() -> Self {
        let world = World::new().await;
        let edge = Scratch::new(&runtime::migrations::EDGE).await;
        let vault_database = Scratch::new(&vault::MIGRATOR).await;
        let vault =
            Vault::new(vault_database.pool.clone(), &SecretString::from("7".repeat(64))).unwrap();
        let sink = Sink::bind(edge.pool.clone(), world.clock.clone()).await.unwrap();
        let url = format!("smtp://{}", sink.address().unwrap());
        tokio::spawn(sink.run(world.shutdown.clone()));
        let mailer = mailer(&url);
        Self {
            world,
            edge,
            vault,
            _vault_database: vault_database,
            mailer,
            texter: None,
            sms_per_hour: "10",
        }
    }

    pub fn worker(&self) -> Worker {
        self.worker_with(Some(self.mailer.clone()))
    }

    pub fn worker_with(&self, mailer: Option<Mailer>) -> Worker {
        Worker {
            db: self.world.db(),
            executor: self.world.executor.clone(),
            clock: self.world.clock.clone(),
            letters: Letters {
                executor: self.world.executor.clone(),
                vault: self.vault.clone(),
                tokens: tokens(),
                templates: Templates::default(),
                verification: VERIFICATION,
                server_url: SERVER.to_owned(),
            },
            mailer,
            texts: self.texter.clone().map(|texter| Texts { texter, identifiers: identifiers() }),
            limits: self.limits(),
            metrics: NoticeMetrics::register(&Metrics::default()),
        }
    }

    pub fn edge(&self) -> &sqlx::PgPool {
        &self.edge.pool
    }

    fn limits(&self) -> RateLimits {
        let nowhere = "postgres://nobody@127.0.0.1:1/nothing";
        let pairs = [
            ("SERVER_URL", SERVER),
            ("EVENT_STORE_URL", nowhere),
            ("READ_DATABASE_URL", nowhere),
            ("EDGE_DATABASE_URL", &self.edge.url),
            ("VAULT_DATABASE_URL", nowhere),
            ("AMQP_URL", "amqp://127.0.0.1:1/%2f"),
            ("SMS_PER_HOUR", self.sms_per_hour),
        ];
        let pairs = pairs.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let settings = Settings::read(pairs).unwrap();
        RateLimits::new(
            Box::new(PostgresBuckets(self.edge.pool.clone())),
            &settings,
            &Metrics::default(),
        )
    }

    pub async fn register(&self, verification_required: bool) -> Uuid {
        let World { executor, clock, .. } = &self.world;
        world::register(executor, &self.vault, clock.now(), verification_required).await
    }

    /// Opens the venue and adds the court that the world's holds are of.
    pub async fn open(&self, booking: &BookingId) {
        let meta = || Metadata::new(ids::new(), self.world.clock.now());
        let open = VenueCommand::Open {
            name: "Tennis Nord".to_owned(),
            zone: "UTC".to_owned(),
            day_starts_at: Time::midnight(),
        };
        let executor = &self.world.executor;
        executor.execute::<VenueState>("venue-nord", open, &meta()).await.unwrap();
        let court = given::court_of("nord");
        let add = CourtCommand::Add {
            venue: court.venue,
            name: "Center Court".to_owned(),
            kind: court.kind,
            surface: court.surface,
            indoor: court.indoor,
        };
        executor.execute::<CourtState>(&booking.court().stream(), add, &meta()).await.unwrap();
    }

    /// Subjects and bodies, oldest first.
    pub async fn inbox(&self) -> Vec<(String, String, String)> {
        sqlx::query_as("SELECT recipient, subject, body FROM inbox ORDER BY id")
            .fetch_all(&self.edge.pool)
            .await
            .unwrap()
    }

    /// State and reason of each intent.
    pub async fn outbox(&self) -> Vec<(String, Option<String>)> {
        sqlx::query_as("SELECT state, last_error FROM outbox ORDER BY source_position")
            .fetch_all(&self.world.db())
            .await
            .unwrap()
    }

    pub async fn run(&self, worker: &Worker) {
        while worker.round(&self.world.shutdown).await.unwrap() > 0 {}
    }
}

pub fn mailer(url: &str) -> Mailer {
    Mailer::new(&SecretString::from(url), FROM, SERVER).unwrap()
}

pub fn tokens() -> MailTokens {
    MailTokens::new(&SecretString::from("5".repeat(64)))
}

pub fn identifiers() -> Identifiers {
    Identifiers::new(&SecretString::from("6".repeat(64)))
}

pub fn ended(state: &str, why: Option<&str>) -> (String, Option<String>) {
    (state.to_owned(), why.map(str::to_owned))
}

#[tokio::test]
async fn a_new_account_gets_its_code() {
    let people = People::new().await;
    let event = people.register(true).await;
    people.world.follow().await;
    people.run(&people.worker()).await;

    let inbox = people.inbox().await;
    let [(recipient, subject, body)] = &inbox[..] else { panic!("{inbox:?}") };
    assert_eq!(recipient, "juergen@example.org");
    assert_eq!(subject, "Your Courtside verification code");
    assert!(body.starts_with("Hello Jürgen Groß,\n\n"), "{body}");
    assert!(body.contains("POST https://courts.example.org/v1/registrations/verify\n"), "{body}");
    let is_code = |it: &&str| {
        it.len() >= 80 && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
    };
    let codes: Vec<_> = body.lines().filter(is_code).collect();
    assert_eq!(codes.len(), 1, "one line that tools can find: {body}");
    assert_eq!(tokens().check(Purpose::VerifyEmail, codes[0]), Some((PLAYER, event)));
    assert_eq!(people.outbox().await, [ended("sent", None)]);
}

#[tokio::test]
async fn an_account_that_need_not_be_verified_gets_no_mail() {
    let people = People::new().await;
    people.register(false).await;
    people.world.follow().await;
    assert_eq!(people.outbox().await, []);
}

#[tokio::test]
async fn dropping_the_tables_and_replaying_the_log_sends_nothing_again() {
    let people = People::new().await;
    people.register(true).await;
    people.world.follow().await;
    people.run(&people.worker()).await;
    assert_eq!(people.inbox().await.len(), 1);

    sqlx::raw_sql("TRUNCATE outbox, timers; DELETE FROM checkpoints")
        .execute(&people.world.db())
        .await
        .unwrap();
    people.world.follow().await;
    people.run(&people.worker()).await;
    assert_eq!(people.outbox().await, [ended("sent", None)], "the log says so");
    assert_eq!(people.inbox().await.len(), 1);

    // As if the follower had not come to the record yet: the worker looks it up before it sends.
    sqlx::raw_sql("UPDATE outbox SET state = 'pending', attempts = 0, accepted_at = NULL, next_attempt_at = now()")
        .execute(&people.world.db())
        .await
        .unwrap();
    people.run(&people.worker()).await;
    assert_eq!(people.outbox().await, [ended("sent", None)]);
    assert_eq!(people.inbox().await.len(), 1);
}

#[tokio::test]
async fn two_workers_send_one_mail() {
    let people = People::new().await;
    people.register(true).await;
    people.world.follow().await;
    let workers = [people.worker(), people.worker()];
    let shutdown = &people.world.shutdown;
    let (one, two) = tokio::join!(workers[0].round(shutdown), workers[1].round(shutdown));
    assert_eq!(one.unwrap() + two.unwrap(), 1);
    assert_eq!(people.inbox().await.len(), 1);
}

#[tokio::test]
async fn what_a_worker_is_at_another_leaves_alone_until_the_first_must_be_dead() {
    let people = People::new().await;
    people.register(true).await;
    people.world.follow().await;
    // It takes the connection and never says a word.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let first =
        people.worker_with(Some(mailer(&format!("smtp://{}", silent.local_addr().unwrap()))));
    let second = people.worker();
    let shutdown = &people.world.shutdown;
    tokio::select! {
        _ = first.round(shutdown) => panic!("nobody answered it"),
        () = async {
            let _connection = silent.accept().await.unwrap();
            assert_eq!(second.round(shutdown).await.unwrap(), 0);
        } => {}
    }
    // The first is dead here, in the middle of its letter.
    people.world.later(60);
    assert_eq!(second.round(shutdown).await.unwrap(), 0, "it could be slow");
    people.world.later(180);
    assert_eq!(second.round(shutdown).await.unwrap(), 1);
    assert_eq!(people.inbox().await.len(), 1);
}

#[tokio::test]
async fn a_mail_that_was_taken_and_could_not_be_recorded_is_recorded_later_and_not_sent_again() {
    let people = People::new().await;
    people.register(true).await;
    people.world.follow().await;
    people.world.store.full.store(true, Ordering::SeqCst);
    let worker = people.worker();
    let stop = runtime::Shutdown::new();
    let round = async { worker.round(&stop).await.unwrap() };
    let kill = async {
        eventually("the mail is out", SOON, async || people.inbox().await.len() == 1).await;
        let refused = || people.world.store.refused.load(Ordering::SeqCst);
        eventually("and cannot be recorded", SOON, async || refused() > 0).await;
        stop.cancel();
    };
    tokio::join!(round, kill);
    assert_eq!(people.outbox().await, [ended("pending", Some("sent, and not recorded yet"))]);

    people.world.store.full.store(false, Ordering::SeqCst);
    people.world.later(3600);
    people.run(&people.worker()).await;
    assert_eq!(
        people.outbox().await,
        [ended("sent", Some("sent, and not recorded yet"))].map(|(it, _)| (it, None))
    );
    assert_eq!(people.inbox().await.len(), 1);
}

#[tokio::test]
async fn a_code_that_is_too_late_is_not_sent() {
    let people = People::new().await;
    people.register(true).await;
    people.world.follow().await;
    people.world.later(24 * 3600 + 1);
    people.run(&people.worker()).await;
    assert_eq!(people.outbox().await, [ended("expired", Some("too late"))]);
    assert_eq!(people.inbox().await, []);
}

#[tokio::test]
async fn an_erased_person_gets_no_mail() {
    let people = People::new().await;
    people.register(true).await;
    people.vault.destroy(&PLAYER.stream(), None).await.unwrap();
    people.world.follow().await;
    people.run(&people.worker()).await;
    assert_eq!(people.outbox().await, [ended("expired", Some("the person was erased"))]);
}

#[tokio::test]
async fn without_a_way_to_send_what_is_pending_stays_so_and_is_counted() {
    let people = People::new().await;
    people.register(true).await;
    people.world.follow().await;
    let worker = people.worker_with(None);
    assert_eq!(worker.round(&people.world.shutdown).await.unwrap(), 0);
    worker.measure().await.unwrap();
    assert_eq!(worker.metrics.pending.get(), 1);
    assert_eq!(people.outbox().await, [ended("pending", None)]);
}

#[tokio::test]
async fn what_a_mail_server_says_decides_whether_it_is_tried_again() {
    let gone = "550 5.1.1 <juergen@example.org>: no such user";
    for (answer, state, why) in [
        (gone, "dead", "the mail server answered 550"),
        ("451 4.3.0 <juergen@example.org>: later", "pending", "the mail server answered 451"),
        ("535 5.7.8 your password is wrong", "pending", "the mail server answered 535"),
    ] {
        let people = People::new().await;
        people.register(true).await;
        people.world.follow().await;
        let worker = people.worker_with(Some(mailer(&refusing(answer).await)));
        assert_eq!(worker.round(&people.world.shutdown).await.unwrap(), 1);
        assert_eq!(people.outbox().await, [ended(state, Some(why))], "{answer}");

        if state == "pending" {
            // Not at once, and by another server.
            people.world.later(3600);
            people.run(&people.worker()).await;
            assert_eq!(people.outbox().await, [ended("sent", None)], "{answer}");
        }
    }
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_asked_again() {
    let people = People::new().await;
    people.register(true).await;
    people.world.follow().await;
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let worker = people.worker_with(Some(mailer(&format!("smtp://{nobody}"))));
    assert_eq!(worker.round(&people.world.shutdown).await.unwrap(), 1);
    let outbox = people.outbox().await;
    assert!(matches!(&outbox[..], [(state, Some(_))] if state == "pending"), "{outbox:?}");
    people.world.later(3600);
    people.run(&people.worker()).await;
    assert_eq!(people.inbox().await.len(), 1);
}

#[tokio::test]
async fn a_player_is_told_when_and_where_to_play() {
    let people = People::new().await;
    people.register(false).await;
    let booking = people.world.hold(900).await;
    people.open(&booking).await;
    people.world.confirm(&booking).await;
    people.world.follow().await;
    people.run(&people.worker()).await;
    let inbox = people.inbox().await;
    let [(recipient, subject, body)] = &inbox[..] else { panic!("{inbox:?}") };
    let date = booking.date().strftime("%A, %-d %B %Y").to_string();
    assert_eq!(recipient, "juergen@example.org");
    assert_eq!(*subject, format!("Your court on {date}, 10:00 to 11:00 (UTC)"));
    assert_eq!(
        *body,
        format!(
            "Hello Jürgen Groß,\n\nyour booking is confirmed.\n\n  When       {date}, 10:00 to 11:00 (UTC)\n  Where      \
             Tennis Nord, Center Court\n  Reference  {booking}\n\nSee your bookings: {SERVER}/#/bookings\n\nSee you on \
             the court."
        )
    );
}

#[tokio::test]
async fn a_booking_that_is_off_again_is_not_confirmed_by_mail() {
    let people = People::new().await;
    people.register(false).await;
    let booking = people.world.hold(900).await;
    people.world.confirm(&booking).await;
    let cancel = domain::bookings::BookingCommand::Cancel {
        booking: booking.clone(),
        by: domain::bookings::Canceller::Player,
        at: people.world.clock.now(),
    };
    people.world.booking(&booking, cancel).await;
    people.world.follow().await;
    people.run(&people.worker()).await;
    assert_eq!(
        people.outbox().await,
        [ended("expired", Some("the booking is not confirmed any more"))]
    );
}

#[tokio::test]
async fn nothing_in_the_outbox_is_personal_and_readable() {
    let people = People::new().await;
    people.register(true).await;
    people.world.follow().await;
    people.run(&people.worker()).await;
    let rows: Vec<String> = sqlx::query_scalar("SELECT outbox::text FROM outbox")
        .fetch_all(&people.world.db())
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    for marker in ["juergen", "Jürgen", "Groß", "@example.org"] {
        assert!(!rows[0].contains(marker), "{marker} in {}", rows[0]);
    }
}

/// A mail server that answers every recipient with `answer`.
async fn refusing(answer: &'static str) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (reader, mut writer) = stream.split();
            let mut lines = BufReader::new(reader).lines();
            let mut reply = "220 here".to_owned();
            loop {
                let sent = writer.write_all(format!("{reply}\r\n").as_bytes()).await;
                let Ok(Some(line)) = lines.next_line().await else { break };
                sent.unwrap();
                reply = if line.starts_with("RCPT") { answer } else { "250 localhost" }.to_owned();
            }
        }
    });
    url
}

/// The operator's word is in the log: it reaches whichever table there is, once.
#[tokio::test]
async fn what_was_given_up_is_tried_again_when_an_operator_says_so() {
    let people = People::new().await;
    people.register(true).await;
    people.world.follow().await;
    let db = people.world.db();
    sqlx::raw_sql("UPDATE outbox SET state = 'dead', last_error = 'refused', ended_at = now()")
        .execute(&db)
        .await
        .unwrap();
    let intent: Uuid =
        sqlx::query_scalar("SELECT intent FROM outbox").fetch_one(&db).await.unwrap();
    people.run(&people.worker()).await;
    assert_eq!(people.inbox().await.len(), 0, "given up");

    let resend = NoticeCommand::Resend { request: ids::new(), is_dead: true };
    let meta = Metadata::new(ids::new(), people.world.clock.now());
    let stream = domain::notices::stream(intent);
    let executor = &people.world.executor;
    executor.execute::<domain::notices::Notice>(&stream, resend, &meta).await.unwrap();
    people.world.follow().await;
    people.run(&people.worker()).await;
    assert_eq!(people.outbox().await, [ended("sent", None)]);
    assert_eq!(people.inbox().await.len(), 1);

    sqlx::raw_sql("DELETE FROM checkpoints").execute(&db).await.unwrap();
    people.world.follow().await;
    people.run(&people.worker()).await;
    assert_eq!(people.inbox().await.len(), 1, "a replay sends nothing again");
}
