//! The login history folded again is what the read models show; what somebody has changed in them is found and named.
use std::time::Duration;

use domain::ids::{SessionId, UserId};
use domain::logins::{FailureReason, LoginEvent, Origin};
use domain::sealed::Sealed;
use domain::sessions::{RevocationReason, SessionEvent};
use domain::stored::StoredEvent;
use domain::users::{Role, UserEvent};
use event_store::Store;
use runtime::migrations::READ;
use sqlx::AssertSqlSafe;
use testing::{Scratch, eventually};
use tokio::process::Child;
use uuid::Uuid;

use crate::events::world::{Told, append, command, opened};

const LONG: Duration = Duration::from_mins(1);
const USER: UserId = UserId(Uuid::from_u128(0xA11CE));

/// A projector on a log, and an operator beside it.
struct System {
    log: Scratch,
    store: Store,
    read: Scratch,
    vault: Scratch,
    projector: Vec<Child>,
}

impl System {
    async fn start() -> Self {
        let (log, store) = opened().await;
        let read = Scratch::new(&READ).await;
        let vault = Scratch::new(&vault::MIGRATOR).await;
        let mut system = Self { log, store, read, vault, projector: Vec::new() };
        let child = system.command(&["projector", "--metrics-port", "0"]).spawn();
        system.projector.push(child.expect("the binary runs"));
        system
    }

    fn command(&self, arguments: &[&str]) -> tokio::process::Command {
        let mut command = command(&self.log.url, arguments);
        command.env("READ_DATABASE_URL", &self.read.url).env("VAULT_DATABASE_URL", &self.vault.url);
        command.env("RUN_MIGRATIONS", "false").env("LOG_LEVEL", "error");
        command
    }

    async fn replay(&self) -> Told {
        let output = self.command(&["audit", "replay"]).output().await.expect("the binary runs");
        let text = |it: Vec<u8>| String::from_utf8(it).expect("text");
        Told { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    async fn append(&self, stream: &str, revision: u64, event: &impl StoredEvent) {
        let (kind, data) = event.write().expect("an event can be written");
        append(&self.store, stream, revision, &kind, &data).await;
    }

    async fn run(&self, sql: &str) {
        let statement = AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(statement).execute(&self.read.pool).await.expect("a statement");
    }

    /// What happened at the door, and to the sessions that began there.
    async fn history(&self) {
        let sealed = || Sealed("v1.erased".to_owned());
        let registered = UserEvent::Registered {
            email: sealed(),
            username: sealed(),
            display_name: sealed(),
            phone: None,
            email_claim: "claim-email-1".to_owned(),
            username_claim: "claim-username-1".to_owned(),
            role: Role::Player,
            verification_required: false,
        };
        self.append(&USER.stream(), 0, &registered).await;
        let from = || Origin { address: None, user_agent: None, identifier: "h4sh".to_owned() };
        let at = "2026-03-01T08:00:00.123456Z".parse().expect("a time");
        let failed = LoginEvent::Failed { reason: FailureReason::WrongPassword, from: from(), at };
        let door = USER.login_stream();
        self.append(&door, 0, &failed).await;
        self.append(&door, 1, &LoginEvent::Locked { until: at, failures: 5 }).await;
        self.append(&door, 2, &LoginEvent::Unlocked { reason: Some(sealed()) }).await;
        for (n, session) in
            [1, 2, 3].map(|it| SessionId(Uuid::from_u128(it))).into_iter().enumerate()
        {
            let revision = 3 + n as u64;
            let (device, new_device) = (None, false);
            let succeeded = LoginEvent::Succeeded { session, from: from(), device, new_device };
            self.append(&door, revision, &succeeded).await;
            let started = SessionEvent::Started {
                user: USER,
                epoch: 0,
                nonce: "n".to_owned(),
                refresh_key: "k".to_owned(),
                refresh_until: at,
                ends_at: at,
                factor: false,
            };
            self.append(&session.stream(), 0, &started).await;
        }
        let revoked = SessionEvent::Revoked { reason: RevocationReason::LoggedOut };
        self.append(&SessionId(Uuid::from_u128(1)).stream(), 1, &revoked).await;
        self.append(&USER.stream(), 1, &UserEvent::SessionsRevoked { by: None }).await;
        let refreshed = SessionEvent::Refreshed {
            seq: 1,
            nonce: "m".to_owned(),
            refresh_key: "k".to_owned(),
            refresh_until: at,
            at,
        };
        self.append(&SessionId(Uuid::from_u128(3)).stream(), 1, &refreshed).await;
    }
}

#[tokio::test]
async fn a_row_that_somebody_changed_is_named() {
    let system = System::start().await;
    system.history().await;
    eventually("the read models are there and show the history", LONG, async || {
        system.replay().await.code == Some(0)
    })
    .await;
    let told = system.replay().await;
    assert!(
        told.out.contains("6 lines of the login history, 1 of them locks, and 3 sessions"),
        "{told:?}"
    );

    for (falsify, mend, says) in [
        (
            "UPDATE sessions_b1.sessions SET revoked_at = NULL WHERE id::text LIKE '%2'",
            "UPDATE sessions_b1.sessions SET revoked_at = 'epoch'::timestamptz + interval '60 s' WHERE id::text LIKE '%2'",
            "00000002 differs: revoked_at is 1970-01-01T00:01:00Z by the history, and never in the read model",
        ),
        (
            "UPDATE sessions_b1.sessions SET user_id = id WHERE id::text LIKE '%1'",
            "UPDATE sessions_b1.sessions SET user_id = '00000000-0000-0000-0000-0000000a11ce' WHERE id::text LIKE '%1'",
            "00000001 differs: user is",
        ),
        (
            "UPDATE logins_b1.logins SET outcome = 'refused' WHERE outcome = 'failed'",
            "UPDATE logins_b1.logins SET outcome = 'failed' WHERE outcome = 'refused'",
            "logins differ at",
        ),
        (
            "UPDATE logins_b1.logins SET until = until + interval '1 s' WHERE outcome = 'locked'",
            "UPDATE logins_b1.logins SET until = until - interval '1 s' WHERE outcome = 'locked'",
            "logins differ at",
        ),
        (
            "UPDATE logins_b1.logins SET position = -position WHERE outcome = 'unlocked'",
            "UPDATE logins_b1.logins SET position = -position WHERE outcome = 'unlocked'",
            "which never happened",
        ),
        (
            "CREATE TABLE taken AS SELECT * FROM logins_b1.logins WHERE outcome = 'locked'; \
             DELETE FROM logins_b1.logins WHERE outcome = 'locked'",
            "INSERT INTO logins_b1.logins SELECT * FROM taken",
            "is not in the read model",
        ),
        (
            "CREATE TABLE gone AS SELECT * FROM sessions_b1.sessions WHERE id::text LIKE '%3'; \
             DELETE FROM sessions_b1.sessions WHERE id::text LIKE '%3'",
            "INSERT INTO sessions_b1.sessions SELECT * FROM gone",
            "00000003 is not in the read model",
        ),
    ] {
        system.run(falsify).await;
        let told = system.replay().await;
        assert_eq!(told.code, Some(1), "{falsify}: {told:?}");
        assert!(told.err.contains(says), "{falsify}: {told:?}");
        system.run(mend).await;
    }
    let told = system.replay().await;
    assert_eq!(told.code, Some(0), "{told:?}");
    assert_eq!(system.projector.len(), 1);
}
