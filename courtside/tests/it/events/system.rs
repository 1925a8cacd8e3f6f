//! The processes around a log, as they are run.
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

use crate::events::world::{Told, append, command, opened};

pub const LONG: Duration = Duration::from_mins(1);

/// A projector and a query-api on a log of courts.
pub struct System {
    pub log: Scratch,
    pub store: Store,
    pub read: Scratch,
    vault: Scratch,
    pub said: PathBuf,
    port: u16,
    roles: Vec<Child>,
}

impl System {
    pub async fn start() -> Self {
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

    pub async fn run(&self, arguments: &[&str]) -> Told {
        let output = self.command(arguments).output().await.expect("the binary runs");
        let text = |it: Vec<u8>| String::from_utf8(it).expect("text");
        Told { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    pub async fn courts(&self) -> Vec<String> {
        let names = sqlx::query_scalar("SELECT name FROM courts_v1 ORDER BY name");
        names.fetch_all(&self.read.pool).await.unwrap_or_default()
    }

    pub async fn shows(&self, what: &str, courts: &[&str]) {
        eventually(what, LONG, async || self.courts().await == courts).await;
    }

    /// State of each projection.
    pub async fn states(&self) -> Vec<(String, String)> {
        let told = self.run(&["projections", "list", "--json"]).await;
        let all: Vec<Value> = serde_json::from_str(&told.out).unwrap_or_default();
        let text = |it: &Value| it.as_str().expect("text").to_owned();
        all.iter().map(|it| (text(&it["name"]), text(&it["state"]))).collect()
    }

    pub async fn all_are(&self, state: &str) {
        eventually(&format!("all are {state}"), LONG, async || {
            let states = self.states().await;
            states.len() == domain::projections::PROJECTIONS.len()
                && states.iter().all(|it| it.1 == state)
        })
        .await;
    }

    /// Nothing after `position` ever happened.
    pub async fn restore_to(&self, position: i64) {
        let restore = "ALTER TABLE events DISABLE TRIGGER USER";
        sqlx::raw_sql(restore).execute(&self.log.pool).await.expect("the owner may");
        let lost = "DELETE FROM events WHERE position > $1";
        sqlx::query(lost).bind(position).execute(&self.log.pool).await.expect("the owner may");
        let guard = "ALTER TABLE events ENABLE TRIGGER USER";
        sqlx::raw_sql(guard).execute(&self.log.pool).await.expect("the owner may");
    }

    pub async fn head(&self) -> i64 {
        self.store.head().await.expect("a head").cast_signed()
    }

    /// Status, headers and body of `GET /v1/courts`, seen at least at `position`.
    pub async fn get(&self, position: &str) -> String {
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

pub fn position(answer: &str) -> String {
    let found = answer.lines().find_map(|it| it.strip_prefix("courtside-position: "));
    found.unwrap_or_default().to_owned()
}

pub async fn add(store: &Store, code: &str, name: &str) {
    let data = format!(
        r#"{{"venue":"nord","name":"{name}","kind":"tennis","surface":"clay","indoor":true}}"#
    );
    append(store, &format!("court-{code}"), 0, "court.added.v1", data.as_bytes()).await;
}
