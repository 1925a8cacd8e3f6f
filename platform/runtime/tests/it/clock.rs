//! The clock goes by the database's, and says when this machine's is not to be trusted.
use jiff::SignedDuration;
use runtime::Clock;
use runtime::health::{Check, ClockCheck};
use sqlx::{AssertSqlSafe, PgPool};
use testing::Scratch;

/// A connection to a database whose clock is `ahead`: a function of that name, found before the real one.
async fn ahead(scratch: &Scratch, ahead: &str) -> PgPool {
    let shadow = format!(
        "CREATE SCHEMA skewed;
         CREATE FUNCTION skewed.clock_timestamp() RETURNS timestamptz LANGUAGE sql
         AS $$ SELECT pg_catalog.clock_timestamp() + interval '{ahead}' $$"
    );
    sqlx::raw_sql(AssertSqlSafe(shadow)).execute(&scratch.pool).await.unwrap();
    let options = scratch.pool.connect_options().as_ref().clone();
    PgPool::connect_with(options.options([("search_path", "skewed,pg_catalog")])).await.unwrap()
}

#[tokio::test]
async fn time_is_the_databases() {
    for (skew, ready) in [("0", true), ("-300 ms", true), ("700 ms", false), ("-3 days", false)] {
        let scratch = Scratch::empty().await;
        let (clock, untouched) = (Clock::new(), Clock::new());
        let measured = clock.compare(&ahead(&scratch, skew).await).await.unwrap();

        let shift = clock.now().duration_since(untouched.now());
        assert!(
            (shift - measured).abs() < SignedDuration::from_millis(100),
            "{skew}: moved by {shift}"
        );
        let named: i64 = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT (extract(EPOCH FROM interval '{skew}') * 1000)::bigint"
        )))
        .fetch_one(&scratch.pool)
        .await
        .unwrap();
        let error = measured - SignedDuration::from_millis(named);
        assert!(error.abs() < SignedDuration::from_millis(100), "{skew}: measured {measured}");

        let found = ClockCheck { clock }.check().await;
        assert_eq!(found.is_ok(), ready, "{skew}: {found:?}");
    }
}

#[tokio::test]
async fn a_test_that_moves_time_is_still_ready() {
    let clock = Clock::new();
    clock.correct(SignedDuration::from_hours(24));
    assert_eq!(ClockCheck { clock }.check().await, Ok(()));
}
