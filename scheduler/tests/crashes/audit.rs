//! The login audit's log is kept by schedulers that are killed with `-9`, two at a time.
use acceptance::Process;
use domain::audit::log_stream;
use domain::logins::{LoginCommand, Logins, Origin};
use event_store::Metadata;
use jiff::tz::TimeZone;
use runtime::ids;
use testing::eventually;

use crate::system::{SOON, System, readiness};

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
        let (exported, said) = Process::run(&["audit", "export", "--to", &to], environment).await;
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
