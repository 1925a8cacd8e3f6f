//! The server is killed with `-9` again and again, under sixteen writers and in the middle of every subscription.
//!
//! Followers see each position once and in order, before the kill and after it; what was answered stands where it was
//! said to stand; and there is no hole.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use event_store::hostile::Dice;
use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{AppendError, Appended, Expected, Store, Subscription};
use sqlx::{Connection, PgConnection};
use testing::eventually;
use testing::server::Server;
use tokio::task::JoinSet;

use crate::support::made_by;

const KILLS: usize = 3;
const STREAMS: u64 = 5;
const WRITERS_BY_STORE: u64 = 12;
const PLAIN_WRITERS: u64 = 4;
/// Of the plain writers' transactions one in so many is taken back.
const ROLLBACKS: u64 = 20;
const LONG: Duration = Duration::from_mins(1);

#[derive(Default)]
struct Tally {
    over: AtomicBool,
    /// Set when all writers are done.
    written: AtomicBool,
    conflicts: AtomicUsize,
    rollbacks: AtomicUsize,
    lost: AtomicUsize,
}

impl Tally {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    fn count(what: &AtomicUsize) {
        what.fetch_add(1, Ordering::Relaxed);
    }
}

/// The stream, the first event's id, and what was answered.
type Written = (String, uuid::Uuid, Appended);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_in_the_middle_of_everything_lose_and_double_nothing() {
    let server = Server::start().await;
    let mut db = PgConnection::connect(&server.url).await.unwrap();
    MIGRATOR.run(&mut db).await.unwrap();
    drop(db);
    // Two stores are two processes to the log: they share nothing but the server.
    let stores = [0, 1].map(|_| Arc::new(PostgresStore::connect(&server.url, 4).unwrap()) as Store);
    let tally = Arc::new(Tally::default());
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS_BY_STORE {
        let store = stores[usize::try_from(writer % 2).unwrap()].clone();
        writers.spawn(write_by_store(store, writer, tally.clone()));
    }
    for writer in WRITERS_BY_STORE..WRITERS_BY_STORE + PLAIN_WRITERS {
        writers.spawn(write_plainly(server.url.clone(), writer, tally.clone()));
    }
    let followers: Vec<_> =
        stores.iter().map(|it| tokio::spawn(follow(it.clone(), tally.clone()))).collect();

    for _ in 0..KILLS {
        let before = head(&stores[0]).await;
        eventually("writing goes on", LONG, async || before + 60 < head(&stores[0]).await).await;
        server.kill_and_start().await;
    }
    let before = head(&stores[0]).await;
    eventually("writing goes on", LONG, async || before + 60 < head(&stores[0]).await).await;
    tally.over.store(true, Ordering::Release);

    let written: Vec<Written> = writers.join_all().await.into_iter().flatten().collect();
    tally.written.store(true, Ordering::Release);
    let last = head(&stores[0]).await;
    for follower in followers {
        assert_eq!(follower.await.unwrap(), last, "followed to the end");
    }
    judge(&stores[1], &written, &tally).await;
}

async fn judge(store: &Store, written: &[Written], tally: &Tally) {
    let all = store.read_all(0, usize::MAX).await.unwrap();
    assert!(all.iter().zip(1..).all(|(it, position)| it.position == position), "no holes");
    for (stream, id, appended) in written {
        let last = &all[usize::try_from(appended.position).unwrap() - 1];
        assert_eq!((&last.stream, last.revision), (stream, appended.revision), "acknowledged");
        let first = all.iter().find(|it| it.id == *id).expect("acknowledged");
        assert_eq!(first.meta, last.meta, "of one command");
    }
    let count = |it: &AtomicUsize| it.load(Ordering::Relaxed);
    let (conflicts, rollbacks, lost) =
        (count(&tally.conflicts), count(&tally.rollbacks), count(&tally.lost));
    assert!(
        20 < conflicts && 0 < rollbacks && KILLS <= lost,
        "too peaceful: {conflicts} conflicts, {rollbacks} rollbacks, {lost} answers lost"
    );
}

/// Appends where a stream ends, and repeats what was not answered until it is.
async fn write_by_store(store: Store, writer: u64, tally: Arc<Tally>) -> Vec<Written> {
    let mut dice = Dice::new(writer);
    let mut written = Vec::new();
    for n in 0.. {
        if tally.is_over() {
            break;
        }
        let stream = format!("s-{}", dice.below(STREAMS));
        let Ok(last) = store.read_stream_backwards(&stream, None, 1).await else {
            continue;
        };
        let expected = last.first().map_or(Expected::NoStream, |it| Expected::Exact(it.revision));
        let command = u128::from(writer << 32 | n);
        let events = made_by(command, &stream, expected.next_revision(), 1 + dice.below(3));
        let answer = loop {
            match store.append(&stream, expected, events.clone()).await {
                Err(AppendError::Unavailable(_)) => Tally::count(&tally.lost),
                known => break known,
            }
        };
        match answer {
            Ok(appended) => written.push((stream, events[0].id, appended)),
            Err(AppendError::Conflict { .. }) => Tally::count(&tally.conflicts),
            Err(error) => panic!("{error:?}"),
        }
    }
    written
}

/// Opens transactions of its own, and now and then takes one back. What it is not told of it does not claim.
async fn write_plainly(url: String, writer: u64, tally: Arc<Tally>) -> Vec<Written> {
    let mut dice = Dice::new(writer);
    let mut written = Vec::new();
    let mut open = None;
    for n in 0.. {
        if tally.is_over() {
            break;
        }
        let mut connection = match open.take() {
            Some(connection) => connection,
            None => match PgConnection::connect(&url).await {
                Ok(connection) => connection,
                Err(_) => continue,
            },
        };
        let keeps = dice.below(ROLLBACKS) != 0;
        let stream = format!("plain-{writer}-{n}");
        if let Ok(it) = transaction(&mut connection, stream, keeps).await {
            open = Some(connection);
            if keeps {
                written.push(it);
            } else {
                Tally::count(&tally.rollbacks);
            }
        }
    }
    written
}

async fn transaction(
    db: &mut PgConnection,
    stream: String,
    keeps: bool,
) -> Result<Written, sqlx::Error> {
    let event = &made_by(1, &stream, 0, 1)[0];
    let mut transaction = db.begin().await?;
    let (_, _, _, position): (i32, String, i64, i64) =
        sqlx::query_as(include_str!("../../src/postgres/append.sql"))
            .bind([stream.as_str()])
            .bind([-1_i64])
            .bind([1])
            .bind([1])
            .bind([0])
            .bind([event.id])
            .bind([event.kind.as_str()])
            .bind([event.data.as_slice()])
            .bind([serde_json::to_vec(&event.meta).unwrap().as_slice()])
            .fetch_one(&mut *transaction)
            .await?;
    if keeps {
        transaction.commit().await?;
    } else {
        transaction.rollback().await?;
    }
    let position = u64::try_from(position).unwrap();
    Ok((stream, event.id, Appended { revision: 0, position }))
}

/// Follows as every projection does: what fails is asked again.
async fn follow(store: Store, tally: Arc<Tally>) -> u64 {
    let mut subscription = Subscription::new(store, 0, 50);
    let mut last = 0;
    loop {
        let is_over = tally.written.load(Ordering::Acquire);
        match subscription.next().await {
            Ok(batch) if is_over && batch.events.is_empty() => return last,
            Ok(batch) => {
                for event in batch.events {
                    assert_eq!(event.position, last + 1, "passed over, or seen twice");
                    last = event.position;
                }
            }
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
