//! The promise that libraries break: nothing ever comes to stand behind a follower's back.
//!
//! Sixteen writers, through two stores and through plain connections that change their minds, conflict on a few
//! streams. One follower reads as fast as it can and counts: each position is the last one and one.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use event_store::hostile::Dice;
use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{
    AppendError, Appended, Expected, NewEvent, Position, ReadError, Recorded, Store, Subscription,
};
use futures::future::join_all;
use sqlx::{Connection, PgConnection, PgPool};
use testing::Scratch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::made_by;

const STREAMS: u64 = 5;
const WRITERS_BY_STORE: u64 = 12;
const PLAIN_WRITERS: u64 = 4;
/// How often each writer tries; more than half of it conflicts.
const TRIES: u64 = 40;

/// An append that was answered.
type Written = (String, Appended, Vec<NewEvent>);

#[derive(Default)]
struct Tally {
    conflicts: AtomicUsize,
    rollbacks: AtomicUsize,
    /// Set when all writers are done.
    over: AtomicBool,
}

impl Tally {
    fn count(what: &AtomicUsize) {
        what.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_come_one_by_one_whatever_the_writers_do() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let stores =
        [0, 1].map(|_| Arc::new(PostgresStore::connect(&scratch.url, 4).unwrap()) as Store);
    let tally = Arc::new(Tally::default());

    let mut writers = JoinSet::new();
    for writer in 0..WRITERS_BY_STORE {
        let store = stores[usize::try_from(writer % 2).unwrap()].clone();
        writers.spawn(write_by_store(store, writer, tally.clone()));
    }
    for writer in WRITERS_BY_STORE..WRITERS_BY_STORE + PLAIN_WRITERS {
        writers.spawn(write_plainly(scratch.url.clone(), writer, tally.clone()));
    }
    let followers = [
        tokio::spawn(follow(stores[0].clone(), tally.clone())),
        tokio::spawn(poll(scratch.pool.clone(), tally.clone())),
    ];

    let written: Vec<Written> = writers.join_all().await.into_iter().flatten().collect();
    tally.over.store(true, Ordering::Release);
    let seen: Vec<Position> = join_all(followers).await.into_iter().map(Result::unwrap).collect();

    let (count, last): (i64, i64) = sqlx::query_as("SELECT count(*), max(position) FROM events")
        .fetch_one(&scratch.pool)
        .await
        .unwrap();
    assert_eq!(count, last, "no holes");
    assert_eq!(seen, [u64::try_from(last).unwrap(); 2], "followers saw all of it");
    assert_all_stands(&stores[1], &written).await;

    let conflicts = tally.conflicts.load(Ordering::Relaxed);
    let rollbacks = tally.rollbacks.load(Ordering::Relaxed);
    assert!(
        100 < conflicts && 20 < rollbacks,
        "too peaceful: {conflicts} conflicts, {rollbacks} rollbacks"
    );
}

/// Reads where a stream ends, appends there, and hopes.
async fn write_by_store(store: Store, writer: u64, tally: Arc<Tally>) -> Vec<Written> {
    let mut dice = Dice::new(writer);
    let mut written = Vec::new();
    for n in 0..TRIES {
        let stream = format!("s-{}", dice.below(STREAMS));
        let expected = end_of(&store, &stream).await;
        let events = made_by(id(writer, n), &stream, expected.next_revision(), 1 + dice.below(3));
        match store.append(&stream, expected, events.clone()).await {
            Ok(appended) => written.push((stream, appended, events)),
            Err(AppendError::Conflict { .. }) => Tally::count(&tally.conflicts),
            Err(error) => panic!("{error:?}"),
        }
    }
    written
}

/// Where all writers read at once and the machine is busy, a connection may come later than the store waits for it.
async fn end_of(store: &Store, stream: &str) -> Expected {
    for _ in 0..20 {
        match store.read_stream_backwards(stream, None, 1).await {
            Ok(last) => {
                return last.first().map_or(Expected::NoStream, |it| Expected::Exact(it.revision));
            }
            Err(ReadError::Unavailable(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("twenty times no connection");
}

fn id(writer: u64, n: u64) -> u128 {
    u128::from(writer << 32 | n)
}

/// Opens a transaction, appends, and now and then takes it all back: the numbers it was given must be given again.
async fn write_plainly(url: String, writer: u64, tally: Arc<Tally>) -> Vec<Written> {
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let mut dice = Dice::new(writer);
    let mut written = Vec::new();
    for n in 0..TRIES {
        let stream = format!("s-{}", dice.below(STREAMS));
        let mut transaction = connection.begin().await.unwrap();
        let revision: i64 = sqlx::query_scalar(
            "SELECT coalesce(max(revision), -1) FROM events WHERE stream_id = $1",
        )
        .bind(&stream)
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
        let next = u64::try_from(revision + 1).unwrap();
        let events = made_by(id(writer, n), &stream, next, 1 + dice.below(3));
        let appended = call(&mut transaction, &stream, revision, &events).await;
        // A slow client: others wait for the lock meanwhile, and followers must not run ahead.
        tokio::task::yield_now().await;
        if dice.below(5) == 0 {
            transaction.rollback().await.unwrap();
            Tally::count(&tally.rollbacks);
            continue;
        }
        transaction.commit().await.unwrap();
        match appended {
            Some(appended) => written.push((stream, appended, events)),
            None => Tally::count(&tally.conflicts),
        }
    }
    written
}

async fn call(
    db: &mut PgConnection,
    stream: &str,
    expected: i64,
    events: &[NewEvent],
) -> Option<Appended> {
    let count = i32::try_from(events.len()).unwrap();
    let meta = |it: &NewEvent| serde_json::to_vec(&it.meta).unwrap();
    let (_, _, revision, position): (i32, String, i64, Option<i64>) =
        sqlx::query_as(include_str!("../../src/postgres/append.sql"))
            .bind([stream])
            .bind([expected])
            .bind([count])
            .bind(vec![1; events.len()])
            .bind((0..count).collect::<Vec<_>>())
            .bind(events.iter().map(|it| it.id).collect::<Vec<Uuid>>())
            .bind(events.iter().map(|it| it.kind.as_str()).collect::<Vec<_>>())
            .bind(events.iter().map(|it| it.data.as_slice()).collect::<Vec<_>>())
            .bind(events.iter().map(meta).collect::<Vec<_>>())
            .fetch_one(db)
            .await
            .unwrap();
    let position = u64::try_from(position?).unwrap();
    Some(Appended { revision: u64::try_from(revision).unwrap(), position })
}

/// Follows as every projection does.
async fn follow(store: Store, tally: Arc<Tally>) -> Position {
    let mut subscription = Subscription::new(store, 0, 100);
    let mut last = 0;
    loop {
        let is_over = tally.over.load(Ordering::Acquire);
        let batch = match subscription.next().await {
            Ok(batch) => batch,
            Err(ReadError::Unavailable(_)) if !is_over => continue,
            Err(error) => panic!("{error:?}"),
        };
        if is_over && batch.events.is_empty() {
            return last;
        }
        for event in batch.events {
            assert_eq!(event.position, last + 1, "an event was passed over");
            last = event.position;
        }
    }
}

/// Follows without waiting to be woken: looks as often as it can.
async fn poll(pool: PgPool, tally: Arc<Tally>) -> Position {
    let mut last = 0;
    loop {
        let is_over = tally.over.load(Ordering::Acquire);
        let sql = "SELECT position FROM events WHERE position > $1 ORDER BY position LIMIT 100";
        let positions: Vec<i64> =
            sqlx::query_scalar(sql).bind(last).fetch_all(&pool).await.unwrap();
        if is_over && positions.is_empty() {
            return u64::try_from(last).unwrap();
        }
        for position in positions {
            assert_eq!(position, last + 1, "an event was passed over");
            last = position;
        }
    }
}

async fn assert_all_stands(store: &Store, written: &[Written]) {
    let all = store.read_all(0, usize::MAX).await.unwrap();
    let by_place: BTreeMap<(&str, u64), &Recorded> =
        all.iter().map(|it| ((it.stream.as_str(), it.revision), it)).collect();
    assert_eq!(by_place.len(), all.len());
    let mut events = 0;
    for (stream, appended, new) in written {
        events += new.len();
        let places = (appended.revision + 1 - new.len() as u64)..=appended.revision;
        for (revision, event) in places.zip(new) {
            let stands = by_place[&(stream.as_str(), revision)];
            assert_eq!(stands.id, event.id, "{stream} at {revision}");
            assert!(stands.position <= appended.position);
        }
    }
    assert_eq!(events, all.len(), "what nobody was told of was not written");
}
