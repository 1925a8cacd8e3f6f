//! Whoever was erased is in no row of any build, and nothing is lost of what is not theirs.
use std::collections::BTreeSet;
use std::path::Path;

use domain::ids::SessionId;
use domain::logins::{FailureReason, LoginEvent, Origin};
use domain::retention::RetentionEvent;
use domain::stored::StoredEvent;
use domain::users::{ErasureCause, Role, UserEvent};
use projector::personal::PERSONAL;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::given::{Log, PLAYER};
use crate::views::cuts::Bench;

const OTHER: Uuid = Uuid::from_u128(0xB0B);

async fn registered(bench: &Bench, user: Uuid, phone: Option<&str>) -> UserEvent {
    let subject = format!("user-{user}");
    let seal = async |field, text: &str| {
        bench.vault.seal(&subject, field, Uuid::from_u128(1), text).await.expect("a sealed value")
    };
    UserEvent::Registered {
        email: seal("email", "a@example.org").await,
        username: seal("username", "a").await,
        display_name: seal("display_name", "A").await,
        phone: match phone {
            Some(phone) => Some(seal("phone", phone).await),
            None => None,
        },
        email_claim: "claim-email-1".to_owned(),
        username_claim: "claim-username-1".to_owned(),
        role: Role::Player,
        verification_required: false,
    }
}

async fn logged_in(bench: &Bench, user: Uuid) -> LoginEvent {
    let subject = format!("user-{user}/2026Q1");
    let seal = async |field| {
        bench.vault.seal(&subject, field, Uuid::from_u128(1), "x").await.expect("a sealed value")
    };
    let from = Origin {
        address: Some(seal("address").await),
        user_agent: Some(seal("user_agent").await),
        identifier: "h4sh".to_owned(),
    };
    LoginEvent::Succeeded {
        session: SessionId(Uuid::from_u128(7)),
        from,
        device: None,
        new_device: false,
    }
}

fn leave(log: Log) -> Log {
    let asked = UserEvent::ErasureRequested { cause: ErasureCause::Own, reason: None };
    let stream = format!("user-{PLAYER}");
    log.with(&stream, 2, &asked).with(&stream, 3, &UserEvent::Erased {})
}

/// The personal columns of two people, of whom one was erased.
async fn check(
    name: &str,
    view: &str,
    log: &Log,
    bench: &Bench,
    columns: &[&str],
    expected: Value,
) {
    // In the live build, where it was in clear; and in one that is filled when the keys are gone.
    bench.check_columns(name, &log.0, view, columns, &expected).await;
    bench.vault.destroy(&format!("user-{PLAYER}"), None).await.expect("an erasure");
    bench.check_columns(name, &log.0, view, columns, &expected).await;
}

#[tokio::test]
async fn an_account_reads_erased_and_is_rebuilt_so() {
    let bench = Bench::of("users").await;
    let log = Log::default()
        .with(&format!("user-{PLAYER}"), 0, &registered(&bench, PLAYER, None).await)
        .with(&format!("user-{OTHER}"), 1, &registered(&bench, OTHER, Some("+1")).await);
    let gone = "[erased]";
    let rows = json!([
        { "email": gone, "username": gone, "display_name": gone, "phone": null },
        { "email": "a@example.org", "username": "a", "display_name": "A", "phone": "+1" },
    ]);
    let columns = ["email", "username", "display_name", "phone"];
    let mut rows = rows.as_array().expect("rows").clone();
    if OTHER < PLAYER {
        rows.reverse();
    }
    check("accounts", "users_v1", &leave(log), &bench, &columns, json!(rows)).await;
}

#[tokio::test]
async fn a_login_reads_erased_and_stays_in_the_history() {
    let bench = Bench::of("logins").await;
    let log = Log::default()
        .with(&format!("login-{PLAYER}"), 0, &logged_in(&bench, PLAYER).await)
        .with(&format!("login-{OTHER}"), 1, &logged_in(&bench, OTHER).await);
    let columns = ["position", "outcome", "identifier", "ip", "user_agent"];
    let row = |position: u32, text: &str| json!({ "position": position, "outcome": "succeeded", "identifier": "h4sh", "ip": text, "user_agent": text });
    let rows = json!([row(1, "[erased]"), row(2, "x")]);
    check("logins", "logins_v1", &leave(log), &bench, &columns, rows).await;
}

#[tokio::test]
async fn an_erasure_of_a_newer_shape_is_waited_for() {
    let bench = Bench::of("users").await;
    let stream = format!("user-{PLAYER}");
    let registered = registered(&bench, PLAYER, None).await;
    let log =
        Log::default().with(&stream, 0, &registered).with_kind(&stream, 1, "user.erased.v9", "{}");
    bench.refuses("a newer erasure", &log.0, "the event at 2 cannot be applied").await;
}

#[tokio::test]
async fn the_build_beside_the_live_one_and_the_one_before_it_forget_too() {
    let bench = Bench::of("users").await;
    let stream = format!("user-{PLAYER}");
    let registered = registered(&bench, PLAYER, None).await;
    let log = leave(Log::default().with(&stream, 0, &registered));
    let mut db = bench.connection().await;
    for (build, state) in [(1, "old"), (2, "live"), (3, "building"), (4, "aborted")] {
        let schema = format!("users_b{build}");
        run(&mut db, &format!("CREATE SCHEMA {schema}; SET search_path TO {schema}, public")).await;
        bench.create(&mut db).await;
        bench.apply(&mut db, &log.0[..1]).await.expect("rows");
        let row = format!(
            "INSERT INTO builds (projection, build, state) VALUES ('users', {build}, '{state}')"
        );
        run(&mut db, &row).await;
    }
    // One whose tables somebody has dropped already.
    run(&mut db, "INSERT INTO builds (projection, build, state) VALUES ('users', 5, 'aborted')")
        .await;
    run(&mut db, "SET search_path TO users_b2, public").await;
    bench.apply(&mut db, &log.0[1..]).await.expect("an erasure");
    for build in 1..=4 {
        let emails = format!("SELECT email FROM users_b{build}.users");
        let emails: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(emails)).fetch_all(&mut *db).await.expect("rows");
        assert_eq!(emails, ["[erased]"], "build {build}");
    }
}

#[tokio::test]
async fn where_attempts_under_unknown_names_came_from_is_forgotten_with_its_day() {
    let bench = Bench::of("logins").await;
    let mut log = Log::default();
    for (minute, day) in [(0, "2026-02-28"), (1, "2026-03-01")] {
        let seal =
            bench.vault.seal(&format!("unknown-{day}"), "address", Uuid::from_u128(1), "x").await;
        let (address, user_agent) = (Some(seal.expect("a sealed value")), None);
        let from = Origin { address, user_agent, identifier: "h4sh".to_owned() };
        let (reason, at) = (FailureReason::UnknownIdentifier, crate::given::t(minute));
        let failed = LoginEvent::Failed { reason, from, at };
        log = log.with(&format!("login-unknown-{day}"), minute, &failed);
    }
    let before = jiff::civil::date(2026, 3, 1);
    let log = log.with("retention-logins", 2, &RetentionEvent::UnknownLoginsEnded { before });
    let rows = json!([
        { "identifier": "h4sh", "ip": "[erased]", "user_agent": null },
        { "identifier": "h4sh", "ip": "x", "user_agent": null },
    ]);
    let columns = ["identifier", "ip", "user_agent"];
    bench.check_columns("live", &log.0, "logins_v1", &columns, &rows).await;
    bench.vault.destroy("unknown-2026-02-28", None).await.expect("an end");
    bench.check_columns("rebuilt", &log.0, "logins_v1", &columns, &rows).await;
}

#[tokio::test]
async fn where_somebody_logged_in_from_is_forgotten_with_its_quarter_in_every_build() {
    let bench = Bench::of("logins").await;
    let subject = |quarter| format!("user-{PLAYER}/{quarter}");
    let stream = format!("login-{PLAYER}");
    let mut log = Log::default();
    for (revision, (day, quarter)) in
        [("2025-12-31", "2025Q4"), ("2026-01-01", "2026Q1"), ("2026-04-01", "2026Q2")]
            .into_iter()
            .enumerate()
    {
        let sealed = bench.vault.seal(&subject(quarter), "address", Uuid::from_u128(1), day).await;
        let (address, user_agent) = (Some(sealed.expect("a sealed value")), None);
        let from = Origin { address, user_agent, identifier: "h4sh".to_owned() };
        let event = LoginEvent::Reauthenticated { from };
        log = log.with(&stream, 0, &event);
        let at = format!("{day}T12:00:00Z").parse().expect("a time");
        log.0[revision].meta.at = at;
    }
    let before = jiff::civil::date(2026, 4, 1);
    let log = log.with("retention-logins", 9, &RetentionEvent::LoginsEnded { before });
    let row = |ip| json!({ "identifier": "h4sh", "ip": ip, "user_agent": null });
    let rows = json!([row("[erased]"), row("[erased]"), row("2026-04-01")]);
    let columns = ["identifier", "ip", "user_agent"];
    bench.check_columns("live", &log.0, "logins_v1", &columns, &rows).await;
    for quarter in ["2025Q4", "2026Q1"] {
        bench.vault.destroy(&subject(quarter), None).await.expect("an end");
    }
    bench.check_columns("rebuilt", &log.0, "logins_v1", &columns, &rows).await;
    // One that was lost is no end: whoever builds anew stops, and says so.
    bench.lose_key_of(&subject("2026Q2")).await;
    bench.refuses("a lost key", &log.0, "the event at 3 cannot be applied").await;
}

async fn run(db: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(db).await.expect("a statement");
}

/// What was opened is a `Clear`, which nothing but a column can be made of; and every such column is in the manifest.
#[test]
fn every_column_of_opened_text_is_in_the_manifest() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(&sources).expect("sources") {
        let path = entry.expect("an entry").path();
        let Some(projection) = path.file_stem().and_then(|it| it.to_str()) else { continue };
        if !path.is_file() || projection == "personal" {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source");
        let opens = text.contains("personal::{Clear");
        let fields = text.lines().filter_map(|it| it.trim().strip_suffix(": Option<Clear>,"));
        let fields: Vec<String> = fields.map(str::to_owned).collect();
        assert_eq!(
            opens,
            !fields.is_empty(),
            "{projection}: what is opened is in a column of its own"
        );
        assert_eq!(opens, text.contains(".open_many(") || text.contains(" open("), "{projection}");
        assert!(
            !text.contains(".open_many(") && !text.contains(".vault.open("),
            "{projection} opens by itself"
        );
        found.extend(fields.into_iter().map(|it| (projection.to_owned(), it)));
    }
    let listed = PERSONAL.iter().flat_map(|it| it.columns.iter().map(move |column| (it, column)));
    let mut known = BTreeSet::new();
    for (it, column) in listed {
        let create = sources.join(it.projection).join("create.sql");
        let create = std::fs::read_to_string(create).expect("the tables");
        let (_, table) =
            create.split_once(&format!("CREATE TABLE {} (", it.table)).expect("a table");
        let (table, _) = table.split_once(");").expect("its end");
        let is_text = |line: &str| {
            line.split_whitespace().take(2).eq([*column, "text"])
                || line.split_whitespace().take(2).eq([*column, "text,"])
        };
        assert!(table.lines().any(|line| is_text(line.trim())), "{}.{column}", it.table);
        known.insert((it.projection.to_owned(), (*column).to_owned()));
    }
    assert_eq!(found, known);
}

/// A name that the manifest has is one that events have.
#[test]
fn what_ends_a_person_is_known_by_its_stored_name() {
    let (name, _) = UserEvent::Erased {}.write().expect("an event");
    assert!(name.starts_with("user.erased."));
}
