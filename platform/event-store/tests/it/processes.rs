//! Stores in several processes on one log, and what becomes of one that goes.
use std::sync::Arc;
use std::time::Duration;

use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{AppendError, EventStore, Expected, ReadError, Store, Subscription, open_log};
use jiff::Timestamp;
use testing::{Scratch, eventually};
use tokio::time::Instant;
use uuid::Uuid;

use crate::support::made_by;

/// Longer than anything here takes. Who waits for this long was not woken.
const LONG: Duration = Duration::from_mins(1);

/// Sooner than anybody would have looked unwoken, later than any notification.
const AT_ONCE: Duration = Duration::from_secs(20);

async fn append(store: &dyn EventStore, stream: &str) -> u64 {
    let appended = store.append(stream, Expected::NoStream, made_by(1, stream, 0, 1)).await;
    appended.unwrap().position
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_process_appends_wakes_the_followers_of_another() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let here = PostgresStore::connect(&scratch.url, 2).unwrap();
    let there = PostgresStore::connect(&scratch.url, 2).unwrap();
    for n in 0..5 {
        let begun = Instant::now();
        let position = append(&there, &format!("s-{n}")).await;
        here.changed(position - 1, LONG).await;
        assert!(begun.elapsed() < AT_ONCE, "not woken");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_false_alarm_wakes_nobody_twice() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let here = PostgresStore::connect(&scratch.url, 2).unwrap();
    let there = PostgresStore::connect(&scratch.url, 2).unwrap();
    here.changed(append(&there, "s-1").await - 1, LONG).await;
    for alarm in ["999999", "no number", ""] {
        sqlx::query("SELECT pg_notify('courtside_log', $1)")
            .bind(alarm)
            .execute(&scratch.pool)
            .await
            .unwrap();
    }
    // Said after the alarms, and so heard after them.
    let position = append(&there, "s-2").await;
    here.changed(position - 1, LONG).await;

    let begun = Instant::now();
    here.changed(position, Duration::from_millis(50)).await;
    assert!(Duration::from_millis(50) <= begun.elapsed(), "a follower would spin");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_open_a_log_together_agree_on_its_id() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let open = async |candidate| {
        let store: Store = Arc::new(PostgresStore::connect(&scratch.url, 2).unwrap());
        open_log(&store, Uuid::from_u128(candidate), Timestamp::UNIX_EPOCH).await.unwrap()
    };
    let (one, two, three) = tokio::join!(open(1), open(2), open(3));
    assert_eq!((one, two), (two, three));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_goes_takes_its_connections_with_it() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let store: Store = Arc::new(PostgresStore::connect(&scratch.url, 2).unwrap());
    append(&*store, "s-1").await;
    let mut subscription = Subscription::new(store.clone(), 0, 9);
    assert_eq!(subscription.next().await.unwrap().events.len(), 1);
    assert!(0 < connections(&scratch).await);

    drop((store, subscription));
    eventually("nothing is left", LONG, async || connections(&scratch).await == 0).await;
}

/// Counts the connections of stores; the scratch pool calls itself something else.
async fn connections(scratch: &Scratch) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = 'courtside-log'";
    sqlx::query_scalar(sql).fetch_one(&scratch.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_is_told_while_the_client_still_waits() {
    // Nobody listens on a port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let store =
        PostgresStore::connect(&format!("postgres://nobody@127.0.0.1:{port}/none"), 2).unwrap();
    let begun = Instant::now();
    let append = store.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1));
    let (appended, read) = tokio::join!(append, store.read_all(0, 1));
    assert!(matches!(appended, Err(AppendError::Unavailable(_))), "{appended:?}");
    assert!(matches!(read, Err(ReadError::Unavailable(_))), "{read:?}");
    assert!(begun.elapsed() < Duration::from_secs(6));
}
