//! The log is restored to an earlier point: who followed it stops and says so, and one command mends it.
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use event_store::Store;
use runtime::migrations::READ;
use serde_json::Value;
use testing::{Scratch, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Child;
use uuid::Uuid;

use crate::world::{Told, append, command, opened};

const LONG: Duration = Duration::from_mins(1);

/// A projector and a query-api on a log of courts.
struct System {
    log: Scratch,
    store: Store,
    read: Scratch,
    vault: Scratch,
    said: PathBuf,
    port: u16,
    roles: Vec<Child>,
}

impl System {
    async fn start() -> Self {
        let (log, store) = opened().await;
        let read = Scratch::new(&READ).await;
        let vault = Scratch::new(&vault::MIGRATOR).await;
        let said = std::env::temp_dir().join(format!("courtside-{}.log", ids()));
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let mut system = Self { log, store, read, vault, said, port, roles: Vec::new() };
        system.role(&["projector", "--metrics-port", "0"]);
        system.role(&["query-api", "--metrics-port", "0", "--port", &port.to_string()]);
        system
    }

    fn command(&self, arguments: &[&str]) -> tokio::process::Command {
        let mut command = command(&self.log.url, arguments);
        command.env("READ_DATABASE_URL", &self.read.url).env("VAULT_DATABASE_URL", &self.vault.url);
        // The edge database is nowhere, and nothing here needs it.
        command.env("RUN_MIGRATIONS", "false");
        command
    }

    fn role(&mut self, arguments: &[&str]) {
        let log = File::options().create(true).append(true).open(&self.said).expect("a file");
        let err = log.try_clone().expect("a handle");
        let child = self.command(arguments).stdout(log).stderr(err).spawn();
        self.roles.push(child.expect("the binary runs"));
    }

    async fn run(&self, arguments: &[&str]) -> Told {
        let output = self.command(arguments).output().await.expect("the binary runs");
        let text = |it: Vec<u8>| String::from_utf8(it).expect("text");
        Told { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    async fn courts(&self) -> Vec<String> {
        let names = sqlx::query_scalar("SELECT name FROM courts_v1 ORDER BY name");
        names.fetch_all(&self.read.pool).await.unwrap_or_default()
    }

    async fn shows(&self, what: &str, courts: &[&str]) {
        eventually(what, LONG, async || self.courts().await == courts).await;
    }

    /// State of each projection.
    async fn states(&self) -> Vec<(String, String)> {
        let told = self.run(&["projections", "list", "--json"]).await;
        let all: Vec<Value> = serde_json::from_str(&told.out).unwrap_or_default();
        let text = |it: &Value| it.as_str().expect("text").to_owned();
        all.iter().map(|it| (text(&it["name"]), text(&it["state"]))).collect()
    }

    async fn all_are(&self, state: &str) {
        eventually(&format!("all are {state}"), LONG, async || {
            let states = self.states().await;
            states.len() == projector::PROJECTIONS.len() && states.iter().all(|it| it.1 == state)
        })
        .await;
    }

    /// Nothing after `position` ever happened.
    async fn restore_to(&self, position: i64) {
        let restore = "ALTER TABLE events DISABLE TRIGGER USER";
        sqlx::raw_sql(restore).execute(&self.log.pool).await.expect("the owner may");
        let lost = "DELETE FROM events WHERE position > $1";
        sqlx::query(lost).bind(position).execute(&self.log.pool).await.expect("the owner may");
        let guard = "ALTER TABLE events ENABLE TRIGGER USER";
        sqlx::raw_sql(guard).execute(&self.log.pool).await.expect("the owner may");
    }

    async fn head(&self) -> i64 {
        self.store.head().await.expect("a head").cast_signed()
    }

    /// Status, headers and body of `GET /v1/courts`, seen at least at `position`.
    async fn get(&self, position: &str) -> String {
        let asked = async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
            let wanted = if position.is_empty() {
                String::new()
            } else {
                format!("courtside-min-position: {position}\r\n")
            };
            let request = format!(
                "GET /v1/courts HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{wanted}\r\n"
            );
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            std::io::Result::Ok(answer.to_lowercase())
        };
        asked.await.unwrap_or_default()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", std::fs::read_to_string(&self.said).unwrap_or_default());
        }
        let _ = std::fs::remove_file(&self.said);
    }
}

fn ids() -> Uuid {
    runtime::ids::new()
}

fn position(answer: &str) -> String {
    let found = answer.lines().find_map(|it| it.strip_prefix("courtside-position: "));
    found.unwrap_or_default().to_owned()
}

async fn add(store: &Store, code: &str, name: &str) {
    let data = format!(
        r#"{{"venue":"nord","name":"{name}","kind":"tennis","surface":"clay","indoor":true}}"#
    );
    append(store, &format!("court-{code}"), 0, "court.added.v1", data.as_bytes()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_is_noticed_and_a_reset_mends_what_followed_it() {
    let system = System::start().await;
    let venue = br#"{"name":"Nord","zone":"UTC","day_starts_at":"04:00:00"}"#;
    append(&system.store, "venue-nord", 0, "venue.opened.v1", venue).await;
    add(&system.store, "01", "kept").await;
    let kept = system.head().await;
    for code in ["02", "03", "04", "05"] {
        add(&system.store, code, "lost").await;
    }
    let all = ["kept", "lost", "lost", "lost", "lost"];
    system.shows("the first rows", &all).await;
    system.all_are("live").await;
    eventually("queries are answered", LONG, async || {
        system.get("").await.starts_with("http/1.1 200")
    })
    .await;
    let seen = position(&system.get("").await);

    system.restore_to(kept).await;
    add(&system.store, "02", "new").await;
    system.all_are("another-log").await;
    eventually("the projector says what to do", LONG, async || {
        let said = std::fs::read_to_string(&system.said).unwrap_or_default();
        said.contains("run `courtside projections reset`")
    })
    .await;
    assert_eq!(system.courts().await, all, "and applies nothing more");
    let told = system.run(&["projections", "list"]).await;
    assert!(told.err.contains("Run `courtside projections reset`"), "{}", told.err);
    let told = system.run(&["projections", "reset"]).await;
    assert_eq!(told.code, Some(1));
    assert!(told.err.contains("availability, bookings, courts"), "{}", told.err);
    assert!(told.err.ends_with(": say --yes\n"), "{}", told.err);

    let told = system.run(&["projections", "reset", "--yes"]).await;
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""), "{told:?}");
    system.shows("the right rows", &["kept", "new"]).await;
    system.all_are("live").await;
    let told = system.run(&["projections", "reset", "--yes"]).await;
    assert!(told.out.starts_with("every checkpoint is of this log"), "{told:?}");

    let answer = system.get(&seen).await;
    assert!(answer.starts_with("http/1.1 200"), "{seen}: {answer}");
    assert!(answer.contains("courtside-position-reset: true"), "{seen}: {answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_of_another_log_answer_for_that_log_until_they_are_reset() {
    let system = System::start().await;
    add(&system.store, "01", "here").await;
    system.shows("the first rows", &["here"]).await;
    system.all_are("live").await;
    eventually("queries are answered", LONG, async || {
        system.get("").await.starts_with("http/1.1 200")
    })
    .await;
    let here = position(&system.get("").await);

    let exchange = "UPDATE checkpoints SET log_id = '00000000-0000-0000-0000-000000000009'";
    sqlx::query(exchange).execute(&system.read.pool).await.expect("the owner may");
    add(&system.store, "02", "new").await;
    system.all_are("another-log").await;
    let answer = system.get("").await;
    assert!(position(&answer).starts_with("00000000000000000000000000000009-"), "{answer}");
    let answer = system.get(&here).await;
    assert!(answer.starts_with("http/1.1 503"), "{answer}");
    assert!(answer.contains("projection-behind"), "{answer}");

    let told = system.run(&["projections", "reset", "courts", "--yes"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    system.shows("the right rows", &["here", "new"]).await;
    let told = system.run(&["projections", "reset", "nothing", "--yes"]).await;
    assert!(told.err.contains("there is no projection \"nothing\""), "{}", told.err);
    let told = system.run(&["projections", "reset", "--yes"]).await;
    assert!(!told.out.contains("courts:") && told.out.contains("users:"), "{}", told.out);
    system.all_are("live").await;
    let answer = system.get(&here).await;
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    let elsewhere = format!("{}-1", Uuid::from_u128(9).simple());
    assert!(system.get(&elsewhere).await.contains("courtside-position-reset: true"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_that_has_outgrown_its_followers_is_mended_by_resetting_all() {
    let system = System::start().await;
    add(&system.store, "01", "kept").await;
    let kept = system.head().await;
    add(&system.store, "02", "lost").await;
    system.shows("the first rows", &["kept", "lost"]).await;
    system.all_are("live").await;
    // Nobody saw the log while it was shorter: the append came with the restore.
    let mut restore = system.log.pool.begin().await.expect("a transaction");
    let all = format!(
        "ALTER TABLE events DISABLE TRIGGER USER;
         UPDATE events SET stream_id = 'court-03', data = replace(convert_from(data, 'UTF8'), 'lost', 'new')::bytea
         WHERE position > {kept} AND stream_id = 'court-02';
         ALTER TABLE events ENABLE TRIGGER USER"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(all)).execute(&mut *restore).await.expect("the owner may");
    restore.commit().await.expect("done");
    let told = system.run(&["projections", "reset", "--all", "--yes"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    system.shows("the right rows", &["kept", "new"]).await;
}
