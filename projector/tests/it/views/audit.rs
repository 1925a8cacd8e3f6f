use audit::tiles::{Builder, Of, Tile};
use audit::tlog::{self, Hash};
use domain::audit::{AuditEvent, checkpoint_stream, log_stream, readings_stream};
use event_store::Recorded;
use serde_json::{Value, json};

use crate::given::{Log, PLAYER};
use crate::views::cuts::Bench;

const YEAR: i16 = 2026;

fn record(n: u64) -> String {
    format!("record {n}")
}

fn recorded(log: Log, records: std::ops::Range<u64>) -> Log {
    let stream = log_stream(YEAR);
    records.fold(log, |log, n| log.with(&stream, 1, &AuditEvent::Recorded { record: record(n) }))
}

fn signed(log: Log, size: u64) -> Log {
    let (note, edge) = (format!("signed {size}"), vec![]);
    log.with(&checkpoint_stream(YEAR), 1, &AuditEvent::CheckpointSigned { size, note, edge })
}

/// Level, number and bytes of every tile that so many records make.
fn tiles(size: u64) -> Vec<(i16, i64, Vec<u8>)> {
    let (mut builder, mut tiles) = (Builder::default(), Vec::new());
    let row = |tile: Tile, hashes: &[Hash]| {
        let Of::Level(level) = tile.of else { panic!("a tile of records") };
        (i16::from(level), i64::try_from(tile.n).expect("a small tree"), hashes.concat())
    };
    for n in 0..size {
        builder
            .push(tlog::leaf(record(n).as_bytes()), |tile, hashes| tiles.push(row(tile, hashes)));
    }
    tiles.extend(builder.partial().map(|(tile, hashes)| row(tile, hashes)));
    tiles.sort_unstable();
    tiles
}

#[tokio::test]
async fn records_stand_at_their_revision_and_the_last_checkpoint_counts() {
    let bench = Bench::of("audit").await;
    let log = signed(recorded(Log::default(), 0..3), 2);
    let reading = AuditEvent::Read { what: "/v1/audit/logins".to_owned() };
    let readings = readings_stream(PLAYER, "2026-03-01".parse().expect("a date"));
    let log = signed(recorded(log.with(&readings, 1, &reading), 3..5), 5);
    let rows: Vec<Value> =
        (0..5).map(|n| json!({ "year": YEAR, "index": n, "record": record(n) })).collect();
    bench.check("records", &log.0, "audit_records_v1", json!(rows)).await;
    let last = json!([{ "year": YEAR, "size": 5, "note": "signed 5" }]);
    bench.check("checkpoints", &log.0, "audit_checkpoints_v1", last).await;
}

#[tokio::test]
async fn tiles_are_those_of_the_whole_log_wherever_it_was_cut() {
    const SIZE: u64 = 2 * 256 + 40;
    let bench = Bench::of("audit").await;
    let log = recorded(Log::default(), 0..SIZE);
    let mut db = bench.connection().await;
    for cuts in [vec![], vec![1], vec![255, 256], vec![256, 512], vec![257, 300, 511, 513]] {
        let fresh = "SET client_min_messages = warning; DROP SCHEMA IF EXISTS fresh CASCADE; \
                     CREATE SCHEMA fresh; SET search_path TO fresh, public";
        sqlx::raw_sql(fresh).execute(&mut *db).await.expect("a schema");
        bench.create(&mut db).await;
        let mut rest: &[Recorded] = &log.0;
        for (before, cut) in std::iter::once(0).chain(cuts.iter().copied()).zip(&cuts) {
            let (batch, more) = rest.split_at(cut - before);
            bench.apply(&mut db, batch).await.expect("a batch is applied");
            rest = more;
        }
        bench.apply(&mut db, rest).await.expect("a batch is applied");
        let found: Vec<(i16, i64, Vec<u8>)> =
            sqlx::query_as("SELECT level, n, hashes FROM audit_tiles ORDER BY level, n, hashes")
                .fetch_all(&mut *db)
                .await
                .expect("tiles");
        assert!(found == tiles(SIZE), "cut at {cuts:?}");
    }
}

/// A log that was restored to before its records, or that lost one: nothing is served over the gap.
#[tokio::test]
async fn a_record_that_does_not_follow_the_last_one_is_refused() {
    let bench = Bench::of("audit").await;
    let mut log = recorded(Log::default(), 0..4);
    log.0.remove(1);
    bench.refuses("a gap", &log.0[1..], "records of 2026 go on at 0, not at 2").await;
    let mut db = bench.connection().await;
    sqlx::raw_sql("SET search_path TO fresh, public").execute(&mut *db).await.expect("a setting");
    let again = recorded(Log::default(), 0..2);
    bench.apply(&mut db, &again.0).await.expect("the first records");
    let error = bench.apply(&mut db, &again.0).await.expect_err("the same once more");
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("records of 2026 go on at 2, not at 0"));
}
