//! What the tables themselves refuse, and that their plans do not depend on luck.
mod support;

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

/// On a log that nobody ever analysed the planner believes anything. What it may not do is read the whole of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_query_reads_more_than_it_needs() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let mut db = PgConnection::connect(&scratch.url).await.unwrap();
    for statement in [
        "ALTER TABLE events SET (autovacuum_enabled = off)",
        // 20,000 events: short streams, and one that is long.
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
        sqlx::query(statement).execute(&mut db).await.unwrap();
    }
    let head: i64 = sqlx::query_scalar(include_str!("../src/postgres/head.sql"))
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(head, 20_000);

    let append = include_str!("../src/postgres/append.sql");
    let arguments = |stream, expected| {
        format!(
            "'{{{stream}}}', '{{{expected}}}', '{{2}}', '{{1,1}}', '{{0,1}}', \
                 ARRAY[gen_random_uuid(), gen_random_uuid()], '{{t,t}}', '{{1,1}}', '{{1,1}}'"
        )
    };
    for (query, arguments, needs) in [
        (append, arguments("new", -1), 0),
        (append, arguments("s-7", 99), 1),
        (append, arguments("s-7", 3), 1 + 2),
        (append, arguments("long", 4_999), 1),
        (append, arguments("long", 100), 1 + 2),
        (append, arguments("long", -1), 1 + 2),
        (include_str!("../src/postgres/read_stream.sql"), "'long', 2500, 100".to_owned(), 100),
        (
            include_str!("../src/postgres/read_stream_backwards.sql"),
            "'long', 2500, 100".to_owned(),
            100,
        ),
        (include_str!("../src/postgres/read_all.sql"), "9000, 100".to_owned(), 100),
        (include_str!("../src/postgres/read_all_backwards.sql"), "9000, 100".to_owned(), 100),
        (include_str!("../src/postgres/head.sql"), String::new(), 1),
    ] {
        let (scans, read) = cost(&mut db, query, &arguments).await;
        assert_eq!(scans, 0, "the whole table was read by {query} ({arguments})");
        // The first read of each call is the head; a dead version or two may stand in the way.
        assert!(read <= needs + 4, "{read} rows read, not {needs}, by {query} ({arguments})");
    }
}

/// Runs a query as a prepared statement, by the plan that knows no arguments, and takes it back. Returns the scans of
/// the whole table, and the rows that were fetched by index.
async fn cost(db: &mut PgConnection, query: &str, arguments: &str) -> (i64, i64) {
    let mut transaction = db.begin().await.unwrap();
    let before = counters(&mut transaction).await;
    let call = if arguments.is_empty() {
        "EXECUTE it".to_owned()
    } else {
        format!("EXECUTE it({arguments})")
    };
    let statements = format!(
        "SET LOCAL plan_cache_mode = force_generic_plan; PREPARE it AS {query}; {call}; DEALLOCATE it"
    );
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut *transaction).await.unwrap();
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
