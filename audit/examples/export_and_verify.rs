//! What exporting and verifying a log costs, without a store: `cargo run --release -p audit --example export_and_verify [RECORDS]`.
use std::error::Error;
use std::time::Instant;

use audit::edge::Edge;
use audit::export::Export;
use audit::record::{Draft, Event};
use audit::tlog::{self, Checkpoint, Signer};
use audit::verify;
use jiff::Timestamp;
use uuid::Uuid;

const ORIGIN: &str = "nord.example/audit/2026";
const SEED: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const RECORDS: u64 = 1_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let records = std::env::args().nth(1).map_or(Ok(RECORDS), |it| it.parse())?;
    let directory = std::env::temp_dir().join(format!("courtside-audit-{}", std::process::id()));
    let signer = Signer::new(ORIGIN, SEED)?;

    let began = Instant::now();
    let (mut export, mut edge, mut bytes) = (Export::begin(&directory)?, Edge::default(), 0);
    for n in 0..records {
        let record = record(n)?;
        bytes += record.len();
        edge.push(tlog::leaf(&record));
        export.push(record)?;
    }
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: records, root: edge.root() };
    export.end(&signer.sign(&checkpoint)?)?;
    let exported = began.elapsed();

    let began = Instant::now();
    let report = verify::directory(&directory, &signer.verifier()?, None, |_, _| {})?;
    let verified = began.elapsed();
    let megabytes = bytes / 1_000_000;
    println!(
        "{} records, {megabytes} MB: made and exported in {:.1} s, verified in {:.1} s ({} tiles)",
        report.records,
        exported.as_secs_f64(),
        verified.as_secs_f64(),
        report.tiles
    );
    std::fs::remove_dir_all(directory)?;
    Ok(())
}

/// A login that failed.
fn record(n: u64) -> Result<Vec<u8>, Box<dyn Error>> {
    let id = Uuid::from_u128(u128::from(n));
    let data = br#"{"reason":"wrong_password","from":{"address":null,"user_agent":null,"identifier":"x"},"at":"2026-03-01T08:00:00Z"}"#;
    let event = Event {
        stream: "login-unknown-2026-03-01",
        revision: n,
        id,
        kind: "login.failed.v1",
        data,
        at: Timestamp::from_second(1_772_352_000 + i64::try_from(n)?)?,
        request: id,
        actor: None,
    };
    let draft = Draft::of(event)?.ok_or("a login is audited")?;
    Ok(draft.finish(None, None, None).write()?.into_bytes())
}
