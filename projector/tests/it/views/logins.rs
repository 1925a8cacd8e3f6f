use domain::ids::SessionId;
use domain::logins::{FailureReason, LoginEvent, Origin, RefusalReason};
use domain::sealed::Sealed;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::given::{Log, PLAYER, at, t};
use crate::views::cuts::Bench;

const SESSION: Uuid = Uuid::from_u128(7);

/// A row of the history with `changes`.
fn login(position: u64, minute: i64, outcome: &str, changes: Value) -> Value {
    let mut row = json!({
        "position": position,
        "event_id": Uuid::from_u128(position.into()),
        "at": at(minute),
        "user_id": PLAYER,
        "identifier": null,
        "outcome": outcome,
        "reason": null,
        "ip": null,
        "user_agent": null,
        "session": null,
        "until": null,
    });
    for (column, value) in changes.as_object().expect("changed columns") {
        row[column] = value.clone();
    }
    row
}

async fn from(bench: &Bench, subject: &str, address: &str) -> Origin {
    let command = Uuid::from_u128(1);
    let seal = |field, text| bench.vault.seal(subject, field, command, text);
    Origin {
        address: Some(seal("address", address).await.expect("a sealed address")),
        user_agent: Some(seal("user_agent", "curl/8").await.expect("a sealed agent")),
        identifier: "h4sh".to_owned(),
    }
}

#[tokio::test]
async fn the_history_says_who_from_where_and_what_came_of_it() {
    let bench = Bench::of("logins").await;
    let stream = format!("login-{PLAYER}");
    let home = from(&bench, &format!("user-{PLAYER}/2026Q1"), "192.0.2.1").await;
    let abroad = from(&bench, "unknown-2026-03-01", "2001:db8::1").await;
    let nowhere = Origin { address: None, user_agent: None, identifier: "h4sh".to_owned() };
    let log = Log::default()
        .with(
            &stream,
            1,
            &LoginEvent::Failed {
                reason: FailureReason::WrongPassword,
                from: home.clone(),
                at: t(1),
            },
        )
        .with(&stream, 1, &LoginEvent::Locked { until: t(31), failures: 5 })
        .with(
            &stream,
            2,
            &LoginEvent::Refused { reason: RefusalReason::Locked, from: nowhere.clone() },
        )
        .with(&stream, 3, &LoginEvent::Unlocked { reason: None })
        .with(
            &stream,
            4,
            &LoginEvent::Succeeded {
                session: SessionId(SESSION),
                from: home,
                device: None,
                new_device: false,
            },
        )
        .with(
            "login-unknown-2026-03-01",
            5,
            &LoginEvent::Failed {
                reason: FailureReason::UnknownIdentifier,
                from: abroad,
                at: t(5),
            },
        );
    let home = json!({ "identifier": "h4sh", "ip": "192.0.2.1", "user_agent": "curl/8" });
    let and = |more: Value| {
        let mut row = home.clone();
        row.as_object_mut().expect("columns").extend(more.as_object().expect("columns").clone());
        row
    };
    let rows = json!([
        login(1, 1, "failed", and(json!({ "reason": "wrong_password" }))),
        login(2, 1, "locked", json!({ "until": at(31) })),
        login(3, 2, "refused", json!({ "reason": "locked", "identifier": "h4sh" })),
        login(4, 3, "unlocked", json!({})),
        login(5, 4, "succeeded", and(json!({ "session": SESSION }))),
        login(
            6,
            5,
            "failed",
            and(json!({ "reason": "unknown_identifier", "user_id": null, "ip": "2001:db8::1" }))
        ),
    ]);
    bench.check("everything that can happen at the door", &log.0, "logins_v1", rows).await;
}

#[tokio::test]
async fn what_was_erased_is_not_shown_again() {
    let bench = Bench::of("logins").await;
    let subject = format!("user-{PLAYER}");
    let home = from(&bench, &format!("{subject}/2026Q1"), "192.0.2.1").await;
    let succeeded = LoginEvent::Succeeded {
        session: SessionId(SESSION),
        from: home,
        device: None,
        new_device: false,
    };
    let log = Log::default().with(&format!("login-{PLAYER}"), 1, &succeeded);
    bench.vault.destroy(&subject, None).await.expect("an erasure");
    let erased = json!({ "identifier": "h4sh", "session": SESSION, "ip": "[erased]", "user_agent": "[erased]" });
    let rows = json!([login(1, 1, "succeeded", erased)]);
    bench.check("erased", &log.0, "logins_v1", rows).await;
}

#[tokio::test]
async fn a_value_that_was_tampered_with_is_not_passed_over() {
    let bench = Bench::of("logins").await;
    let from = Origin {
        address: Some(Sealed("nonsense".to_owned())),
        user_agent: None,
        identifier: "h4sh".to_owned(),
    };
    let succeeded = LoginEvent::Succeeded {
        session: SessionId(SESSION),
        from,
        device: None,
        new_device: false,
    };
    let log = Log::default().with(&format!("login-{PLAYER}"), 1, &succeeded);
    bench.refuses("tampered", &log.0, "the event at 1 cannot be applied").await;
}
