//! The log is restored to an earlier point: who followed it stops and says so, and one command mends it.
use testing::eventually;
use uuid::Uuid;

use crate::events::system::{LONG, System, add, position};
use crate::events::world::append;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_is_noticed_and_a_reset_mends_what_followed_it() {
    let system = System::start().await;
    let venue = br#"{"name":"Nord","zone":"UTC","day_starts_at":"04:00:00"}"#;
    append(&system.store, "venue-nord", 0, "venue.opened.v1", venue).await;
    add(&system.store, "01", "kept").await;
    let kept = system.head().await;
    for code in ["02", "03", "04", "05"] {
        add(&system.store, code, "lost").await;
    }
    let all = ["kept", "lost", "lost", "lost", "lost"];
    system.shows("the first rows", &all).await;
    system.all_are("live").await;
    eventually("queries are answered", LONG, async || {
        system.get("").await.starts_with("http/1.1 200")
    })
    .await;
    let seen = position(&system.get("").await);

    system.restore_to(kept).await;
    add(&system.store, "02", "new").await;
    system.all_are("another-log").await;
    eventually("the projector says what to do", LONG, async || {
        let said = std::fs::read_to_string(&system.said).unwrap_or_default();
        said.contains("run `courtside projections reset`")
    })
    .await;
    assert_eq!(system.courts().await, all, "and applies nothing more");
    let told = system.run(&["projections", "list"]).await;
    assert!(told.err.contains("Run `courtside projections reset`"), "{}", told.err);
    let told = system.run(&["projections", "reset"]).await;
    assert_eq!(told.code, Some(1));
    assert!(told.err.contains("availability, bookings, calendars, courts"), "{}", told.err);
    assert!(told.err.ends_with(": say --yes\n"), "{}", told.err);

    let told = system.run(&["projections", "reset", "--yes"]).await;
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""), "{told:?}");
    system.shows("the right rows", &["kept", "new"]).await;
    system.all_are("live").await;
    let told = system.run(&["projections", "reset", "--yes"]).await;
    assert!(told.out.starts_with("every checkpoint is of this log"), "{told:?}");

    let answer = system.get(&seen).await;
    assert!(answer.starts_with("http/1.1 200"), "{seen}: {answer}");
    assert!(answer.contains("courtside-position-reset: true"), "{seen}: {answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_of_another_log_answer_for_that_log_until_they_are_reset() {
    let system = System::start().await;
    add(&system.store, "01", "here").await;
    system.shows("the first rows", &["here"]).await;
    system.all_are("live").await;
    eventually("queries are answered", LONG, async || {
        system.get("").await.starts_with("http/1.1 200")
    })
    .await;
    let here = position(&system.get("").await);

    let exchange = "UPDATE checkpoints SET log_id = '00000000-0000-0000-0000-000000000009'";
    sqlx::query(exchange).execute(&system.read.pool).await.expect("the owner may");
    add(&system.store, "02", "new").await;
    system.all_are("another-log").await;
    let answer = system.get("").await;
    assert!(position(&answer).starts_with("00000000000000000000000000000009-"), "{answer}");
    let answer = system.get(&here).await;
    assert!(answer.starts_with("http/1.1 503"), "{answer}");
    assert!(answer.contains("projection-behind"), "{answer}");

    let told = system.run(&["projections", "reset", "courts", "--yes"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    system.shows("the right rows", &["here", "new"]).await;
    let told = system.run(&["projections", "reset", "nothing", "--yes"]).await;
    assert!(told.err.contains("there is no projection \"nothing\""), "{}", told.err);
    let told = system.run(&["projections", "reset", "--yes"]).await;
    assert!(!told.out.contains("courts:") && told.out.contains("users:"), "{}", told.out);
    system.all_are("live").await;
    let answer = system.get(&here).await;
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    let elsewhere = format!("{}-1", Uuid::from_u128(9).simple());
    assert!(system.get(&elsewhere).await.contains("courtside-position-reset: true"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_that_has_outgrown_its_followers_is_mended_by_resetting_all() {
    let system = System::start().await;
    add(&system.store, "01", "kept").await;
    let kept = system.head().await;
    add(&system.store, "02", "lost").await;
    system.shows("the first rows", &["kept", "lost"]).await;
    system.all_are("live").await;
    // Nobody saw the log while it was shorter: the append came with the restore.
    let mut restore = system.log.pool.begin().await.expect("a transaction");
    let all = format!(
        "ALTER TABLE events DISABLE TRIGGER USER;
         UPDATE events SET stream_id = 'court-03', data = replace(convert_from(data, 'UTF8'), 'lost', 'new')::bytea
         WHERE position > {kept} AND stream_id = 'court-02';
         ALTER TABLE events ENABLE TRIGGER USER"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(all)).execute(&mut *restore).await.expect("the owner may");
    restore.commit().await.expect("done");
    let told = system.run(&["projections", "reset", "--all", "--yes"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    system.shows("the right rows", &["kept", "new"]).await;
}
