//! The whole role, twice, on real servers.
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use domain::ids::{SessionId, UserId};
use domain::logins::{LoginEvent, Origin};
use domain::projections::{How, PROJECTIONS, ProjectionCommand, ProjectionState, stream};
use domain::sealed::Sealed;
use domain::sessions::SessionEvent;
use domain::users::{Role, UserEvent};
use domain::venues::VenueEvent;
use event_store::{Metadata, Store, log_id};
use projector::personal::PERSONAL;
use projector::status;
use runtime::migrations::{LOG, READ};
use runtime::{Platform, Settings, Shutdown, ids};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use testing::{Scratch, eventually, execute};
use uuid::Uuid;
use vault::Vault;

use crate::given::{PLAYER, append, confirmed, court_day, held, t};

const KEK: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const LONG: Duration = Duration::from_mins(2);
const VIEWS: [&str; 8] = [
    "booking_history_v1",
    "bookings_v1",
    "courts_v1",
    "logins_v1",
    "sessions_v1",
    "taken_v1",
    "users_v1",
    "venues_v1",
];

struct System {
    log: Scratch,
    read: Scratch,
    vault: Scratch,
}

impl System {
    async fn new() -> Self {
        Self {
            log: Scratch::new(&LOG).await,
            read: Scratch::new(&READ).await,
            vault: Scratch::new(&vault::MIGRATOR).await,
        }
    }

    async fn process(&self, kek: &[(&str, &str)], shutdown: &Shutdown) -> Platform {
        let nowhere = "postgres://nobody@127.0.0.1:1/nothing";
        let mut settings = vec![
            ("EVENT_STORE_URL", self.log.url.as_str()),
            ("READ_DATABASE_URL", &self.read.url),
            ("VAULT_DATABASE_URL", &self.vault.url),
            ("EDGE_DATABASE_URL", nowhere),
            ("AMQP_URL", "amqp://127.0.0.1:1"),
        ];
        settings.extend(kek);
        let settings =
            settings.into_iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let settings = Settings::read(settings).expect("settings");
        Platform::start(settings, shutdown.clone()).await.expect("a platform")
    }

    async fn caught_up(&self, store: &Store) {
        let head = store.head().await.expect("a head");
        let log = log_id(store).await.expect("a log").expect("an opened log");
        eventually("every projection has caught up", LONG, async || {
            let Ok(all) = status::list(&self.read.pool, store, log).await else { return false };
            all.len() == PROJECTIONS.len() && all.iter().all(|it| head <= it.position)
        })
        .await;
    }

    async fn shown(&self) -> BTreeMap<&'static str, Value> {
        let mut shown = BTreeMap::new();
        for view in VIEWS {
            let sql = format!(
                "SELECT jsonb_agg(to_jsonb(v) ORDER BY to_jsonb(v)::text) FROM {view} AS v"
            );
            let rows: Option<Value> = sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_one(&self.read.pool)
                .await
                .expect("rows");
            shown.insert(view, rows.unwrap_or_default());
        }
        shown
    }

    /// Ends every connection, as a server does that is restarted.
    async fn cut(&self) {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sqlx::query(cut).execute(&self.read.pool).await.expect("connections end");
    }
}

/// What a process measures, as it is scraped.
fn measured(platform: &Platform) -> String {
    let mut text = String::new();
    let registry = platform.metrics.registry.lock().expect("the registry");
    prometheus_client::encoding::text::encode(&mut text, &registry).expect("text");
    text
}

async fn seal(vault: &Vault, subject: &str, field: &str, text: &str) -> Sealed {
    vault.seal(subject, field, Uuid::from_u128(1), text).await.expect("a sealed value")
}

async fn registered(vault: &Vault, own: &str) -> UserEvent {
    UserEvent::Registered {
        email: seal(vault, own, "email", "a@example.org").await,
        username: seal(vault, own, "username", "a").await,
        display_name: seal(vault, own, "display_name", "A").await,
        phone: None,
        email_claim: "claim-email-1".to_owned(),
        username_claim: "claim-username-1".to_owned(),
        role: Role::Player,
        verification_required: false,
    }
}

/// An evening: a venue, a person who logs in, bookings on a day.
async fn evening(store: &Store, vault: &Vault, day: u8) {
    let user = UserId(Uuid::from_u128(PLAYER.as_u128() + u128::from(day)));
    let own = user.stream();
    append(store, &own, 0, &registered(vault, &own).await).await;
    let session = SessionId(ids::new());
    let quarter = format!("{own}/2026Q1");
    let from = Origin {
        address: Some(seal(vault, &quarter, "address", "192.0.2.7").await),
        user_agent: Some(seal(vault, &quarter, "user_agent", "curl/8").await),
        identifier: "h4sh".to_owned(),
    };
    append(
        store,
        &user.login_stream(),
        1,
        &LoginEvent::Succeeded { session, from, device: None, new_device: false },
    )
    .await;
    let started = SessionEvent::Started {
        user,
        epoch: 0,
        nonce: "n".to_owned(),
        refresh_key: "k".to_owned(),
        refresh_until: t(60),
        ends_at: t(600),
        factor: false,
    };
    append(store, &session.stream(), 1, &started).await;
    let opened = VenueEvent::Opened {
        name: "Riverside".to_owned(),
        zone: "Europe/Berlin".to_owned(),
        day_starts_at: jiff::civil::time(4, 0, 0, 0),
    };
    append(store, &format!("venue-riverside-{day}"), 2, &opened).await;
    for hour in 0..10_i64 {
        let n = hour.to_string();
        // Days are told apart in the ids alone: all lie on one, and none overlaps another.
        let starts_at = 60 * (2 * hour + i64::from(day));
        append(store, &court_day(day), 3, &held(day, &n, starts_at)).await;
        append(store, &court_day(day), 4, &confirmed(day, &n)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_projectors_follow_rebuild_and_survive_their_database() {
    let system = System::new().await;
    let shutdown = Shutdown::new();
    let kek = [("KEK", KEK)];
    let platforms = [system.process(&kek, &shutdown).await, system.process(&kek, &shutdown).await];
    let roles = platforms.clone().map(|it| tokio::spawn(projector::run(it)));
    let [platform, _] = &platforms;
    let store = &platform.store;
    let vault = Vault::new(system.vault.pool.clone(), &KEK.to_owned().into()).expect("a key");

    evening(store, &vault, 1).await;
    system.caught_up(store).await;
    let before = system.shown().await;
    for (view, rows) in &before {
        assert_eq!(rows.is_null(), *view == "courts_v1", "{view} shows the evening: {rows}");
    }

    let mut rebuilds = vec![];
    for name in PROJECTIONS {
        // Each is as the live one is, or it would not be switched to: the list of actions too, which this is one of.
        let how = How { workers: 3, verifies: true };
        let rebuild = ids::new();
        let meta = Metadata::new(rebuild, platform.clock.now()).actor("cli");
        let command = ProjectionCommand::RequestRebuild { rebuild, how, accepts: false };
        platform
            .executor
            .execute::<ProjectionState>(&stream(name), command, &meta)
            .await
            .expect("taken");
        rebuilds.push(rebuild);
        system.cut().await;
    }
    for rebuild in rebuilds {
        eventually("the switch", LONG, async || {
            let progress = status::rebuild(&system.read.pool, rebuild).await;
            progress.ok().flatten().is_some_and(|it| it.state == "switched")
        })
        .await;
    }
    system.caught_up(store).await;
    assert_eq!(system.shown().await, before, "rebuilt, and the same");
    let log = log_id(store).await.expect("a log").expect("an opened log");
    let all = status::list(&system.read.pool, store, log).await.expect("a list");
    assert!(all.iter().all(|it| it.build == 2 && it.last_error.is_none()), "{all:?}");

    evening(store, &vault, 2).await;
    system.caught_up(store).await;

    shutdown.cancel();
    for role in roles {
        let ended = tokio::time::timeout(LONG, role).await;
        ended.expect("it ends when told").expect("it does not panic").expect("it ends well");
    }
    let text = measured(platform);
    let applied = r#"projection_applied_events_total{projection="bookings"}"#;
    for metric in
        [applied, r#"projection_lag_events{projection="users"}"#, "overlap_violations_total 0"]
    {
        assert!(text.contains(metric), "{metric} is measured:\n{text}");
    }
}

/// Of a batch that neither could apply, one comes first in the end, and the other stands by.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_projectors_say_alike_that_a_projection_waits_and_that_it_is_over() {
    let system = System::new().await;
    let shutdown = Shutdown::new();
    let kek = [("KEK", KEK)];
    let platforms = [system.process(&kek, &shutdown).await, system.process(&kek, &shutdown).await];
    let roles = platforms.clone().map(|it| tokio::spawn(projector::run(it)));
    let store = &platforms[0].store;
    let vault = Vault::new(system.vault.pool.clone(), &KEK.to_owned().into()).expect("a key");
    let both_say = async |waiting: u8| {
        let line = format!("projection_waiting{{projection=\"users\"}} {waiting}\n");
        eventually(&line, LONG, async || platforms.iter().all(|it| measured(it).contains(&line)))
            .await;
    };

    let own = UserId(PLAYER).stream();
    let registered = registered(&vault, &own).await;
    execute(&system.vault.url, "ALTER TABLE data_keys RENAME TO away").await;
    append(store, &own, 0, &registered).await;
    both_say(1).await;
    execute(&system.vault.url, "ALTER TABLE away RENAME TO data_keys").await;
    both_say(0).await;
    system.caught_up(store).await;
    shutdown.cancel();
    for role in roles {
        let ended = tokio::time::timeout(LONG, role).await;
        ended.expect("it ends when told").expect("it does not panic").expect("it ends well");
    }
}

#[tokio::test]
async fn without_the_key_of_keys_it_says_what_to_set() {
    let system = System::new().await;
    let platform = system.process(&[], &Shutdown::new()).await;
    let error = projector::run(platform).await.expect_err("no key");
    assert_eq!(
        error.to_string(),
        "Set KEK or KEK_FILE: the projector opens personal data with it."
    );
}

#[tokio::test]
async fn personal_data_is_where_the_manifest_says() {
    let system = System::new().await;
    let vault = Vault::new(system.vault.pool.clone(), &KEK.to_owned().into()).expect("a key");
    let all = projector::projections::all(
        &vault,
        &prometheus_client::metrics::counter::Counter::default(),
    );
    let names: Vec<_> = all.iter().map(|it| it.name()).collect();
    assert_eq!(names, PROJECTIONS);
    for it in PERSONAL {
        let projection = all.iter().find(|all| all.name() == it.projection).expect("a projection");
        let table = format!("CREATE TABLE {} (", it.table);
        let (_, columns) = projection.create().split_once(&table).expect("the table");
        let (columns, _) = columns.split_once(");").expect("its end");
        // Whose a row is may be a part of what stands in a column.
        let part = it.subject.strip_prefix("split_part(").and_then(|it| it.split(',').next());
        for column in it.columns.iter().chain([&part.unwrap_or(it.subject)]) {
            let found =
                columns.lines().any(|line| line.trim_start().starts_with(&format!("{column} ")));
            assert!(found, "{} has no column {column}", it.table);
        }
    }
}
