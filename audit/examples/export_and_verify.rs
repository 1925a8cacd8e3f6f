//! What a log costs without a store: making its tree, exporting it, checking it; beside SHA-256 over the same bytes.
//!
//! `cargo run --release -p audit --example export_and_verify [RECORDS [ROUNDS]]`; ops/bench/audit runs it, and says what the
//! table is. Each cell is a process of its own, so that its memory is its own.
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use audit::edge::Edge;
use audit::export::Export;
use audit::record::{Draft, Event};
use audit::tiles::{Builder, Of, Tile};
use audit::tlog::{self, Checkpoint, Signer};
use audit::verify;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const ORIGIN: &str = "nord.example/audit/2026";
const SEED: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const RECORDS: u64 = 1_000_000;
const ROUNDS: usize = 3;
/// In their order: what is checked was exported before.
const CELLS: [&str; 4] = ["tree", "export", "verify", "sha-256"];

/// What one process measured: how long, over how many bytes, and the most memory it had.
struct Cell {
    seconds: f64,
    megabytes: f64,
    peak_kb: f64,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [cell, records, directory] => one(cell, records.parse()?, Path::new(directory)),
        [] => table(RECORDS, ROUNDS),
        [records] => table(records.parse()?, ROUNDS),
        [records, rounds, ..] => table(records.parse()?, rounds.parse()?),
    }
}

/// Ten times fewer first: memory that grew with the log would show.
fn table(records: u64, rounds: usize) -> Result<()> {
    println!("| records | | seconds | records/s | MB/s | peak memory, MB |");
    println!("|--:|---|--:|--:|--:|--:|");
    for records in [records / 10, records] {
        let mut measured: [Vec<Cell>; 4] = Default::default();
        for _ in 0..rounds {
            let name = format!("courtside-audit-{}", std::process::id());
            let directory = std::env::temp_dir().join(name);
            for (cell, measured) in CELLS.iter().zip(&mut measured) {
                measured.push(start(cell, records, &directory)?);
            }
            fs::remove_dir_all(&directory)?;
        }
        for (cell, measured) in CELLS.iter().zip(&measured) {
            let of = |it: &dyn Fn(&Cell) -> f64| measured.iter().map(it).collect::<Vec<_>>();
            #[expect(clippy::cast_precision_loss, reason = "a count of records")]
            let count = records as f64;
            println!(
                "| {records} | {cell} | {} | {} | {} | {} |",
                median(of(&|it| it.seconds), 2),
                median(of(&|it| count / it.seconds), 0),
                median(of(&|it| it.megabytes / it.seconds), 0),
                median(of(&|it| it.peak_kb / 1_000.0), 1),
            );
        }
    }
    Ok(())
}

/// The middle, and between which they lay.
fn median(mut numbers: Vec<f64>, digits: usize) -> String {
    numbers.sort_unstable_by(f64::total_cmp);
    let (least, most) = (numbers[0], numbers[numbers.len() - 1]);
    format!("{:.digits$} ({least:.digits$}–{most:.digits$})", numbers[numbers.len() / 2])
}

fn start(cell: &str, records: u64, directory: &Path) -> Result<Cell> {
    let mut process = Command::new(std::env::current_exe()?);
    let output = process.args([cell, &records.to_string()]).arg(directory).output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> =
        text.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
    let [seconds, megabytes, peak_kb] = numbers[..] else {
        return Err(format!("{cell}: {text}{}", String::from_utf8_lossy(&output.stderr)).into());
    };
    Ok(Cell { seconds, megabytes, peak_kb })
}

fn one(cell: &str, records: u64, directory: &Path) -> Result<()> {
    let (took, bytes) = match cell {
        "tree" => tree(records)?,
        "export" => export(records, directory)?,
        "verify" => {
            let key = Signer::new(ORIGIN, SEED)?.verifier()?;
            let began = Instant::now();
            let report = verify::directory(directory, &key, None, |_, _| {})?;
            let took = began.elapsed();
            if report.records != records {
                return Err("not all were checked".into());
            }
            (took, size(records, directory)?)
        }
        _ => hash(records, directory)?,
    };
    #[expect(clippy::cast_precision_loss, reason = "megabytes, to show")]
    let megabytes = bytes as f64 / 1_000_000.0;
    println!("{} {megabytes} {}", took.as_secs_f64(), peak_kb()?);
    Ok(())
}

/// Leaves, and every node above them. What records are made of costs the sequencer, and is not counted.
fn tree(records: u64) -> Result<(Duration, u64)> {
    let (mut builder, mut took, mut bytes) = (Builder::default(), Duration::ZERO, 0);
    for n in 0..records {
        let record = record(n)?;
        bytes += record.len() as u64;
        let began = Instant::now();
        builder.push(tlog::leaf(&record), |_, _| {});
        took += began.elapsed();
    }
    Ok((took, bytes))
}

fn export(records: u64, directory: &Path) -> Result<(Duration, u64)> {
    let (mut edge, mut took, mut bytes) = (Edge::default(), Duration::ZERO, 0);
    let mut export = Export::begin(directory)?;
    for n in 0..records {
        let record = record(n)?;
        bytes += record.len() as u64;
        edge.push(tlog::leaf(&record));
        let began = Instant::now();
        export.push(record)?;
        took += began.elapsed();
    }
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: records, root: edge.root() };
    let note = Signer::new(ORIGIN, SEED)?.sign(&checkpoint)?;
    let began = Instant::now();
    export.end(&note)?;
    Ok((took + began.elapsed(), bytes))
}

/// The limit: whoever checks the records reads and hashes each byte of them once.
fn hash(records: u64, directory: &Path) -> Result<(Duration, u64)> {
    let (began, mut bytes, mut hash) = (Instant::now(), 0, Sha256::new());
    for tile in Tile::all(records).filter(|it| it.of == Of::Entries) {
        let read = fs::read(directory.join(tile.path()))?;
        bytes += read.len() as u64;
        hash.update(read);
    }
    std::hint::black_box(hash.finalize());
    Ok((began.elapsed(), bytes))
}

fn size(records: u64, directory: &Path) -> Result<u64> {
    let entries = Tile::all(records).filter(|it| it.of == Of::Entries);
    let mut sizes = entries.map(|it| fs::metadata(directory.join(it.path())).map(|it| it.len()));
    Ok(sizes.try_fold(0, |sum, it| it.map(|it| sum + it))?)
}

/// The most that this process ever had in memory.
fn peak_kb() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    Ok(line.and_then(|it| it.split_whitespace().next()).ok_or("no VmHWM")?.parse()?)
}

/// A login as most are: of somebody, with an address and a user agent sealed.
fn record(n: u64) -> Result<Vec<u8>> {
    let id = Uuid::from_u128(u128::from(n));
    let sealed = |length| format!("v1.{}.{}.{}", id.simple(), id.simple(), "A".repeat(length));
    let data = serde_json::json!({
        "session": id,
        "from": { "address": sealed(68), "user_agent": sealed(188), "identifier": "x" },
        "device": null,
        "new_device": false,
    });
    let event = Event {
        stream: "login-0193a1b2-c3d4-7000-8000-000000000001",
        revision: n,
        id,
        kind: "login.succeeded.v2",
        data: &serde_json::to_vec(&data)?,
        at: Timestamp::from_second(1_772_352_000 + i64::try_from(n)?)?,
        request: id,
        actor: None,
    };
    let draft = Draft::of(event)?.ok_or("a login is audited")?;
    let commitment = || Some("q8Uz0Cq9m3cJ4dJx0b9v3m7y2ZQmQq5b1m1n8c7x6w4".to_owned());
    Ok(draft.finish(commitment(), commitment(), commitment()).write()?.into_bytes())
}
