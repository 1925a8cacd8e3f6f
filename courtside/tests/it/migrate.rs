//! `courtside migrate` as operators run it, and kill it.
use std::collections::BTreeMap;
use std::time::Duration;

use runtime::migrations;
use serde_json::{Value, json};
use testing::{Scratch, eventually};
use tokio::process::Command;

const SOON: Duration = Duration::from_mins(1);

struct World {
    log: Scratch,
    read: Scratch,
    settings: BTreeMap<&'static str, String>,
}

impl World {
    /// Four databases with nothing in them, of which two are the same.
    async fn new() -> Self {
        let (log, read) = (Scratch::empty().await, Scratch::empty().await);
        let settings = BTreeMap::from([
            ("EVENT_STORE_URL", log.url.clone()),
            ("VAULT_DATABASE_URL", log.url.clone()),
            ("READ_DATABASE_URL", read.url.clone()),
            ("EDGE_DATABASE_URL", read.url.clone()),
            ("AMQP_URL", "amqp://127.0.0.1:1/%2f".to_owned()),
        ]);
        Self { log, read, settings }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_courtside"));
        command.arg("migrate").args(arguments).env_clear().envs(&self.settings);
        command.kill_on_drop(true);
        command
    }

    async fn migrate(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = self.command(arguments).output().await.expect("the binary runs");
        let [out, err] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
        (output.status.code(), out, err)
    }

    async fn rows(&self, arguments: &[&str]) -> Vec<Value> {
        let (_, out, err) = self.migrate(&[arguments, &["--json"]].concat()).await;
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"))
    }
}

#[tokio::test]
async fn what_would_be_done_is_told_then_done_then_verified() {
    let world = World::new().await;
    let only = ["--only", "log"];
    let planned = world.rows(&["--dry-run", only[0], only[1]]).await;
    let is =
        |state: &'static str| move |it: &Value| it["state"] == state && it["database"] == "log";
    assert!(!planned.is_empty() && planned.iter().all(is("pending")), "{planned:?}");
    let (code, _, err) = world.migrate(&["--verify", only[0], only[1]]).await;
    assert_eq!((code, err.contains("run courtside migrate")), (Some(1), true), "{err}");
    let there: Option<String> = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations')::text")
        .fetch_one(&world.log.pool)
        .await
        .unwrap();
    assert_eq!(there, None, "neither has changed anything");

    let applied = world.rows(&only).await;
    assert_eq!(applied.len(), planned.len());
    let (code, out, _) = world.migrate(&["--verify", only[0], only[1]]).await;
    assert_eq!((code, out.trim()), (Some(0), "there is nothing to apply"));
    let listed = world.rows(&["--list", only[0], only[1]]).await;
    assert!(listed.len() == applied.len() && listed.iter().all(is("applied")), "{listed:?}");
    // The other database was left alone.
    assert!(
        world.rows(&["--list", "--only", "read"]).await.iter().all(|it| it["state"] == "pending")
    );

    let run = async |sql: &'static str| sqlx::query(sql).execute(&world.log.pool).await.unwrap();
    run("INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time
         FROM _sqlx_migrations WHERE version = 1").await;
    let listed = world.rows(&["--list", only[0], only[1]]).await;
    let later = json!({ "database": "log", "migration": "9999", "state": "unknown" });
    assert_eq!(listed.last(), Some(&later));
    assert_eq!(
        world.migrate(&["--verify", only[0], only[1]]).await.0,
        Some(0),
        "a later build's is no fault"
    );
    run("UPDATE _sqlx_migrations SET checksum = 'otherwise' WHERE version = 1").await;
    for how in ["--verify", "--dry-run"] {
        let (code, _, err) = world.migrate(&[how, only[0], only[1]]).await;
        assert_eq!((code, err.contains("in another shape")), (Some(1), true), "{err}");
    }
}

#[tokio::test]
async fn a_migration_that_fails_is_one_sentence_and_changes_nothing() {
    let world = World::new().await;
    migrations::apply(&world.read.pool, &migrations::READ).await.unwrap();
    let run = async |sql: &'static str| sqlx::query(sql).execute(&world.read.pool).await.unwrap();
    // As if the last two were still to come, and somebody had made what the second wants to make.
    run("DELETE FROM _sqlx_migrations WHERE version = 202").await;
    let before = testing::dump::dump(&world.read.url).await;
    let (code, out, err) = world.migrate(&["--only", "read"]).await;
    assert_eq!(code, Some(3), "{out}{err}");
    let says = "0202_outbox failed in the database of READ_DATABASE_URL and changed nothing there";
    assert!(err.contains(says) && err.contains("already exists"), "{err}");
    assert_eq!(err.trim().lines().count(), 1, "{err}");
    assert_eq!(testing::dump::dump(&world.read.url).await, before);
}

/// The one that is killed waits for a table: it has the lock of migrations, and its server would keep that for as long as the
/// table is held.
#[tokio::test]
async fn a_killed_runner_keeps_no_lock() {
    let world = World::new().await;
    migrations::apply(&world.read.pool, &migrations::READ).await.unwrap();
    let mut holder = world.read.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE _sqlx_migrations").execute(&mut *holder).await.unwrap();
    let locks = async || -> i64 {
        let held = sqlx::query_scalar(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
             WHERE locktype = 'advisory' AND granted AND datname = current_database()",
        );
        held.fetch_one(&world.read.pool).await.unwrap()
    };
    let mut killed = world.command(&["--only", "read"]).spawn().expect("the binary runs");
    eventually("it has the lock", SOON, async || locks().await == 1).await;
    killed.kill().await.unwrap();
    eventually("the lock is gone with it", SOON, async || locks().await == 0).await;
    holder.rollback().await.unwrap();
    let (code, out, err) = world.migrate(&["--only", "read"]).await;
    assert_eq!((code, out.trim()), (Some(0), "there is nothing to apply"), "{err}");
}
