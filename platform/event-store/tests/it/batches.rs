//! Commands of many clients travel in one call, and none of them notices the others.
use std::sync::Arc;
use std::time::Duration;

use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{AppendError, Appended, EventStore, Expected, NewEvent};
use futures::future::join_all;
use sqlx::PgPool;
use testing::{Scratch, eventually};

use crate::support::made_by;

const LONG: Duration = Duration::from_mins(1);

type Append = (String, Expected, Vec<NewEvent>);

/// Hands in all of `appends` while the log is locked: the first is under way, the others have to wait together.
async fn append_together(
    store: &PostgresStore,
    pool: &PgPool,
    appends: Vec<Append>,
) -> Vec<Result<Appended, AppendError>> {
    let mut guard = pool.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock(4711, 1)").execute(&mut *guard).await.unwrap();
    let appends = appends
        .iter()
        .map(|(stream, expected, events)| store.append(stream, *expected, events.clone()));
    let release = async {
        let sql = "SELECT count(*) FROM pg_locks
                   WHERE locktype = 'advisory' AND NOT granted
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        let waits = async || 0 < sqlx::query_scalar::<_, i64>(sql).fetch_one(pool).await.unwrap();
        eventually("the first call waits for the lock", LONG, waits).await;
        guard.rollback().await.unwrap();
    };
    tokio::join!(join_all(appends), release).0
}

fn append(n: u64) -> Append {
    let stream = format!("s-{n}");
    let events = made_by(n.into(), &stream, 0, 2);
    (stream, Expected::NoStream, events)
}

async fn transactions(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(DISTINCT xmin::text) FROM events")
        .fetch_one(pool)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_queues_goes_in_one_transaction_and_each_gets_its_own_answer() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let store = PostgresStore::connect(&scratch.url, 2).unwrap();
    let mut appends: Vec<_> = (0..50).map(append).collect();
    // On streams that others of the batch write to: these wait for the next call.
    appends.push(append(7));
    appends.push(("s-8".to_owned(), Expected::NoStream, made_by(999, "s-8", 0, 1)));
    appends.push(("s-9".to_owned(), Expected::Exact(1), made_by(998, "s-9", 2, 1)));
    let answers = append_together(&store, &scratch.pool, appends).await;

    let positions: Vec<_> = answers[..50].iter().map(|it| it.as_ref().unwrap().position).collect();
    assert_eq!(positions, (1..=50).map(|it| it * 2).collect::<Vec<_>>(), "in order of arrival");
    assert_eq!(answers[50].as_ref().unwrap(), answers[7].as_ref().unwrap(), "a repetition");
    assert!(
        matches!(answers[51], Err(AppendError::Conflict { actual: Some(1), .. })),
        "{:?}",
        answers[51]
    );
    assert_eq!(answers[52].as_ref().unwrap(), &Appended { revision: 2, position: 101 });
    // The first goes alone if the connection is there before the others have queued, and with them if not.
    let transactions = transactions(&scratch.pool).await;
    assert!(
        (2..=3).contains(&transactions),
        "{transactions}: those that waited together, then the rest"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_bytes_fail_only_their_own_client() {
    let scratch = Scratch::new(&MIGRATOR).await;
    // What the limits let pass and Postgres does not is not known today; tomorrow's is played by this.
    let poison = "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
                  $$ BEGIN RAISE 'indigestible' USING ERRCODE = 'untranslatable_character'; END $$;
                  CREATE TRIGGER poison BEFORE INSERT ON events
                  FOR EACH ROW WHEN (NEW.type = 'poison.v1') EXECUTE FUNCTION poison()";
    sqlx::raw_sql(poison).execute(&scratch.pool).await.unwrap();
    let store = PostgresStore::connect(&scratch.url, 2).unwrap();
    let mut appends: Vec<_> = (0..10).map(append).collect();
    "poison.v1".clone_into(&mut appends[5].2[1].kind);
    let answers = append_together(&store, &scratch.pool, appends).await;

    for (n, answer) in answers.iter().enumerate() {
        match answer {
            Err(AppendError::Refused(why)) => {
                assert!(n == 5 && why.contains("indigestible"), "{n}: {why}");
            }
            Ok(_) => assert_ne!(n, 5),
            Err(error) => panic!("{n}: {error:?}"),
        }
    }
    assert_eq!(store.read_all(0, 100).await.unwrap().len(), 18);
    assert_eq!(store.head().await.unwrap(), 18, "and no hole where it would have stood");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_clients_are_all_answered() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let store = PostgresStore::connect(&scratch.url, 2).unwrap();
    let appends: Vec<_> = (0..2_000).map(append).collect();
    let appends = appends
        .iter()
        .map(|(stream, expected, events)| store.append(stream, *expected, events.clone()));
    let answers = join_all(appends).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(store.head().await.unwrap(), 4_000);
    assert!(transactions(&scratch.pool).await < 200, "they went together");
}

/// On one worker, as it is when the machine has no more to give: whoever is woken last runs first, and wakes the
/// appender, which would be next.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn those_who_are_answered_together_go_on_together() {
    const CALLERS: u64 = 8;
    const ROUNDS: u64 = 10;
    let scratch = Scratch::new(&MIGRATOR).await;
    let store = PostgresStore::connect(&scratch.url, 2).unwrap();
    let store = Arc::new(store);
    // Each a task of its own, as the callers of a server are.
    let callers = (0..CALLERS).map(|caller| {
        let store = store.clone();
        tokio::spawn(async move {
            for round in 0..ROUNDS {
                let (stream, expected, events) = append(caller * ROUNDS + round);
                store.append(&stream, expected, events).await.unwrap();
            }
        })
    });
    for it in join_all(callers).await {
        it.unwrap();
    }
    let transactions = transactions(&scratch.pool).await;
    assert!(transactions <= 12, "{transactions} flushes for {ROUNDS} rounds");
}
