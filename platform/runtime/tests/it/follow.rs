//! Rows and checkpoint move together, whatever happens between them.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use event_store::memory::MemoryStore;
use event_store::{Expected, LogId, Metadata, NewEvent, Recorded, Store, Tail};
use jiff::Timestamp;
use runtime::follow::{FollowError, Follower, Progress, Standing, follow, follow_and_tell, step};
use runtime::{Shutdown, migrations};
use sqlx::{PgPool, PgTransaction};
use testing::{Scratch, eventually};
use uuid::Uuid;

const LOG: LogId = LogId(Uuid::from_u128(1));

/// Writes down every position it is given.
#[derive(Default)]
struct Scribe {
    /// Fails after its rows are written, once.
    crashes: AtomicBool,
    /// Cannot apply the event at this position.
    stumbles_at: Option<u64>,
    /// Takes so long for a batch that whoever comes meanwhile loses the race for it.
    is_slow: bool,
}

#[async_trait]
impl Follower for Scribe {
    fn name(&self) -> &'static str {
        "scribe"
    }

    async fn apply(
        &self,
        tx: &mut PgTransaction<'static>,
        events: &[Recorded],
    ) -> Result<(), FollowError> {
        for event in events {
            if self.stumbles_at == Some(event.position) {
                return Err(FollowError::Event {
                    position: event.position,
                    error: "unreadable".into(),
                });
            }
            let position = i64::try_from(event.position).unwrap();
            sqlx::query("INSERT INTO seen (position) VALUES ($1)")
                .bind(position)
                .execute(&mut **tx)
                .await?;
        }
        if self.is_slow {
            sqlx::query("SELECT pg_sleep(0.05)").execute(&mut **tx).await?;
        }
        if self.crashes.swap(false, Ordering::Relaxed) {
            return Err(FollowError::Database(sqlx::Error::WorkerCrashed));
        }
        Ok(())
    }
}

async fn world(events: u64) -> (Scratch, Store) {
    let scratch = Scratch::new(&migrations::READ).await;
    // No key: an event applied twice would show as two rows.
    sqlx::query("CREATE TABLE seen (position bigint NOT NULL)")
        .execute(&scratch.pool)
        .await
        .unwrap();
    let store: Store = Arc::new(MemoryStore::default());
    write(&store, 0, events).await;
    (scratch, store)
}

async fn write(store: &Store, from: u64, events: u64) {
    for n in from..from + events {
        let expected = n.checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
        let id = Uuid::from_u128(u128::from(n) + 1);
        let meta = Metadata::new(id, Timestamp::UNIX_EPOCH);
        let event =
            NewEvent { id, kind: "thing.happened.v1".to_owned(), data: b"{}".to_vec(), meta };
        store.append("thing-1", expected, vec![event]).await.unwrap();
    }
}

async fn seen(db: &PgPool) -> Vec<i64> {
    sqlx::query_scalar("SELECT position FROM seen ORDER BY position").fetch_all(db).await.unwrap()
}

#[tokio::test]
async fn a_crash_in_the_middle_applies_nothing_twice_and_loses_nothing() {
    let (scratch, store) = world(10).await;
    let scribe = Scribe { crashes: AtomicBool::new(true), ..Scribe::default() };
    step(&scratch.pool, &store, LOG, &scribe).await.unwrap_err();
    assert_eq!(seen(&scratch.pool).await, [0_i64; 0], "rows went with the checkpoint");
    assert_eq!(step(&scratch.pool, &store, LOG, &scribe).await.unwrap(), 10);
    assert_eq!(step(&scratch.pool, &store, LOG, &scribe).await.unwrap(), 0);
    assert_eq!(seen(&scratch.pool).await, (1..=10).collect::<Vec<i64>>());
}

#[tokio::test]
async fn two_followers_do_the_work_once() {
    let (scratch, store) = world(0).await;
    let scribe = Scribe::default();
    for round in 0..20 {
        write(&store, round * 5, 5).await;
        let one = step(&scratch.pool, &store, LOG, &scribe);
        let other = step(&scratch.pool, &store, LOG, &scribe);
        let (one, other) = tokio::join!(one, other);
        assert_eq!(one.unwrap() + other.unwrap(), 5, "round {round}");
    }
    assert_eq!(seen(&scratch.pool).await, (1..=100).collect::<Vec<i64>>());
}

#[tokio::test]
async fn what_cannot_be_applied_is_not_passed_over_and_holds_up_nothing_before_it() {
    let (scratch, store) = world(100).await;
    let stumbling = Scribe { stumbles_at: Some(38), ..Scribe::default() };
    while let Ok(applied) = step(&scratch.pool, &store, LOG, &stumbling).await {
        assert!(0 < applied, "it stands in front of the event, and says so");
    }
    assert_eq!(seen(&scratch.pool).await, (1..=37).collect::<Vec<i64>>());
    let mended = Scribe::default();
    while 0 < step(&scratch.pool, &store, LOG, &mended).await.unwrap() {}
    assert_eq!(seen(&scratch.pool).await, (1..=100).collect::<Vec<i64>>());
}

#[tokio::test]
async fn another_log_and_an_older_copy_are_noticed() {
    let (scratch, store) = world(10).await;
    let scribe = Scribe::default();
    step(&scratch.pool, &store, LOG, &scribe).await.unwrap();
    let other = step(&scratch.pool, &store, LogId(Uuid::from_u128(2)), &scribe).await;
    assert!(matches!(other, Err(FollowError::AnotherLog { .. })), "{other:?}");
    let older: Store = Arc::new(MemoryStore::default());
    write(&older, 0, 3).await;
    let restored = step(&scratch.pool, &older, LOG, &scribe).await;
    assert!(matches!(restored, Err(FollowError::AnotherLog { .. })), "{restored:?}");
    assert_eq!(seen(&scratch.pool).await.len(), 10);
}

#[tokio::test]
async fn what_is_taken_away_in_the_middle_is_written_from_its_beginning() {
    let (scratch, store) = world(5).await;
    let scribe = Scribe::default();
    step(&scratch.pool, &store, LOG, &scribe).await.unwrap();
    write(&store, 5, 5).await;

    // A reset takes rows and checkpoint while a step, which has read the checkpoint, waits to move it.
    let mut reset = scratch.pool.begin().await.unwrap();
    let all = "DELETE FROM seen; DELETE FROM checkpoints";
    sqlx::raw_sql(all).execute(&mut *reset).await.unwrap();
    let stepping = step(&scratch.pool, &store, LOG, &scribe);
    let resetting = async {
        eventually("the step waits", Duration::from_secs(30), async || {
            let waiting = "SELECT count(*) FROM pg_stat_activity
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
            sqlx::query_scalar::<_, i64>(waiting).fetch_one(&scratch.pool).await.unwrap() == 1
        })
        .await;
        reset.commit().await.unwrap();
    };
    let (stepped, ()) = tokio::join!(stepping, resetting);
    assert_eq!(stepped.unwrap(), 0, "the checkpoint is gone");
    assert_eq!(step(&scratch.pool, &store, LOG, &scribe).await.unwrap(), 10);
    assert_eq!(seen(&scratch.pool).await, (1..=10).collect::<Vec<i64>>());
}

#[tokio::test]
async fn the_loop_keeps_up_says_what_holds_it_up_and_ends_when_it_is_told() {
    let (scratch, store) = world(10).await;
    let (progress, shutdown) = (Progress::default(), Shutdown::new());
    let scribe =
        Scribe { crashes: AtomicBool::new(true), stumbles_at: Some(38), ..Scribe::default() };
    let (db, tail) = (scratch.pool.clone(), Tail::new(store.clone()));
    let (telling, ending) = (progress.clone(), shutdown.clone());
    let following = tokio::spawn(async move {
        follow_and_tell(db, tail, LOG, &scribe, &telling, ending).await;
    });
    let within = Duration::from_secs(10);
    let all_well = |position| Standing { position, caught_up: true, error: None };
    eventually("it gets over a crash", within, async || progress.now() == all_well(10)).await;
    write(&store, 10, 20).await;
    eventually("it keeps up", within, async || progress.now() == all_well(30)).await;
    write(&store, 30, 20).await;
    let stands = async || progress.now().position == 37 && progress.now().error.is_some();
    eventually("it stands in front of what it cannot read", within, stands).await;
    let said = progress.now().error.unwrap_or_default();
    assert_eq!(said, "the event at 38 cannot be applied: unreadable");

    shutdown.cancel();
    tokio::time::timeout(within, following).await.expect("it ends").unwrap();
    assert_eq!(seen(&scratch.pool).await, (1..=37).collect::<Vec<i64>>());
}

#[tokio::test]
async fn the_loop_begins_anew_when_its_rows_are_taken_away() {
    let (scratch, store) = world(10).await;
    let (progress, shutdown) = (Progress::default(), Shutdown::new());
    let (db, tail) = (scratch.pool.clone(), Tail::new(store.clone()));
    let (telling, ending) = (progress.clone(), shutdown.clone());
    let following = tokio::spawn(async move {
        follow_and_tell(db, tail, LOG, &Scribe::default(), &telling, ending).await;
    });
    let within = Duration::from_secs(10);
    let all = |count| (1..=count).collect::<Vec<i64>>();
    for written in [10, 20, 30] {
        eventually("it is there", within, async || seen(&scratch.pool).await == all(written)).await;
        let away = "DELETE FROM seen; DELETE FROM checkpoints";
        sqlx::raw_sql(away).execute(&scratch.pool).await.unwrap();
        if written < 20 {
            // Nothing is written that would wake it.
            eventually("it is there", within, async || seen(&scratch.pool).await == all(written))
                .await;
        }
        write(&store, written.cast_unsigned(), 10).await;
    }
    eventually("it is there", within, async || seen(&scratch.pool).await == all(40)).await;
    shutdown.cancel();
    tokio::time::timeout(within, following).await.expect("it ends").unwrap();
}

#[tokio::test]
async fn whoever_stands_by_takes_over_when_the_other_is_gone() {
    let (scratch, store) = world(0).await;
    let begin = || {
        let (db, tail, shutdown) =
            (scratch.pool.clone(), Tail::new(store.clone()), Shutdown::new());
        let ending = shutdown.clone();
        let following = tokio::spawn(async move {
            let scribe = Scribe { is_slow: true, ..Scribe::default() };
            follow(db, tail, LOG, &scribe, ending).await;
        });
        (shutdown, following)
    };
    let within = Duration::from_secs(10);
    let mut written = 0;
    let mut write_and_see = async || {
        // One after the other, so that each is there for both to take.
        for _ in 0..50 {
            write(&store, written, 1).await;
            written += 1;
        }
        let all: Vec<i64> = (1..=written.cast_signed()).collect();
        eventually("each is there, once", within, async || seen(&scratch.pool).await == all).await;
    };
    // The first to go is the one that began first, then the one that stood by for it, and so on.
    let mut following = std::collections::VecDeque::from([begin(), begin()]);
    for _ in 0..4 {
        write_and_see().await;
        let (shutdown, ended) = following.pop_front().expect("two of them");
        shutdown.cancel();
        tokio::time::timeout(within, ended).await.expect("it ends").unwrap();
        write_and_see().await;
        following.push_back(begin());
    }
    for (shutdown, ended) in following {
        shutdown.cancel();
        tokio::time::timeout(within, ended).await.expect("it ends").unwrap();
    }
}
