//! The same promise over operating-system processes: writers of four of them, one killed in the middle, and a follower
//! in a fifth that counts.
//!
//! A process of writers is this very test binary, started anew with only [`writers`] to run.
#![expect(
    clippy::disallowed_methods,
    reason = "by the environment the test tells its other processes what to do"
)]

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{AppendError, Expected, Store, Subscription};
use testing::Scratch;
use tokio::task::JoinSet;

use crate::support::made_by;

const PROCESSES: u64 = 4;
const WRITERS: u64 = 4;
const TRIES: u64 = 60;
const STREAMS: u64 = 5;
const LONG: Duration = Duration::from_mins(2);
/// Tells a process of writers where, and which it is.
const URL: &str = "ORDER_OVER_PROCESSES_URL";
const NUMBER: &str = "ORDER_OVER_PROCESSES_NUMBER";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_come_one_by_one_over_processes() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let mut children: Vec<Child> = (0..PROCESSES).map(|it| start(&scratch.url, it)).collect();
    let store: Store = Arc::new(PostgresStore::connect(&scratch.url, 2).unwrap());
    let mut subscription = Subscription::new(store.clone(), 0, 50);
    let (mut last, mut killed) = (0, false);
    let end = tokio::time::Instant::now() + LONG;
    loop {
        let over = children.iter_mut().all(|it| it.try_wait().unwrap().is_some());
        let batch = subscription.next().await.unwrap();
        for event in &batch.events {
            assert_eq!(event.position, last + 1, "something came to stand behind the follower");
            last = event.position;
        }
        if !killed && 50 < last {
            // With calls under way and answers unheard.
            children[0].kill().unwrap();
            killed = true;
        }
        if over && batch.events.is_empty() {
            break;
        }
        assert!(tokio::time::Instant::now() < end, "the writers do not end");
    }
    assert!(killed, "nobody was killed in the middle");
    for (number, child) in children.iter_mut().enumerate().skip(1) {
        assert!(child.wait().unwrap().success(), "process {number}");
    }
    let counted = "SELECT count(*), max(position) FROM events";
    let (count, max): (i64, i64) = sqlx::query_as(counted).fetch_one(&scratch.pool).await.unwrap();
    assert_eq!((count, max), (max, i64::try_from(last).unwrap()), "no holes, and all of it seen");
}

/// The writers of one process; nothing, when this is not one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers() {
    let Ok(url) = std::env::var(URL) else { return };
    let process: u64 = std::env::var(NUMBER).unwrap().parse().unwrap();
    let store: Store = Arc::new(PostgresStore::connect(&url, 4).unwrap());
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            let mut written = 0;
            for n in 0..TRIES {
                written += u64::from(write(&store, process * WRITERS + writer, n).await);
            }
            written
        });
    }
    let written: u64 = writers.join_all().await.into_iter().sum();
    assert!(0 < written, "every append of the process conflicted");
}

/// Reads where a stream ends, appends there, and hopes.
async fn write(store: &Store, writer: u64, n: u64) -> bool {
    let stream = format!("s-{}", (writer + n) % STREAMS);
    let last = store.read_stream_backwards(&stream, None, 1).await.unwrap();
    let revision = last.first().map(|it| it.revision);
    let expected = revision.map_or(Expected::NoStream, Expected::Exact);
    let id = u128::from(writer) << 32 | u128::from(n);
    let events = made_by(id, &stream, expected.next_revision(), 1 + n % 3);
    match store.append(&stream, expected, events).await {
        Ok(_) => true,
        Err(AppendError::Conflict { .. }) => false,
        Err(error) => panic!("{error:?}"),
    }
}

fn start(url: &str, number: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "order_over_processes::writers"])
        .env(URL, url)
        .env(NUMBER, number.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
