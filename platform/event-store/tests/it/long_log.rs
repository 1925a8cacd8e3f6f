//! A log far larger than what anybody keeps in memory: followers hold one batch of it, and places in it are found by a
//! look at a few events.
use std::sync::Arc;

use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{Store, Subscription};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use testing::Scratch;

/// Thirty streams of ten thousand events, one each second: three and a half days.
const STREAMS: i64 = 30;
const EACH: i64 = 10_000;
const EVENTS: u64 = (STREAMS * EACH).unsigned_abs();

/// What a follower takes at once.
const BATCH: usize = 500;

/// A tenth of what the events need in memory, and ten times what a batch does.
const MAX_GROWTH_BYTES: u64 = 30 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_log_is_followed_in_little_memory_and_searched_in_few_reads() {
    let scratch = Scratch::new(&MIGRATOR).await;
    fill(&scratch.pool).await;
    // Of one connection, so that what the store reads is counted where it is asked for.
    let pool = PgPoolOptions::new().max_connections(1).connect(&scratch.url).await.unwrap();
    let store: Store = Arc::new(PostgresStore::new(pool.clone()));
    follow(store.clone()).await;

    for second in [0, 1, 930, 150_000, 299_999, 1_000_000] {
        let before = fetched(&pool).await;
        let time = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
        let found = store.position_at(time).await.unwrap();
        let reads = fetched(&pool).await - before;
        // The event at position p has the second p - 1; two minutes are left for clocks that disagree.
        let expected = u64::try_from((second - 120).clamp(0, STREAMS * EACH)).unwrap();
        assert_eq!(found, expected, "at second {second}");
        assert!(reads < 40, "{reads} events were read for second {second}");
    }
}

async fn follow(store: Store) {
    let mut subscription = Subscription::new(store, 0, BATCH);
    let mut last = 0;
    let mut at_first = None;
    while last < EVENTS {
        let batch = subscription.next().await.unwrap();
        assert!(batch.events.len() <= BATCH);
        assert_eq!(batch.events.first().map(|it| it.position), Some(last + 1));
        last = batch.events.last().unwrap().position;
        let grown = memory_bytes().saturating_sub(*at_first.get_or_insert_with(memory_bytes));
        assert!(grown < MAX_GROWTH_BYTES, "{grown} bytes more after {last} events");
    }
}

/// What this process has of the machine's memory; nothing where the system does not tell.
fn memory_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let resident = pages.and_then(|it| it.split(' ').nth(1)?.parse::<u64>().ok());
    resident.unwrap_or_default() * 4096
}

async fn fill(pool: &PgPool) {
    let sql = "SELECT append_events(
            ARRAY['s-' || $1], '{-1}', ARRAY[$2]::integer[],
            array_agg(1), array_agg(i::integer), array_agg(gen_random_uuid()),
            array_agg('test.happened.v1'::text), array_agg(convert_to(to_json(repeat('data', 25))::text, 'UTF8')),
            array_agg(convert_to(json_build_object(
                'at', to_char(to_timestamp($1 * $2 + i) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
                'command', gen_random_uuid(), '$correlationId', gen_random_uuid(), 'actor', 'user:tester')::text, 'UTF8')))
        FROM generate_series(0, $2 - 1) i";
    for stream in 0..STREAMS {
        sqlx::query(sql).bind(stream).bind(EACH).execute(pool).await.unwrap();
    }
}

/// How many events the server has fetched for this connection and those before it.
async fn fetched(pool: &PgPool) -> i64 {
    sqlx::query("SELECT pg_stat_force_next_flush()").execute(pool).await.unwrap();
    let sql = "SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'events'";
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}
