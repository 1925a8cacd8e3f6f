//! `courtside vault` as operators run it: killed in the middle, and run again.
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::sealed::Sealed;
use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{Expected, Metadata, NewEvent, Store, event_id, open_log};
use jiff::Timestamp;
use testing::{Scratch, eventually};
use tokio::process::{Child, Command};
use uuid::Uuid;
use vault::{Under, Vault};

/// More than the rotation takes in one step.
const PEOPLE: usize = 1_050;
const STEP: usize = 1_000;
const COMMAND: Uuid = Uuid::from_u128(42);
const SOON: Duration = Duration::from_mins(1);

struct World {
    log: Scratch,
    store: Store,
    vault: Scratch,
}

impl World {
    async fn new() -> Self {
        let log = Scratch::new(&MIGRATOR).await;
        let store: Store = Arc::new(PostgresStore::connect(&log.url, 2).expect("a URL"));
        open_log(&store, Uuid::from_u128(7), Timestamp::UNIX_EPOCH).await.expect("a new log");
        Self { log, store, vault: Scratch::new(&vault::MIGRATOR).await }
    }

    /// The vault, with nothing of it in memory.
    fn vault(&self, kek: &str, also: Option<&str>) -> Vault {
        let key = |it: &str| it.repeat(32).into();
        let also = also.map(key);
        Vault::with_also(self.vault.pool.clone(), &key(kek), also.as_ref()).expect("hex")
    }

    /// With `0b` as the key-encryption key, and `0a` as the one on its way out.
    fn command(&self, what: &str) -> Command {
        const NOWHERE: &str = "postgres://nobody@127.0.0.1:1/nothing";
        let mut command = Command::new(env!("CARGO_BIN_EXE_courtside"));
        command.args(["vault", what]).env_clear().env("AMQP_URL", "amqp://127.0.0.1:1");
        command.env("EVENT_STORE_URL", &self.log.url).env("VAULT_DATABASE_URL", &self.vault.url);
        command.env("READ_DATABASE_URL", NOWHERE).env("EDGE_DATABASE_URL", NOWHERE);
        command.env("KEK", "0b".repeat(32)).env("KEK_ALSO", "0a".repeat(32));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true);
        command
    }

    async fn run(&self, what: &str) -> String {
        let (well, said) = self.attempt(what).await;
        assert!(well, "vault {what}: {said}");
        said
    }

    async fn attempt(&self, what: &str) -> (bool, String) {
        let Output { status, stdout, stderr } = self.command(what).output().await.expect("it runs");
        let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        (status.success(), format!("{out}{err}"))
    }

    /// Starts a command that meets the key of `subject` locked, and kills it there, with what it asked of the database.
    async fn killed_at(&self, what: &str, subject: &str) {
        let mut locked = self.vault.pool.begin().await.unwrap();
        let lock = "SELECT key_id FROM data_keys WHERE subject = $1 FOR UPDATE";
        sqlx::query(lock).bind(subject).fetch_one(&mut *locked).await.unwrap();
        let mut child: Child = self.command(what).spawn().unwrap();
        let waiting = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let there = waiting.replace("pg_terminate_backend(pid)", "pid");
        eventually("it waits for the lock", SOON, async || {
            let there = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(there.clone()));
            0 < there.fetch_one(&self.vault.pool).await.unwrap()
        })
        .await;
        child.kill().await.unwrap();
        sqlx::query(waiting).execute(&self.vault.pool).await.unwrap();
        locked.rollback().await.unwrap();
    }

    async fn append(&self, stream: &str, revision: u64, kind: &str, data: &str) {
        let event = NewEvent {
            id: event_id(stream, revision, COMMAND),
            kind: kind.to_owned(),
            data: data.as_bytes().to_vec(),
            meta: Metadata::new(COMMAND, Timestamp::UNIX_EPOCH).actor("system:test"),
        };
        let expected = revision.checked_sub(1).map_or(Expected::NoStream, Expected::Exact);
        self.store.append(stream, expected, vec![event]).await.expect("the event is taken");
    }
}

async fn seal(vault: &Vault, subject: &str) -> Sealed {
    vault.seal(subject, "email", COMMAND, "x").await.unwrap()
}

#[tokio::test]
async fn a_rotation_killed_in_the_middle_goes_on_where_it_was() {
    let world = World::new().await;
    let before = world.vault("0a", None);
    let mut sealed = Vec::new();
    for n in 0..PEOPLE {
        let subject = format!("user-{n}");
        let email = seal(&before, &subject).await;
        sealed.push((subject, email));
    }
    let last = "SELECT subject FROM data_keys ORDER BY key_id DESC LIMIT 1";
    let last: String = sqlx::query_scalar(last).fetch_one(&world.vault.pool).await.unwrap();
    world.killed_at("rotate-kek", &last).await;

    let during = || world.vault("0b", Some("0a"));
    let keys = during().keys_after(None, 10_000).await.unwrap();
    let anew = keys.iter().filter(|it| it.under == Under::Present).count();
    assert_eq!((anew, keys.len()), (STEP, PEOPLE), "one step was done, and the next not at all");
    let vault = during();
    for (subject, email) in &sealed {
        let opened = vault.open(subject, "email", email).await.unwrap();
        assert_eq!(opened.as_deref(), Some("x"), "{subject} opens all the while");
    }

    let said = world.run("rotate-kek").await;
    let (all, left) = (PEOPLE, PEOPLE - STEP);
    assert!(said.contains(&format!("{all} keys and secrets: {left} wrapped anew")), "{said}");
    let after = world.vault("0b", None);
    let (subject, email) = &sealed[0];
    assert_eq!(after.open(subject, "email", email).await.unwrap().as_deref(), Some("x"));
    let said = world.run("rotate-kek").await;
    assert!(said.contains(": 0 wrapped anew"), "{said}");
    let said = world.run("check").await;
    assert!(said.contains("Nothing is wrapped with KEK_ALSO any more"), "{said}");
}

#[tokio::test]
async fn whoever_a_restored_vault_knows_again_is_erased_again_however_often_it_is_killed() {
    let world = World::new().await;
    let people: Vec<String> = (1..=3).map(|it| format!("user-{}", Uuid::from_u128(it))).collect();
    let restored = world.vault("0b", None);
    let mut sealed = Vec::new();
    for person in &people {
        sealed.push(seal(&restored, person).await);
        let asked = r#"{"cause":"own","reason":null}"#;
        world.append(person, 0, "user.erasure-requested.v1", asked).await;
        world.append(person, 1, "user.erased.v1", "{}").await;
    }
    let somebody = seal(&restored, "user-4").await;

    world.killed_at("reconcile", &people[1]).await;
    let destroyed = "SELECT count(*) FROM tombstones";
    let destroyed: i64 = sqlx::query_scalar(destroyed).fetch_one(&world.vault.pool).await.unwrap();
    assert!(destroyed < 3, "the one that was locked is not");
    let still = world.vault("0b", None).open(&people[1], "email", &sealed[1]).await.unwrap();
    assert_eq!(still.as_deref(), Some("x"), "half an erasure is none");

    let said = world.run("reconcile").await;
    let left = 3 - destroyed;
    assert!(said.contains(&format!("3 people were erased; {left} had keys again")), "{said}");
    let said = world.run("reconcile").await;
    assert!(said.contains("3 people were erased; 0 had keys again"), "{said}");
    let vault = world.vault("0b", None);
    for (person, email) in people.iter().zip(&sealed) {
        assert_eq!(vault.open(person, "email", email).await.unwrap(), None, "{person}");
    }
    let opened = vault.open("user-4", "email", &somebody).await.unwrap();
    assert_eq!(opened.as_deref(), Some("x"), "nobody else is");
}

#[tokio::test]
async fn quarters_that_have_ended_are_no_fault_and_end_again_in_a_restored_vault() {
    let world = World::new().await;
    let subject = |person: u128, quarter| format!("user-{}/{quarter}", Uuid::from_u128(person));
    let (restored, mut sealed) = (world.vault("0b", None), Vec::new());
    for (person, quarter) in [(1, "2025Q3"), (2, "2025Q3"), (1, "2025Q4")] {
        let subject = subject(person, quarter);
        let text = seal(&restored, &subject).await;
        sealed.push((subject, text));
    }
    let opened = async || {
        let (vault, mut opened) = (world.vault("0b", None), Vec::new());
        for (subject, text) in &sealed {
            opened.push(vault.open(subject, "email", text).await.unwrap().is_some());
        }
        opened
    };
    let ended = r#"{"before":"2025-10-01"}"#;
    world.append("retention-logins", 0, "retention.logins-ended.v1", ended).await;

    let (well, said) = world.attempt("check").await;
    assert!(
        !well && said.contains("2 keys of addresses and user agents are there again"),
        "{said}"
    );
    world.killed_at("reconcile", &sealed[1].0).await;
    assert!(opened().await[1], "the one that was locked is not destroyed");
    let said = world.run("reconcile").await;
    assert!(said.contains("logins are kept from 2025-10-01 on"), "{said}");
    assert_eq!(opened().await, [false, false, true]);
    let said = world.run("check").await;
    assert!(said.contains("the vault and the log agree"), "time is nobody's erasure: {said}");
}
