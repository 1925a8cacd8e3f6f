//! A log to look at, and the command that looks.
use std::process::Stdio;
use std::sync::Arc;

use domain::features::of_event;
use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{Expected, Metadata, NewEvent, Store, event_id, open_log};
use jiff::Timestamp;
use serde_json::Value;
use testing::Scratch;
use tokio::process::Command;
use uuid::Uuid;

/// What a command came to.
#[derive(Debug)]
pub struct Told {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Told {
    /// Each line of the output, read as JSON.
    pub fn json(&self) -> Vec<Value> {
        self.out.lines().map(|it| serde_json::from_str(it).expect(it)).collect()
    }
}

/// `courtside` with everything it asks for; only the log is ever reached.
pub fn command(log: &str, arguments: &[&str]) -> Command {
    const NOWHERE: &str = "postgres://nobody@127.0.0.1:1/nothing";
    let mut command = Command::new(env!("CARGO_BIN_EXE_courtside"));
    command.args(arguments).env("EVENT_STORE_URL", log).env("AMQP_URL", "amqp://127.0.0.1:1");
    for name in ["READ_DATABASE_URL", "EDGE_DATABASE_URL", "VAULT_DATABASE_URL"] {
        command.env(name, NOWHERE);
    }
    for key in ["KEK", "INDEX_KEY", "PEPPER", "REFRESH_KEY", "MAIL_KEY", "AUDIT_KEY"] {
        command.env_remove(format!("{key}_FILE")).env(key, "00".repeat(32));
    }
    command.env_remove("LOG_LEVEL").env_remove("COURTSIDE_CONFIG");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

pub async fn courtside(log: &str, arguments: &[&str]) -> Told {
    let output = command(log, arguments).output().await.expect("the binary runs");
    let text = |it: Vec<u8>| String::from_utf8(it).expect("text");
    Told { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

pub async fn log() -> (Scratch, Store) {
    let scratch = Scratch::new(&MIGRATOR).await;
    let store: Store = Arc::new(PostgresStore::connect(&scratch.url, 2).expect("a URL"));
    (scratch, store)
}

pub async fn opened() -> (Scratch, Store) {
    let (scratch, store) = log().await;
    open_log(&store, Uuid::from_u128(7), Timestamp::UNIX_EPOCH).await.expect("a new log");
    (scratch, store)
}

/// Appends one event, as `execute` would.
pub async fn append(store: &Store, stream: &str, revision: u64, kind: &str, data: &[u8]) {
    let command = Uuid::from_u128(u128::from(revision) + 1);
    let at = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(60);
    let event = NewEvent {
        id: event_id(stream, revision, command),
        kind: kind.to_owned(),
        data: data.to_vec(),
        meta: Metadata::new(command, at).actor("user:1"),
    };
    let expected = revision.checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
    store.append(stream, expected, vec![event]).await.expect("the event is taken");
}

/// Every event there ever was, each on a stream of its feature.
pub async fn every_event(store: &Store) -> u64 {
    let wire = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/tests/wire");
    let mut files: Vec<_> =
        std::fs::read_dir(wire).expect("wire files").map(|it| it.expect("a file").path()).collect();
    files.sort();
    for file in &files {
        let stored: Value =
            serde_json::from_slice(&std::fs::read(file).expect("a file")).expect("JSON");
        let kind = stored["type"].as_str().expect("a name");
        let stream = format!("{}-1", of_event(kind).expect("a feature").stream);
        let there = store.read_stream(&stream, 0, 1000).await.expect("events").len() as u64;
        append(store, &stream, there, kind, stored["data"].to_string().as_bytes()).await;
    }
    files.len() as u64
}
