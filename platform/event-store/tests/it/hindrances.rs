//! What only an operator mends is told by its name, leaves nothing half written, and is over as soon as it is mended.
use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{AppendError, EventStore, Expected, Hindrance, ReadError};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};
use testing::Scratch;

use crate::support::made_by;

fn options(scratch: &Scratch) -> PgConnectOptions {
    scratch.url.parse().unwrap()
}

/// Changes a default of the scratch database, for connections still to come.
async fn set(scratch: &Scratch, default: &str) {
    let database = options(scratch).get_database().unwrap().to_owned();
    let statement = AssertSqlSafe(format!("ALTER DATABASE {database} SET {default}"));
    sqlx::raw_sql(statement).execute(&scratch.pool).await.unwrap();
}

async fn append(store: &PostgresStore, stream: &str) -> Result<(), AppendError> {
    store.append(stream, Expected::NoStream, made_by(1, stream, 0, 2)).await.map(drop)
}

fn assert_hindered(result: Result<(), AppendError>, by: Hindrance, says: &str) {
    match result {
        Err(AppendError::Hindered { hindrance, source }) => {
            assert_eq!(hindrance, by);
            assert!(source.to_string().contains(says), "{source}");
        }
        other => panic!("not hindered but {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_with_another_isolation_level_is_appended_to_all_the_same() {
    for level in ["repeatable read", "serializable"] {
        let scratch = Scratch::new(&MIGRATOR).await;
        set(&scratch, &format!("default_transaction_isolation = '{level}'")).await;
        let store = PostgresStore::connect(&scratch.url, 2).unwrap();
        append(&store, "s-1").await.unwrap();
        assert_eq!(store.read_all(0, 9).await.unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_server_is_told_from_one_that_is_away() {
    let scratch = Scratch::new(&MIGRATOR).await;
    append(&PostgresStore::connect(&scratch.url, 2).unwrap(), "s-0").await.unwrap();
    set(&scratch, "default_transaction_read_only = on").await;
    let store = PostgresStore::connect(&scratch.url, 2).unwrap();
    assert_hindered(append(&store, "s-1").await, Hindrance::ReadOnly, "read-only");
    assert_eq!(store.read_all(0, 9).await.unwrap().len(), 2, "reading goes on");

    set(&scratch, "default_transaction_read_only = off").await;
    append(&store, "s-1").await.expect("the connection that could not write was not kept");
    assert_eq!(store.head().await.unwrap(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_never_made_is_told_so() {
    let scratch = Scratch::empty().await;
    let store = PostgresStore::connect(&scratch.url, 2).unwrap();
    assert_hindered(append(&store, "s-1").await, Hindrance::Missing, "append_events");
    let read = store.head().await;
    assert!(
        matches!(read, Err(ReadError::Hindered { hindrance: Hindrance::Missing, .. })),
        "{read:?}"
    );
    MIGRATOR.run(&scratch.pool).await.unwrap();
    append(&store, "s-1").await.expect("made meanwhile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_enter_is_told_why() {
    let scratch = Scratch::new(&MIGRATOR).await;
    for (options, hindrance, says) in [
        (options(&scratch).password("another"), Hindrance::Login, "password"),
        (options(&scratch).database("no_such_log"), Hindrance::Missing, "no_such_log"),
    ] {
        let store = PostgresStore::connect(options.to_url_lossy().as_ref(), 2).unwrap();
        assert_hindered(append(&store, "s-1").await, hindrance, says);
        let read = store.head().await;
        assert!(
            matches!(&read, Err(ReadError::Hindered { hindrance: it, .. }) if *it == hindrance),
            "{read:?}"
        );
    }
}
