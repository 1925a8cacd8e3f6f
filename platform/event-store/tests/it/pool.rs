//! Whoever gives up in the middle of a statement leaves nothing to whoever has the connection next.
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use event_store::postgres::{MIGRATOR, tended};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool};
use testing::Scratch;
use testing::cut::{Cut, Swallowed};

/// Looks so often whether it is done, and gives up.
async fn give_up_after(polls: usize, work: impl Future) -> bool {
    let mut work = pin!(work);
    for _ in 0..polls {
        if work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return true;
        }
        // The server answers while nobody looks.
        tokio::task::yield_now().await;
    }
    false
}

async fn one_connection() -> (Scratch, PgPool) {
    let scratch = Scratch::new(&MIGRATOR).await;
    let make = "CREATE TABLE written (id bigint GENERATED ALWAYS AS IDENTITY)";
    sqlx::raw_sql(make).execute(&scratch.pool).await.expect("a table");
    let one = PgPoolOptions::new().max_connections(1);
    let pool = tended(one).connect(&scratch.url).await.expect("a connection");
    (scratch, pool)
}

async fn seen_by_others(scratch: &Scratch) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM written").fetch_one(&scratch.pool);
    count.await.expect("a count")
}

async fn write(pool: &PgPool) {
    sqlx::query("INSERT INTO written DEFAULT VALUES").execute(pool).await.expect("an insert");
}

#[tokio::test]
async fn a_transaction_given_up_while_it_begins_is_nobodys() {
    let (scratch, pool) = one_connection().await;
    let mut written = 0;
    let mut given_up = 0;
    // A server on another core may answer before anybody looks for the first time: then it is tried again.
    for polls in (1..=6).cycle().take(600) {
        if 6 == polls && 0 < given_up {
            break;
        }
        for begin in ["BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ"] {
            let mut connection = pool.acquire().await.expect("a connection");
            given_up += i32::from(!give_up_after(polls, connection.begin_with(begin)).await);
            drop(connection);
            write(&pool).await;
            written += 1;
            let seen = seen_by_others(&scratch).await;
            assert_eq!(seen, written, "given up after {polls} looks at {begin}");
        }
    }
    assert!(0 < given_up, "each of so many began before it could be given up");
}

#[tokio::test]
async fn what_is_open_and_known_ends_as_ever() {
    let (scratch, pool) = one_connection().await;
    let mut dropped = pool.begin().await.expect("a transaction");
    let insert = "INSERT INTO written DEFAULT VALUES";
    sqlx::query(insert).execute(&mut *dropped).await.expect("an insert");
    drop(dropped);
    write(&pool).await;
    assert_eq!(seen_by_others(&scratch).await, 1, "rolled back");
    let mut failed = pool.begin().await.expect("a transaction");
    sqlx::query("SELECT 1 / 0").execute(&mut *failed).await.expect_err("no number");
    drop(failed);
    write(&pool).await;
    assert_eq!(seen_by_others(&scratch).await, 2, "a transaction that failed as well");
}

#[tokio::test]
async fn a_connection_to_a_server_that_vanished_does_not_keep_its_place() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let options: PgConnectOptions = scratch.url.parse().expect("a URL");
    let wire = Cut::before(&format!("{}:{}", options.get_host(), options.get_port())).await;
    let options = options.host("127.0.0.1").port(wire.port);
    let one = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(30));
    let pool = tended(one).connect_with(options).await.expect("a connection");
    wire.swallow(Swallowed::Answers);
    let ask = || sqlx::query_scalar::<_, i32>("SELECT 1").fetch_one(&pool);
    let given_up = tokio::time::timeout(Duration::from_millis(200), ask()).await;
    given_up.expect_err("no answer comes");
    wire.go_on_elsewhere();
    assert_eq!(ask().await.expect("another connection"), 1);
}
