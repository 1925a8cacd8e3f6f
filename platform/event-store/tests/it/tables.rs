//! What the tables themselves refuse, and that their plans do not depend on luck.
use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{EventStore, Expected};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testing::Scratch;

use crate::support::made_by;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_neither_changed_nor_slipped_in() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let store = PostgresStore::connect(&scratch.url, 2).unwrap();
    store.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1)).await.unwrap();
    for (statement, why) in [
        ("UPDATE events SET data = ''", "never changed"),
        ("UPDATE events SET data = '' WHERE false", "never changed"),
        ("DELETE FROM events", "never changed"),
        ("TRUNCATE events", "never changed"),
        ("INSERT INTO events VALUES (2, 's-1', 1, gen_random_uuid(), 't', '', '')", "append_events() only"),
        (
            "BEGIN;
             SELECT append_events('{s-2}', '{-1}', '{1}', '{1}', '{0}', ARRAY[gen_random_uuid()], '{t}', '{1}', '{1}');
             INSERT INTO events VALUES (3, 's-1', 1, gen_random_uuid(), 't', '', '')",
            "append_events() only",
        ),
        (
            "BEGIN ISOLATION LEVEL REPEATABLE READ;
             SELECT append_events('{s-2}', '{-1}', '{1}', '{1}', '{0}', ARRAY[gen_random_uuid()], '{t}', '{1}', '{1}')",
            "READ COMMITTED",
        ),
    ] {
        let mut connection = PgConnection::connect(&scratch.url).await.unwrap();
        let error = sqlx::raw_sql(statement).execute(&mut connection).await.unwrap_err();
        assert!(error.to_string().contains(why), "{statement}: {error}");
    }
    assert_eq!(store.read_all(0, 9).await.unwrap().len(), 1);
}

/// Plans are made when the log is empty and kept by connections that live for weeks; nobody has analysed anything. What
/// no plan may do then is read the whole log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_query_reads_more_than_it_needs() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let mut db = PgConnection::connect(&scratch.url).await.unwrap();
    prepare(&mut db).await;
    fill(&mut db).await;

    let append = |stream, expected| {
        format!(
            "append('{{{stream}}}', '{{{expected}}}', '{{2}}', '{{1,1}}', '{{0,1}}',
             ARRAY[gen_random_uuid(), gen_random_uuid()], '{{t,t}}', '{{1,1}}', '{{1,1}}')"
        )
    };
    for (call, needs) in [
        ("head".to_owned(), 1),
        (append("new", -1), 1),
        (append("s-7", 99), 1 + 1),
        // What does not fit is judged, and its stream looked at once more.
        (append("s-7", 3), 1 + 2 + 2),
        (append("long", 4_999), 1 + 1),
        (append("long", 100), 1 + 2 + 2),
        (append("long", -1), 1 + 2 + 2),
        ("read_stream('long', 2500, 100)".to_owned(), 100),
        ("read_stream_backwards('long', 2500, 100)".to_owned(), 100),
        ("read_all(9000, 100)".to_owned(), 100),
        ("read_all_backwards(9000, 100)".to_owned(), 100),
    ] {
        let (scans, read) = cost(&mut db, &call).await;
        assert_eq!(scans, 0, "the whole log was read by {call}");
        // A dead version or two, left by what was taken back, may stand in the way.
        assert!(read <= needs + 3, "{read} rows read, not {needs}, by {call}");
    }
}

/// Prepares what the store prepares, and runs it once, so that the plan is made.
async fn prepare(db: &mut PgConnection) {
    let setting = "ALTER TABLE events SET (autovacuum_enabled = off);
                   SET plan_cache_mode = force_generic_plan";
    sqlx::raw_sql(setting).execute(&mut *db).await.unwrap();
    for (name, query, arguments) in [
        ("head", include_str!("../../src/postgres/head.sql"), ""),
        (
            "append",
            include_str!("../../src/postgres/append.sql"),
            "('{s}', '{7}', '{1}', '{1}', '{0}', '{0d9fbd9e-0000-4000-8000-000000000000}', '{t}', '{1}', '{1}')",
        ),
        ("read_stream", include_str!("../../src/postgres/read_stream.sql"), "('s', 0, 9)"),
        (
            "read_stream_backwards",
            include_str!("../../src/postgres/read_stream_backwards.sql"),
            "('s', 0, 9)",
        ),
        ("read_all", include_str!("../../src/postgres/read_all.sql"), "(0, 9)"),
        ("read_all_backwards", include_str!("../../src/postgres/read_all_backwards.sql"), "(0, 9)"),
    ] {
        let statements = format!("PREPARE {name} AS {query}; EXECUTE {name}{arguments}");
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut *db).await.unwrap();
    }
}

/// 20,000 events: short streams, and one that is long.
async fn fill(db: &mut PgConnection) {
    for statement in [
        "SELECT append_events(
             ARRAY['s-' || n / 2], ARRAY[n % 2 * 50 - 1]::bigint[], '{50}',
             array_agg(1), array_agg(i), array_agg(gen_random_uuid()),
             array_agg('t'::text), array_agg('1'::bytea), array_agg('1'::bytea))
         FROM generate_series(2, 301) n, generate_series(0, 49) i GROUP BY n ORDER BY n",
        "SELECT append_events(
             '{long}', ARRAY[n * 50 - 1]::bigint[], '{50}',
             array_agg(1), array_agg(i), array_agg(gen_random_uuid()),
             array_agg('t'::text), array_agg('1'::bytea), array_agg('1'::bytea))
         FROM generate_series(0, 99) n, generate_series(0, 49) i GROUP BY n ORDER BY n",
    ] {
        sqlx::query(statement).execute(&mut *db).await.unwrap();
    }
    let head = sqlx::query_scalar::<_, i64>(include_str!("../../src/postgres/head.sql"));
    assert_eq!(head.fetch_one(db).await.unwrap(), 20_000);
}

/// Runs what was prepared, and takes it back. Returns the scans of the whole log, and the rows fetched by index.
async fn cost(db: &mut PgConnection, call: &str) -> (i64, i64) {
    let mut transaction = db.begin().await.unwrap();
    let before = counters(&mut transaction).await;
    let statement = AssertSqlSafe(format!("EXECUTE {call}"));
    sqlx::raw_sql(statement).execute(&mut *transaction).await.unwrap();
    let after = counters(&mut transaction).await;
    transaction.rollback().await.unwrap();
    (after.0 - before.0, after.1 - before.1)
}

/// What this connection has not yet reported, earlier transactions included.
async fn counters(db: &mut PgConnection) -> (i64, i64) {
    let sql =
        "SELECT seq_scan, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'events'";
    sqlx::query_as(sql).fetch_one(db).await.unwrap()
}
