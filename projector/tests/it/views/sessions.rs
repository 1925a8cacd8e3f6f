use domain::ids::UserId;
use domain::sealed::Sealed;
use domain::sessions::{RevocationReason, SessionEvent};
use domain::users::{PasswordCause, UserEvent};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::given::{Log, PLAYER, at, t};
use crate::views::cuts::Bench;

fn stream(n: u128) -> String {
    format!("session-{}", Uuid::from_u128(n))
}

fn started() -> SessionEvent {
    SessionEvent::Started {
        user: UserId(PLAYER),
        epoch: 0,
        nonce: "n".to_owned(),
        refresh_key: "k".to_owned(),
        refresh_until: t(60),
        ends_at: t(600),
        factor: false,
    }
}

fn session(n: u128, minute: i64, changes: Value) -> Value {
    let mut row = json!({
        "id": Uuid::from_u128(n),
        "user_id": PLAYER,
        "started_at": at(minute),
        "refreshed_at": null,
        "refresh_until": at(60),
        "ends_at": at(600),
        "revoked_at": null,
    });
    for (column, value) in changes.as_object().expect("changed columns") {
        row[column] = value.clone();
    }
    row
}

#[tokio::test]
async fn a_session_lives_until_it_is_revoked() {
    let bench = Bench::of("sessions").await;
    let log = || Log::default().with(&stream(1), 0, &started());
    let refreshed = SessionEvent::Refreshed {
        seq: 1,
        nonce: "m".to_owned(),
        refresh_key: "k".to_owned(),
        refresh_until: t(90),
        at: t(30),
    };
    let revoked = SessionEvent::Revoked { reason: RevocationReason::LoggedOut };
    let check = |claim: &'static str, log: Log, row: Value| {
        let bench = &bench;
        async move { bench.check(claim, &log.0, "sessions_v1", json!([row])).await }
    };
    check("started", log(), session(1, 0, json!({}))).await;
    check(
        "refreshed",
        log().with(&stream(1), 30, &refreshed),
        session(1, 0, json!({ "refreshed_at": at(30), "refresh_until": at(90) })),
    )
    .await;
    check(
        "reused: it ends with the revocation",
        log()
            .with(&stream(1), 30, &refreshed)
            .with(&stream(1), 45, &SessionEvent::ReuseDetected { seq: 0 })
            .with(&stream(1), 45, &revoked),
        session(
            1,
            0,
            json!({ "refreshed_at": at(30), "refresh_until": at(90), "revoked_at": at(45) }),
        ),
    )
    .await;
}

#[tokio::test]
async fn what_ends_all_sessions_ends_those_before_it() {
    let bench = Bench::of("sessions").await;
    let user = format!("user-{PLAYER}");
    let cause = PasswordCause::Changed;
    let password = UserEvent::PasswordSet { verifier: Sealed("v".to_owned()), pepper: 1, cause };
    let log = Log::default()
        .with(&user, 0, &password)
        .with(&stream(1), 1, &started())
        .with(&stream(2), 2, &started())
        .with(&stream(2), 3, &SessionEvent::Revoked { reason: RevocationReason::LoggedOut })
        .with("user-00000000-0000-0000-0000-000000000000", 4, &UserEvent::Disabled { reason: None })
        .with(&user, 5, &UserEvent::SessionsRevoked { by: None })
        .with(&stream(3), 6, &started())
        .with(&user, 7, &UserEvent::Disabled { reason: None })
        .with(&stream(1), 8, &SessionEvent::Revoked { reason: RevocationReason::Limit })
        .with(&stream(4), 9, &started());
    let rows = json!([
        session(1, 1, json!({ "revoked_at": at(5) })),
        session(2, 2, json!({ "revoked_at": at(3) })),
        session(3, 6, json!({ "revoked_at": at(7) })),
        session(4, 9, json!({})),
    ]);
    bench.check("each ends once, the first time", &log.0, "sessions_v1", rows).await;
}
