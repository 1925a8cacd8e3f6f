//! The login audit's log is kept by schedulers that are killed with `-9`, two at a time.
use acceptance::Process;
use domain::audit::log_stream;
use domain::ids::UserId;
use domain::logins::{LoginCommand, Logins, Origin};
use domain::retention::STREAM;
use event_store::Metadata;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use runtime::{ids, postgres};
use testing::eventually;
use uuid::Uuid;
use vault::Vault;

use crate::crashes::system::{SOON, System, readiness};

/// Somebody tries names that nobody has.
async fn attempts(system: &System, count: usize) {
    for _ in 0..count {
        let at = system.platform.clock.now();
        let from = Origin { address: None, user_agent: None, identifier: "x".to_owned() };
        let stream = format!("login-unknown-{}", at.to_zoned(TimeZone::UTC).date());
        let attempt = LoginCommand::AttemptUnknown { from, at };
        let meta = Metadata::new(ids::new(), at);
        system.platform.executor.execute::<Logins>(&stream, attempt, &meta).await.unwrap();
    }
}

async fn recorded(system: &System, year: i16) -> usize {
    let log = system.platform.store.read_stream(&log_stream(year), 0, 10_000).await;
    log.map_or(0, |it| it.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_schedulers_leave_an_audit_log_without_a_gap_that_can_be_checked() {
    const ROUNDS: usize = 4;
    const EACH: usize = 90;
    let system = System::new().await;
    let year = system.platform.clock.now().to_zoned(TimeZone::UTC).year();
    let mut schedulers = [system.scheduler().await, system.scheduler().await];
    for round in 0..ROUNDS {
        let before = recorded(&system, year).await;
        let dying = &mut schedulers[round % 2];
        // Somewhere between the first of these and the last.
        let (killed, ()) = tokio::join!(
            async {
                eventually("some are recorded", SOON, async || {
                    before < recorded(&system, year).await
                })
                .await;
                dying.kill();
                recorded(&system, year).await
            },
            attempts(&system, EACH)
        );
        println!("round {round}: killed at {killed}");
        dying.restart();
    }
    let all = ROUNDS * EACH;
    eventually("all are recorded", SOON, async || recorded(&system, year).await == all).await;
    let directory = std::env::temp_dir().join(format!("courtside-audit-{}", ids::new()));
    let to = directory.display().to_string();
    let environment = &system.servers.environment;
    let (_, vkey) = Process::run(&["audit", "vkey"], environment).await;
    let checked = async || {
        let _ = std::fs::remove_dir_all(&directory);
        let (exported, said) = Process::run(&["audit", "export", &to], environment).await;
        let arguments = ["audit", "verify", &to, "--vkey", vkey.trim()];
        let (well, verified) = Process::run(&arguments, &[]).await;
        assert!(!exported || well, "{said} {verified}");
        well && verified.contains(&format!("{all} records"))
    };
    eventually("all are signed, and every checkpoint on the way holds", SOON, checked).await;
    let _ = std::fs::remove_dir_all(&directory);
    let (status, said) = readiness(&schedulers[0]).await.unwrap();
    assert_eq!((status, &said["checks"]["audit_log"]["ok"]), (200, &true.into()), "{said}");
    drop(schedulers);
    system.end().await;
}

/// Somebody tried to register with the address of each of these people, from a place sealed under their key of that quarter.
async fn at_the_door_long_ago(system: &System, vault: &Vault, people: u128) {
    let at: Timestamp = "2023-05-01T12:00:00Z".parse().unwrap();
    for user in (1..=people).map(|it| UserId(Uuid::from_u128(it))) {
        let (command, subject) = (ids::new(), Origin::subject(user, at));
        let address = vault.seal(&subject, "address", command, "198.51.100.7").await.unwrap();
        let from = Origin { address: Some(address), user_agent: None, identifier: "x".to_owned() };
        let again = LoginCommand::AttemptRegistration { from, at };
        let meta = Metadata::new(command, at);
        system
            .platform
            .executor
            .execute::<Logins>(&user.login_stream(), again, &meta)
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quarter_that_ends_under_killed_schedulers_ends_once_and_the_audit_still_verifies() {
    const PEOPLE: u128 = 120;
    let system = System::new().await;
    let settings = &system.platform.settings;
    let db = postgres::pool(&settings.vault_database_url, 2).unwrap();
    let vault = Vault::new(db, settings.keys.kek.as_ref().unwrap()).unwrap();
    at_the_door_long_ago(&system, &vault, PEOPLE).await;
    let left = async || {
        vault.count_parts_before("2024Q1").await.unwrap().iter().map(|it| it.1).sum::<u64>()
    };
    assert_eq!(u128::from(left().await), PEOPLE);
    let ended = async || {
        let said = system.platform.store.read_stream(STREAM, 0, 100).await;
        said.map_or(0, |it| it.len())
    };
    let (mut dying, mut other) = tokio::join!(system.scheduler(), system.scheduler());
    eventually("some are destroyed", SOON, async || u128::from(left().await) < PEOPLE).await;
    dying.kill();
    other.kill();
    println!("killed with {} left", left().await);
    dying.restart();
    other.restart();
    eventually("all are destroyed", SOON, async || left().await == 0).await;
    dying.kill();
    dying.restart();
    eventually("the log says so", SOON, async || 0 < ended().await).await;
    let environment = &system.servers.environment;
    let (well, said) = Process::run(&["audit", "retain"], environment).await;
    assert!(well && said.contains("0 keys are destroyed"), "{said}");
    assert_eq!(ended().await, 1, "once");

    let directory = std::env::temp_dir().join(format!("courtside-audit-{}", ids::new()));
    let to = directory.display().to_string();
    let (_, vkey) = Process::run(&["audit", "vkey", "--year", "2023"], environment).await;
    eventually("all is signed, and holds without its keys", SOON, async || {
        let _ = std::fs::remove_dir_all(&directory);
        let export = ["audit", "export", "--year", "2023", &to];
        Process::run(&export, environment).await;
        let (well, said) =
            Process::run(&["audit", "verify", &to, "--vkey", vkey.trim()], &[]).await;
        well && said.contains(&format!("{PEOPLE} records"))
    })
    .await;
    let _ = std::fs::remove_dir_all(&directory);
    let export = ["audit", "export", &to, "--from", "2023-05-01", "--to", "2023-05-02"];
    let (well, said) = Process::run(&export, environment).await;
    assert!(well, "{said}");
    let (well, said) = Process::run(&["audit", "verify", &to, "--vkey", vkey.trim()], &[]).await;
    let part = format!("a part of {PEOPLE} records: numbers 0 to {}", PEOPLE - 1);
    assert!(well && said.contains(&part), "{said}");
    assert!(said.contains("120 are of from 2023-05-01T00:00:00Z on"), "{said}");
    let _ = std::fs::remove_dir_all(&directory);
    drop((dying, other));
    system.end().await;
}
