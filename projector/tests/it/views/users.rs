use domain::sealed::Sealed;
use domain::users::{ErasureCause, PasswordCause, Role, UserEvent};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::given::{Log, PLAYER, at};
use crate::views::cuts::Bench;

async fn registered(bench: &Bench, name: &str) -> UserEvent {
    let subject = format!("user-{PLAYER}");
    let seal = |field, text: String| {
        let subject = &subject;
        async move {
            let sealed = bench.vault.seal(subject, field, Uuid::from_u128(1), &text).await;
            sealed.expect("a sealed value")
        }
    };
    UserEvent::Registered {
        email: seal("email", format!("{name}@example.org")).await,
        username: seal("username", name.to_owned()).await,
        display_name: seal("display_name", format!("{name}\0Smith")).await,
        phone: None,
        email_claim: "claim-email-1".to_owned(),
        username_claim: "claim-username-1".to_owned(),
        role: Role::Player,
        verification_required: true,
    }
}

fn user(changes: Value) -> Value {
    let mut row = json!({
        "id": PLAYER,
        "email": "alice@example.org",
        "username": "alice",
        "display_name": "alice\u{fffd}Smith",
        "phone": null,
        "role": "player",
        "venues": [],
        "verified": false,
        "disabled": false,
        "registered_at": at(1),
        "revision": 2,
        "second_factor": false,
        "erased": false,
    });
    for (column, value) in changes.as_object().expect("changed columns") {
        row[column] = value.clone();
    }
    json!([row])
}

#[tokio::test]
async fn an_account_is_what_its_events_say() {
    let bench = Bench::of("users").await;
    let stream = format!("user-{PLAYER}");
    let registered = registered(&bench, "alice").await;
    let abandoned = UserEvent::ClaimAbandoned { claim: "claim-x".to_owned(), claim_revision: 0 };
    let cause = PasswordCause::Changed;
    let password = UserEvent::PasswordSet { verifier: Sealed("v".to_owned()), pepper: 1, cause };
    let log = || {
        Log::default()
            .with(&stream, 0, &abandoned)
            .with(&stream, 1, &registered)
            .with(&stream, 1, &password)
    };
    let staff = UserEvent::RoleChanged {
        role: Role::Staff,
        venues: vec!["riverside".parse().expect("a venue")],
        reason: None,
    };
    let check = |claim: &'static str, log: Log, rows: Value| {
        let bench = &bench;
        async move { bench.check(claim, &log.0, "users_v1", rows).await }
    };

    let nobody = Log::default().with(&stream, 0, &abandoned);
    check("an abandoned claim makes nobody", nobody, json!([])).await;
    check("registered", log(), user(json!({}))).await;
    check(
        "verified",
        log().with(&stream, 2, &UserEvent::EmailVerified {}),
        user(json!({ "verified": true, "revision": 3 })),
    )
    .await;
    check(
        "a member of staff",
        log().with(&stream, 2, &staff),
        user(json!({ "role": "staff", "venues": ["riverside"], "revision": 3 })),
    )
    .await;
    check(
        "disabled",
        log().with(&stream, 2, &UserEvent::Disabled { reason: None }),
        user(json!({ "disabled": true, "revision": 3 })),
    )
    .await;
    check(
        "enabled again",
        log().with(&stream, 2, &UserEvent::Disabled { reason: None }).with(
            &stream,
            3,
            &UserEvent::Enabled { reason: None },
        ),
        user(json!({ "revision": 4 })),
    )
    .await;

    let proved = UserEvent::FactorConfirmed { step: 1, recovery: vec![] };
    let removed = UserEvent::FactorRemoved { reason: None };
    let factor = || log().with(&stream, 2, &proved);
    check("a second factor", factor(), user(json!({ "second_factor": true, "revision": 3 }))).await;
    check("taken away", factor().with(&stream, 3, &removed), user(json!({ "revision": 4 }))).await;
    let cause = ErasureCause::Own;
    let asked = UserEvent::ErasureRequested { cause, reason: None };
    let leaving = user(json!({ "erased": true, "revision": 3 }));
    check("on its way out", log().with(&stream, 2, &asked), leaving).await;

    bench.vault.destroy(&stream, None).await.expect("an erasure");
    let erased = json!({ "email": "[erased]", "username": "[erased]", "display_name": "[erased]" });
    check("erased, and rebuilt", log(), user(erased)).await;
}
