//! Records, a key, and exports of them in directories that go away.
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use audit::edge::Edge;
use audit::export::Export;
use audit::record::{Draft, Event, Record};
use audit::tlog::{self, Checkpoint, Signer};
use uuid::Uuid;

pub const ORIGIN: &str = "nord.example/audit/2026";
pub const SEED: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

pub fn signer() -> Signer {
    Signer::new(ORIGIN, SEED).unwrap()
}

/// The record of a login that failed, the same for each number for ever.
pub fn record(n: u64) -> Record {
    let id = Uuid::from_u128(0x0193_a1b2_c3d4_7000_8000_0000_0000_0000 + u128::from(n));
    let data = br#"{"reason":"wrong_password","from":{"address":null,"user_agent":null,"identifier":"x"},"at":"2026-03-01T08:00:00Z"}"#;
    let seconds = 1_772_352_000 + i64::try_from(n).unwrap();
    let event = Event {
        stream: "login-unknown-2026-03-01",
        revision: n,
        id,
        kind: "login.failed.v1",
        data,
        at: jiff::Timestamp::from_second(seconds).unwrap(),
        request: id,
        actor: None,
    };
    Draft::of(event).unwrap().unwrap().finish(None, None, None)
}

pub fn bytes(n: u64) -> Vec<u8> {
    record(n).write().unwrap().into_bytes()
}

/// A directory of its own, removed with this value.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("courtside-audit-{}-{n}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An export of these records, signed.
pub fn export(records: impl IntoIterator<Item = Vec<u8>>) -> Directory {
    let directory = Directory::new();
    let mut export = Export::begin(&directory.0).unwrap();
    let mut edge = Edge::default();
    for record in records {
        edge.push(tlog::leaf(&record));
        export.push(record).unwrap();
    }
    export.end(&note(&edge)).unwrap();
    directory
}

pub fn note(edge: &Edge) -> String {
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: edge.size(), root: edge.root() };
    signer().sign(&checkpoint).unwrap()
}

/// What checking comes to: the report's number of records, or the fault in words.
pub fn check(directory: &Directory, since: Option<&Path>) -> Result<u64, String> {
    let key = signer().verifier().unwrap();
    let checked = audit::verify::directory(&directory.0, &key, since, |_, _| {});
    checked.map(|it| it.records).map_err(|it| it.to_string())
}
