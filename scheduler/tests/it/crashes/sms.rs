//! SMS go out, and the scheduler is killed with `-9` while the provider has one and has not answered. Nobody gets two.
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use acceptance::Servers;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::bookings::{BookingCommand, By, CourtDay};
use domain::courts::{CourtCommand, CourtState};
use domain::ids::UserId;
use domain::notices::{Delivery, Notice, NoticeCommand, stream};
use domain::reminders::{ReminderCommand, Reminders};
use domain::users::{Channel, User, UserCommand, Wanted};
use domain::venues::{VenueCommand, VenueState};
use event_store::{Executor, Metadata};
use jiff::SignedDuration;
use jiff::civil::Time;
use runtime::http::form;
use runtime::{Clock, ids, postgres};
use testing::eventually;
use tokio::net::TcpListener;
use uuid::Uuid;
use vault::Vault;

use crate::crashes::system::{SOON, System};

const PEOPLE: usize = 14;
/// At which of its messages the provider falls silent, having taken it.
const SILENT_AT: [usize; 3] = [2, 6, 11];
const LONG: u32 = 3_600;

/// A provider that tells of what it took before it answers, as Twilio's callbacks do and command-api records.
#[derive(Clone)]
struct Provider {
    executor: Executor,
    clock: Clock,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    async fn take(&self, to: &str, notice: Uuid) -> usize {
        let message_id = format!("SM{}", ids::new().simple());
        let report = NoticeCommand::Report { message_id, status: Delivery::Accepted, code: None };
        let meta = Metadata::new(ids::new(), self.clock.now());
        self.executor.execute::<Notice>(&stream(notice), report, &meta).await.unwrap();
        let mut taken = self.taken.lock().unwrap();
        taken.push(to.to_owned());
        taken.len()
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

async fn messages(State(it): State<Provider>, body: String) -> Response {
    let form = form(body.as_bytes()).unwrap();
    let field = |name: &str| form.iter().find(|it| it.0 == name).unwrap().1.as_str();
    let notice = field("StatusCallback").rsplit('/').next().unwrap().parse().unwrap();
    let to = field("To").to_owned();
    // By itself: whoever asked may be killed in the middle of it, and what is taken is taken.
    let nth = tokio::spawn(async move { it.take(&to, notice).await }).await.unwrap();
    if SILENT_AT.contains(&nth) {
        std::future::pending::<()>().await;
    }
    (StatusCode::CREATED, Json(serde_json::json!({ "sid": format!("SM{nth}") }))).into_response()
}

struct Story {
    system: System,
    vault: Vault,
}

impl Story {
    async fn register(&self, user: UserId, number: &str) {
        let claims = ["email", "username"].map(|it| format!("claim-{it}-{user}"));
        self.system.register(&self.vault, user, claims).await;
        let subject = user.stream();
        let number = self.vault.seal(&subject, "sms_number", ids::new(), number).await.unwrap();
        let sms_number = Some(Some(number));
        let reminders = Some(Channel::Sms);
        let wanted = Wanted { reminders, sms_number, ..Wanted::default() };
        self.system.execute::<User>(&subject, UserCommand::Prefer(wanted)).await;
    }

    /// A player with a court, of which the desk wants them reminded.
    async fn reminded(&self, number: &str) {
        let user = UserId(ids::new());
        self.register(user, number).await;
        let booking = self.system.hold_for(user, LONG).await;
        let at = self.system.platform.clock.now();
        let court = CourtCommand::Add {
            venue: "nord".parse().unwrap(),
            name: "Court".to_owned(),
            kind: "tennis".to_owned(),
            surface: "clay".to_owned(),
            indoor: false,
        };
        self.system.execute::<CourtState>(&booking.court().stream(), court).await;
        let confirm = BookingCommand::Confirm {
            booking: booking.clone(),
            payment_reference: None,
            by: By::Player,
            at,
        };
        self.system.execute::<CourtDay>(&booking.stream(), confirm).await;
        let starts_at = at + SignedDuration::from_hours(9);
        let name = domain::reminders::stream(&booking);
        let remind = ReminderCommand::Request { booking, request: ids::new(), starts_at };
        self.system.execute::<Reminders>(&name, remind).await;
    }

    async fn reminders(&self, state: &str) -> usize {
        let count = "SELECT count(*) FROM outbox
            WHERE subject_stream LIKE 'reminder-%' AND state = $1 AND mailed_because IS NULL";
        let count = sqlx::query_scalar::<_, i64>(count).bind(state).fetch_one(&self.system.read);
        count.await.map_or(0, |it| usize::try_from(it).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_two_sms_whenever_the_scheduler_is_killed() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let servers = Servers::scratch().await.with("COURTSIDE_DEMO", "true");
    let servers = servers
        .with("TWILIO_BASE_URL", &format!("http://{}", listener.local_addr().unwrap()))
        .with("TWILIO_ACCOUNT_SID", "AC00112233445566778899aabbccddeeff")
        .with("TWILIO_AUTH_TOKEN", "ffeeddccbbaa99887766554433221100")
        .with("TWILIO_FROM", "+493098765432");
    let system = System::on(servers).await;
    let platform = &system.platform;
    let provider = Provider {
        executor: platform.executor.clone(),
        clock: platform.clock.clone(),
        taken: Arc::default(),
    };
    let path = "/2010-04-01/Accounts/{account}/Messages.json";
    let router = Router::new().route(path, post(messages)).with_state(provider.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let vault = postgres::pool(&platform.settings.vault_database_url, 2).unwrap();
    let vault = Vault::new(vault, platform.settings.keys.kek.as_ref().unwrap()).unwrap();
    let story = Story { system, vault };
    let open = VenueCommand::Open {
        name: "Tennis Nord".to_owned(),
        zone: "UTC".to_owned(),
        day_starts_at: Time::midnight(),
    };
    story.system.execute::<VenueState>("venue-nord", open).await;
    let numbers: Vec<String> = (0..PEOPLE).map(|n| format!("+4917012345{n:02}")).collect();
    for number in &numbers {
        story.reminded(number).await;
    }

    let mut scheduler = story.system.scheduler().await;
    for nth in SILENT_AT {
        eventually("the provider has it", SOON, async || nth <= provider.taken().len()).await;
        scheduler.kill();
        // What it was at waits for two minutes, in case it is only slow. It is not.
        sqlx::raw_sql("UPDATE outbox SET next_attempt_at = '2000-01-01' WHERE state = 'pending'")
            .execute(&story.system.read)
            .await
            .unwrap();
        scheduler.restart();
    }
    let done = async || story.reminders("sent").await == PEOPLE;
    eventually("everybody has theirs", SOON, done).await;
    let mut taken = provider.taken();
    taken.sort_unstable();
    assert_eq!(taken, numbers, "each once");
    drop(scheduler);
    story.system.end().await;
}
