//! `copy`, killed and begun again.
use std::sync::Arc;
use std::time::Duration;

use event_store::eventstoredb::EventStoreDb;
use event_store::log::STREAM;
use event_store::{Store, StreamEvent};
use serde_json::Value;
use testing::{Scratch, eventually};
use tokio::process::Command;
use tokio::task::JoinSet;

use crate::double::Double;
use crate::events::world::{Told, append, command, courtside, log, opened};

const LONG: Duration = Duration::from_mins(1);

const STREAMS: u64 = 40;

/// Streams that grow together, so that hardly two events of one stand behind each other: about as many appends.
async fn fill(store: &Store, events: u64) {
    let mut writers = JoinSet::new();
    for n in 0..STREAMS {
        let store = store.clone();
        writers.spawn(async move {
            for revision in 0..events / STREAMS {
                append(&store, &format!("claim-{n}"), revision, "claim.released.v1", RELEASED)
                    .await;
            }
        });
    }
    writers.join_all().await;
}

const RELEASED: &[u8] = br#"{"user":"00000000-0000-0000-0000-000000000001"}"#;

async fn content(store: &Store) -> Vec<(String, StreamEvent)> {
    let all = store.read_all(0, usize::MAX).await.expect("events");
    let copied = all.into_iter().filter(|it| it.stream != STREAM);
    copied.map(|it| (it.stream.clone(), StreamEvent::from(it))).collect()
}

async fn count(store: &Store) -> usize {
    store.read_all(0, usize::MAX).await.map_or(0, |it| it.len())
}

fn copying(from: &str, to: &str) -> Command {
    command(from, &["events", "copy", "--to", to, "--final", "--json"])
}

/// Copies to the end.
async fn completes(from: &str, source: &Store, to: &str, target: &Store) {
    // Without what says which log it is.
    let events = count(source).await as u64 - 1;
    let found = (count(target).await as u64).saturating_sub(1);
    let told = courtside(from, &["events", "copy", "--to", to, "--final", "--json"]).await;
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""), "{told:?}");
    let [summary] = told.json().try_into().expect("one line");
    let counted = |name: &str| summary[name].as_u64().expect("a count");
    assert_eq!((counted("found"), counted("copied")), (found, events - found), "{summary}");
    assert_eq!((counted("streams"), &summary["complete"]), (STREAMS, &Value::Bool(true)));
    assert_eq!(content(target).await, content(source).await, "whole, once, in order");
}

/// Kills a copy in the middle of a transaction, before each of these positions is the target's for good.
async fn is_killed_before(positions: &[i64], from: &str, to: &Scratch, target: &Store) {
    let run = async |sql: &'static str| sqlx::raw_sql(sql).execute(&to.pool).await.expect("SQL");
    run("CREATE TABLE stop_at (position bigint);
         INSERT INTO stop_at VALUES (0);
         CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.position = (SELECT position FROM stop_at) THEN
                 PERFORM pg_advisory_xact_lock(99);
             END IF;
             RETURN NULL;
         END $$;
         CREATE TRIGGER stop AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION stop()")
    .await;
    for position in positions {
        let stop = sqlx::query("UPDATE stop_at SET position = $1").bind(position);
        stop.execute(&to.pool).await.expect("SQL");
        let mut guard = to.pool.begin().await.expect("a transaction");
        sqlx::query("SELECT pg_advisory_xact_lock(99)").execute(&mut *guard).await.expect("SQL");
        let mut child = copying(from, &to.url).spawn().expect("the binary runs");
        let waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 99 AND NOT granted
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        eventually("the copy stands at an event", LONG, async || {
            let waiting = sqlx::query_scalar::<_, i64>(waits).fetch_one(&to.pool);
            0 < waiting.await.expect("a count")
        })
        .await;
        child.kill().await.expect("SIGKILL");
        guard.rollback().await.expect("it is let go");
        let head = target.head().await.expect("a head");
        assert!(head < position.cast_unsigned(), "{head}: half a transaction was kept");
    }
    run("DROP TRIGGER stop ON events").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_to_postgres_survives_kill_9() {
    let (from, source) = opened().await;
    fill(&source, 2_400).await;
    let (to, target) = log().await;
    is_killed_before(&[300, 1_500, 2_200], &from.url, &to, &target).await;
    assert!(1_000 < count(&target).await, "each went on where the one before had come");
    completes(&from.url, &source, &to.url, &target).await;
    for url in [&from.url, &to.url] {
        let told = courtside(url, &["events", "verify"]).await;
        assert_eq!(told.code, Some(0), "ids are kept, so they are still derived: {}", told.out);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_to_eventstoredb_and_back_survives_kill_9() {
    let (from, source) = opened().await;
    fill(&source, 400).await;
    // The double looks through all that it has for each append: it is slow.
    let double = Double::start().await;
    let target: Store = Arc::new(EventStoreDb::connect(&double.url()).expect("a URL"));
    for _ in 0..3 {
        let before = count(&target).await;
        let mut child = copying(&from.url, &double.url()).spawn().expect("the binary runs");
        eventually("the copy grows", LONG, async || before + 50 < count(&target).await).await;
        child.kill().await.expect("SIGKILL");
        assert!(count(&target).await < 400, "killed in the middle");
    }
    completes(&from.url, &source, &double.url(), &target).await;
    let told = courtside(&double.url(), &["events", "verify"]).await;
    assert_eq!(told.code, Some(0), "{}{}", told.out, told.err);
    let told = courtside(&double.url(), &["events", "stat", "--json"]).await;
    let stat: Value = serde_json::from_str(&told.out).expect("JSON");
    assert_eq!(
        (&stat["events"], &stat["store"]),
        (&Value::from(401), &Value::from("EventStoreDB"))
    );

    let (back, home) = log().await;
    is_killed_before(&[100, 350], &double.url(), &back, &home).await;
    completes(&double.url(), &target, &back.url, &home).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_written_to_is_not_finished_with() {
    let (from, source) = opened().await;
    fill(&source, 1000).await;
    let (to, target) = log().await;
    let writing = tokio::spawn({
        let source = source.clone();
        async move {
            for n in 0.. {
                append(&source, "claim-busy", n, "claim.released.v1", RELEASED).await;
            }
        }
    });
    eventually("somebody writes", LONG, async || 1010 < count(&source).await).await;
    let told = courtside(&from.url, &["events", "copy", "--to", &to.url, "--final"]).await;
    assert_eq!((told.code, told.out.as_str()), (Some(1), ""), "{told:?}");
    assert!(told.err.contains("its writers are not stopped"), "{}", told.err);
    let told = courtside(&from.url, &["events", "copy", "--to", &to.url]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.out.contains("This is a running copy"), "{}", told.out);
    writing.abort();
    let _ = writing.await;
    let told = courtside(&from.url, &["events", "copy", "--to", &to.url, "--final"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.out.contains("the copy is complete"), "{}", told.out);
    assert_eq!(content(&target).await, content(&source).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_place_for_a_copy_is_refused_and_no_password_is_shown() {
    let (from, source) = opened().await;
    append(&source, "claim-a", 0, "claim.released.v1", RELEASED).await;
    let (foreign, store) = log().await;
    append(&store, "claim-b", 0, "claim.released.v1", RELEASED).await;
    let cases = [
        (from.url.as_str(), 1, "both are the same log"),
        (&foreign.url, 1, "revision 0 of claim-b, stands where the source has another"),
        ("postgres://me:secret@[::/log", 3, "--to is neither"),
        ("esdb://me:secret@?x", 3, "--to is neither"),
        ("mysql://me:secret@127.0.0.1/log", 3, "--to is neither"),
    ];
    for (to, code, said) in cases {
        let told = courtside(&from.url, &["events", "copy", "--to", to]).await;
        assert_eq!(told.code, Some(code), "{to}: {told:?}");
        assert!(told.err.contains(said), "{to}: {}", told.err);
        assert_eq!(told.err.lines().count(), 1, "one sentence: {}", told.err);
        is_discreet(&told, to);
    }
    assert_eq!(count(&store).await, 1, "nothing was written there");
}

fn is_discreet(told: &Told, url: &str) {
    let Some((_, password)) = url.split_once('@').and_then(|it| it.0.rsplit_once(':')) else {
        return;
    };
    let all = format!("{}{}", told.out, told.err);
    assert!(password.is_empty() || !all.contains(password), "{all}");
}
