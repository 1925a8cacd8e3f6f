//! The server ends every connection again and again. Nothing is lost, nothing doubled, nobody has to be restarted.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{AppendError, Appended, Expected, Recorded, Store, Subscription};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use testing::{Scratch, eventually};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::made_by;

const WRITERS: u64 = 4;
const ROUNDS: u64 = 12;
const LONG: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_and_followers_survive_the_loss_of_every_connection() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let store: Store = Arc::new(PostgresStore::connect(&scratch.url, 4).unwrap());
    let over = Arc::new(AtomicBool::new(false));

    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(store.clone(), writer, over.clone()));
    }
    let follower = tokio::spawn(follow(store.clone(), over.clone()));

    let mut ended = 0;
    for _ in 0..ROUNDS {
        let before = head(&store).await;
        ended += end_all_connections(&scratch.url).await;
        eventually("writing goes on", LONG, async || before + 20 < head(&store).await).await;
    }
    over.store(true, Ordering::Release);

    let mut written: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    let seen = follower.await.unwrap();
    let all = store.read_all(0, usize::MAX).await.unwrap();
    assert_eq!(seen, all, "the follower saw everything, once, in order");
    written.sort_unstable_by_key(|(_, it)| it.position);
    let stands: Vec<_> = all.iter().map(place).collect();
    assert_eq!(written, stands, "what was answered is what stands there");
    assert!(all.iter().zip(1..).all(|(it, position)| it.position == position), "no holes");
    assert!(ROUNDS <= ended, "{ended} connections ended");
}

fn place(it: &Recorded) -> (String, Appended) {
    (it.stream.clone(), Appended { revision: it.revision, position: it.position })
}

/// Repeats each append until it is answered: the answer is where it stood all the time.
async fn write(store: Store, writer: u64, over: Arc<AtomicBool>) -> Vec<(String, Appended)> {
    let stream = format!("s-{writer}");
    let mut expected = Expected::NoStream;
    let mut written = Vec::new();
    while !over.load(Ordering::Acquire) {
        let events = made_by(u128::from(writer), &stream, expected.next_revision(), 1);
        match store.append(&stream, expected, events).await {
            Ok(appended) => {
                expected = Expected::Exact(appended.revision);
                written.push((stream.clone(), appended));
            }
            // Made again from the same numbers, the events are the same.
            Err(AppendError::Unavailable(_)) => {}
            Err(error) => panic!("nobody else writes to {stream}: {error:?}"),
        }
    }
    written
}

async fn follow(store: Store, over: Arc<AtomicBool>) -> Vec<Recorded> {
    let mut subscription = Subscription::new(store, 0, 50);
    let mut seen = Vec::new();
    loop {
        let is_over = over.load(Ordering::Acquire);
        match subscription.next().await {
            Ok(batch) if is_over && batch.events.is_empty() => return seen,
            Ok(batch) => seen.extend(batch.events),
            Err(_) => {}
        }
    }
}

async fn head(store: &Store) -> u64 {
    loop {
        if let Ok(head) = store.head().await {
            return head;
        }
    }
}

/// Returns how many there were. The server itself may be on its way up or down.
async fn end_all_connections(url: &str) -> u64 {
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = $1 AND pid <> pg_backend_pid()";
    let options: PgConnectOptions = url.parse().unwrap();
    let database = options.get_database().unwrap().to_owned();
    let ending = async {
        let mut connection: PgConnection = options.database("postgres").connect().await?;
        sqlx::query_scalar::<_, i64>(sql).bind(database).fetch_one(&mut connection).await
    };
    ending.await.map_or(0, i64::unsigned_abs)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_hear_of_each_other_again() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let [here, there] = [0, 1].map(|_| PostgresStore::connect(&scratch.url, 2).unwrap());
    let [here, there] = [here, there].map(|it| Arc::new(it) as Store);
    let streams = AtomicU32::new(0);
    let is_heard = async || {
        let stream = format!("s-{}", streams.fetch_add(1, Ordering::Relaxed));
        let events = made_by(1, &stream, 0, 1);
        let appended = there.append(&stream, Expected::NoStream, events).await.unwrap();
        let begun = Instant::now();
        here.changed(appended.position - 1, Duration::from_secs(5)).await;
        begun.elapsed() < Duration::from_secs(4)
    };
    for _ in 0..3 {
        assert!(is_heard().await, "at first, and after each repair");
        end_all_connections(&scratch.url).await;
        eventually("heard again", LONG, &is_heard).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_was_cut_off_is_asked_again_and_done_once() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let store = PostgresStore::connect(&scratch.url, 2).unwrap();
    let mut guard = scratch.pool.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock(4711, 1)").execute(&mut *guard).await.unwrap();

    let append =
        event_store::EventStore::append(&store, "s-1", Expected::NoStream, made_by(1, "s-1", 0, 2));
    let cut = async {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_locks
                   WHERE locktype = 'advisory' AND NOT granted
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        let is_cut =
            async || sqlx::query(sql).fetch_optional(&scratch.pool).await.unwrap().is_some();
        eventually("the call waits for the lock", LONG, is_cut).await;
        guard.rollback().await.unwrap();
    };
    let (appended, ()) = tokio::join!(append, cut);
    assert_eq!(appended.unwrap(), Appended { revision: 1, position: 2 });
}
