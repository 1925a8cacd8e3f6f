//! Migrations: once each, by whoever comes first, and never a lock left behind.
use runtime::migrations::{READ, apply, on, pending};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use testing::Scratch;

fn migrator(steps: &[(i64, &str)]) -> Migrator {
    let steps = steps.iter().map(|(version, sql)| {
        let sql = AssertSqlSafe((*sql).to_owned()).into_sql_str();
        Migration::new(
            *version,
            format!("step {version}").into(),
            MigrationType::Simple,
            sql,
            false,
        )
    });
    Migrator::with_migrations(steps.collect())
}

#[tokio::test]
async fn what_is_missing_is_applied_once() {
    let scratch = Scratch::empty().await;
    let missing = pending(&scratch.pool, &READ).await.unwrap();
    assert_eq!(missing[0], "0001_checkpoints");
    let url = scratch.url.clone().into();
    assert_eq!(on("READ_DATABASE_URL", &url, &READ).await.unwrap(), missing);
    assert_eq!(pending(&scratch.pool, &READ).await.unwrap(), Vec::<String>::new());
    assert_eq!(apply(&scratch.pool, &READ).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn ten_runners_at_once_apply_it_once() {
    let scratch = Scratch::empty().await;
    let steps = migrator(&[(1, "CREATE TABLE one (id int)"), (2, "CREATE TABLE two (id int)")]);
    let runs = futures::future::join_all((0..10).map(|_| apply(&scratch.pool, &steps))).await;
    let mut applied: Vec<_> = runs.into_iter().flat_map(Result::unwrap).collect();
    applied.sort();
    assert_eq!(applied, ["0001_step_1", "0002_step_2"]);
}

#[tokio::test]
async fn a_failed_migration_leaves_nothing_and_no_lock() {
    let scratch = Scratch::empty().await;
    let wrong = migrator(&[
        (1, "CREATE TABLE one (id int)"),
        (2, "CREATE TABLE two (id int); SELECT 1 / 0"),
    ]);
    assert!(apply(&scratch.pool, &wrong).await.is_err());
    let right = migrator(&[(1, "CREATE TABLE one (id int)"), (2, "CREATE TABLE two (id int)")]);
    assert_eq!(apply(&scratch.pool, &right).await.unwrap(), ["0002_step_2"]);
}

#[tokio::test]
async fn an_older_version_leaves_newer_migrations_alone_but_no_version_bears_an_edited_one() {
    let scratch = Scratch::empty().await;
    let newer = migrator(&[(1, "CREATE TABLE one (id int)"), (2, "CREATE TABLE two (id int)")]);
    apply(&scratch.pool, &newer).await.unwrap();
    let older = migrator(&[(1, "CREATE TABLE one (id int)")]);
    assert_eq!(apply(&scratch.pool, &older).await.unwrap(), Vec::<String>::new());
    let edited = migrator(&[(1, "CREATE TABLE one (id bigint)")]);
    assert!(matches!(apply(&scratch.pool, &edited).await, Err(MigrateError::VersionMismatch(1))));
}
