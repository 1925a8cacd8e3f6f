use domain::sealed::Sealed;
use domain::users::{Channel, ClockStyle, ErasureCause, Language, Role, UserEvent};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::given::{Log, PLAYER};
use crate::views::cuts::Bench;

fn registered() -> UserEvent {
    let sealed = || Sealed("v1.x".to_owned());
    UserEvent::Registered {
        email: sealed(),
        username: sealed(),
        display_name: sealed(),
        phone: None,
        email_claim: "claim-email-1".to_owned(),
        username_claim: "claim-username-1".to_owned(),
        role: Role::Player,
        verification_required: false,
    }
}

fn row(reminders: &str, number: Option<&str>, revision: u64) -> Value {
    let (language, clock) = if number.is_some() { ("de", "12h") } else { ("en", "24h") };
    json!([{
        "id": PLAYER, "reminders": reminders, "language": language, "clock": clock, "sms_number": number,
        "revision": revision,
    }])
}

#[tokio::test]
async fn preferences_are_what_was_said_last_and_the_number_goes_with_the_person() {
    let bench = Bench::of("preferences").await;
    let stream = format!("user-{PLAYER}");
    let number = bench.vault.seal(&stream, "sms_number", Uuid::from_u128(1), "+491701234567").await;
    let by_sms = UserEvent::PreferencesSet {
        reminders: Channel::Sms,
        language: Language::De,
        clock: ClockStyle::H12,
        sms_number: Some(number.expect("a sealed number")),
    };
    let not_at_all = UserEvent::PreferencesSet {
        reminders: Channel::None,
        language: Language::En,
        clock: ClockStyle::H24,
        sms_number: None,
    };
    let abandoned = UserEvent::ClaimAbandoned { claim: "claim-x".to_owned(), claim_revision: 0 };
    let check = async |claim: &str, log: &Log, rows: Value| {
        bench.check(claim, &log.0, "preferences_v1", rows).await;
    };
    let log = Log::default().with(&stream, 0, &abandoned);
    check("an abandoned claim makes nobody", &log, json!([])).await;
    let log = log.with(&stream, 1, &registered());
    check("whoever said nothing", &log, row("mail", None, 1)).await;
    let log = log.with(&stream, 2, &by_sms);
    check("by SMS", &log, row("sms", Some("+491701234567"), 2)).await;
    let log = log.with(&stream, 3, &UserEvent::EmailVerified {});
    check("the tag is the account's", &log, row("sms", Some("+491701234567"), 3)).await;
    let none = Log(log.0.clone()).with(&stream, 4, &not_at_all);
    check("not at all, and no number", &none, row("none", None, 4)).await;

    let asked = UserEvent::ErasureRequested { cause: ErasureCause::Own, reason: None };
    let log = log.with(&stream, 4, &asked).with(&stream, 5, &UserEvent::Erased {});
    check("erased while it was in clear", &log, row("sms", Some("[erased]"), 5)).await;
    bench.vault.destroy(&stream, None).await.expect("an erasure");
    check("and rebuilt", &log, row("sms", Some("[erased]"), 5)).await;
}
