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
    let other =
        "stream_id = 'court-03', data = replace(convert_from(data, 'UTF8'), 'lost', 'new')::bytea";
    regrow(&system, kept, other).await;
    let told = system.run(&["projections", "reset", "--all", "--yes"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    system.shows("the right rows", &["kept", "new"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_only_the_regrown_log_asks_for_is_made_when_all_is_reset() {
    let system = System::start().await;
    add(&system.store, "01", "kept").await;
    let kept = system.head().await;
    add(&system.store, "02", "lost").await;
    system.shows("the first rows", &["kept", "lost"]).await;
    everything_has_read(&system, kept + 1).await;
    let rebuild = Uuid::from_u128(7);
    let asked = format!(
        "stream_id = 'projection-courts', type = 'projection.rebuild-requested.v1',
         data = convert_to('{{\"rebuild\":\"{rebuild}\"}}', 'UTF8')"
    );
    regrow(&system, kept, &asked).await;
    let told = system.run(&["projections", "reset", "--all", "--yes"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    eventually("the rebuild is made", LONG, async || {
        let state = sqlx::query_scalar("SELECT state FROM rebuilds WHERE id = $1").bind(rebuild);
        let state: Option<String> =
            state.fetch_optional(&system.read.pool).await.expect("rebuilds can be read");
        state.as_deref() == Some("switched")
    })
    .await;
    system.shows("the right rows", &["kept"]).await;
    system.all_are("live").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_that_a_restored_log_has_lost_ends_with_the_reset() {
    let system = System::start().await;
    let kept = pause_courts(&system).await;
    system.restore_to(kept).await;
    let told = system.run(&["projections", "reset", "--yes"]).await;
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""), "{told:?}");
    add(&system.store, "02", "new").await;
    system.shows("it goes on", &["kept", "new"]).await;
    system.all_are("live").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_that_the_regrown_log_does_not_know_ends_when_all_is_reset() {
    let system = System::start().await;
    let kept = pause_courts(&system).await;
    let other = r#"stream_id = 'court-02', type = 'court.added.v1', data = convert_to(
        '{"venue":"nord","name":"new","kind":"tennis","surface":"clay","indoor":true}', 'UTF8')"#;
    regrow(&system, kept, other).await;
    let told = system.run(&["projections", "reset", "--all", "--yes"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    system.shows("the right rows", &["kept", "new"]).await;
    system.all_are("live").await;
}

/// Another event in the place of the only one after `position`. Nobody sees the log while it is shorter: the append comes with
/// the restore.
async fn regrow(system: &System, position: i64, other: &str) {
    let mut restore = system.log.pool.begin().await.expect("a transaction");
    let all = format!(
        "ALTER TABLE events DISABLE TRIGGER USER;
         UPDATE events SET {other} WHERE position > {position};
         ALTER TABLE events ENABLE TRIGGER USER"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(all)).execute(&mut *restore).await.expect("the owner may");
    restore.commit().await.expect("done");
}

/// Has an operator pause `courts`, and returns where the log ended before. Everything else has read of it.
async fn pause_courts(system: &System) -> i64 {
    add(&system.store, "01", "kept").await;
    system.shows("the first rows", &["kept"]).await;
    system.all_are("live").await;
    let kept = system.head().await;
    let told = system.run(&["projections", "pause", "courts", "--reason", "a look at it"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    let paused = ("courts".to_owned(), "paused".to_owned());
    eventually("it is paused", LONG, async || system.states().await.contains(&paused)).await;
    everything_has_read(system, kept + 1).await;
    kept
}

/// Waits until whatever is not paused has come so far.
async fn everything_has_read(system: &System, position: i64) {
    let read = "SELECT bool_or(name = 'rebuilds') AND bool_and(
                    $1 <= position OR split_part(name, '@', 1) IN (SELECT projection FROM pauses)
                ) FROM checkpoints";
    eventually("everything has read it", LONG, async || {
        let has_read = sqlx::query_scalar(read).bind(position).fetch_one(&system.read.pool);
        let has_read: Option<bool> = has_read.await.expect("checkpoints can be read");
        has_read == Some(true)
    })
    .await;
}
