//! Forgotten passwords, and codes that never arrived.
use domain::users::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::faulty::{self, Lost};
use crate::world::{PASSWORD, Reply, World, code_for, registration};

const NEW: &str = "an umbrella in the greenhouse";
const WRONG: &str = "seven lobs before luncheon";
const REFUSED: &str = "401 invalid-credentials";
const BAD: &str = "422 bad-token #/token bad-token";

async fn ask(world: &World, email: &str) -> Reply {
    world.post("/v1/password-resets", json!({ "email": email })).await
}

async fn confirm(world: &World, code: &str, password: &str) -> Reply {
    let body = json!({ "token": code, "new_password": password });
    world.post("/v1/password-resets/confirm", body).await
}

#[tokio::test]
async fn a_mailed_code_sets_a_new_password_once_and_ends_every_session() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let asked = ask(&world, "Eva@example.org").await;
    assert_eq!((asked.summary().as_str(), &asked.body), ("202", &json!({ "status": "accepted" })));
    let code = world.mailed_reset(eva.user).await;

    let weak = confirm(&world, &code, "password1234").await;
    assert_eq!(weak.summary(), "422 invalid #/new_password too-weak");
    let done = confirm(&world, &code, NEW).await;
    assert_eq!(done.summary(), "204", "a password that was not taken costs no code");
    assert!(done.header("courtside-position").is_some());
    world.is_out(&eva, "every session ends").await;
    assert_eq!(world.try_password("eva", PASSWORD).await.summary(), REFUSED);
    assert_eq!(world.try_password("eva", NEW).await.summary(), "201");
    let again = confirm(&world, &code, "another umbrella in the shed").await;
    assert_eq!(again.summary(), BAD, "once");
}

/// Claim L3, its second half.
#[tokio::test]
async fn locked_by_guesses_sessions_live_on_and_a_reset_by_mail_lifts_the_lock() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    for _ in 0..5 {
        world.try_password("eva", WRONG).await;
    }
    assert_eq!(world.try_password("eva", PASSWORD).await.summary(), REFUSED, "locked");
    assert!(world.lets_in(&eva).await, "and yet nobody is logged out by guesses");
    let refreshed = world.refresh(&eva.refresh_token).await;
    assert_eq!(refreshed.summary(), "200");

    ask(&world, "eva@example.org").await;
    assert_eq!(
        world.try_password("eva", PASSWORD).await.summary(),
        REFUSED,
        "asking lifts nothing"
    );
    let code = world.mailed_reset(eva.user).await;
    assert_eq!(confirm(&world, &code, NEW).await.summary(), "204");
    assert_eq!(world.try_password("eva", NEW).await.summary(), "201", "the lock is lifted");
    world.is_out(&eva, "the reset ended it").await;
    let last = world.refresh(&refreshed.text("refresh_token")).await;
    assert_eq!(last.summary(), "401 invalid-token");
}

#[tokio::test]
async fn whether_an_address_is_known_shows_nowhere() {
    let world = World::new().await;
    let admin = world.join_as("ada", Role::Admin, &[]).await;
    world.register("eva").await;
    world.post("/v1/registrations", registration("unverified")).await;
    let gone = world.register("gone").await;
    let path = format!("/v1/users/{}/disable", gone.0);
    assert_eq!(world.send(admin.post(&path, &Value::Null)).await.summary(), "204");

    for route in ["/v1/password-resets", "/v1/registrations/resend"] {
        let mut seen = Vec::new();
        let before = world.all().await.len();
        for name in ["eva", "unverified", "gone", "nobody"] {
            let body = json!({ "email": format!("{name}@example.org") });
            let reply = world.post(route, body).await;
            assert!(reply.header("courtside-position").is_some());
            let mut names: Vec<_> = reply.headers.keys().map(ToString::to_string).collect();
            names.sort();
            seen.push((reply.status, reply.body, names));
        }
        assert!(seen.iter().all(|it| *it == seen[0]), "{route}: {seen:?}");
        let events: Vec<_> = world.all().await[before..].iter().map(|it| it.kind.clone()).collect();
        let (yes, no) = ("login.code-requested.v1", "login.code-refused.v1");
        let expected =
            if route.ends_with("resets") { [yes, yes, no, no] } else { [no, yes, no, no] };
        assert_eq!(events, expected, "each is one event");
    }
}

#[tokio::test]
async fn a_code_is_asked_for_three_times_an_hour_at_most() {
    let world = World::new().await;
    let eva = world.register("eva").await;
    for _ in 0..5 {
        assert_eq!(ask(&world, "eva@example.org").await.summary(), "202", "the answer is the same");
    }
    let names = world.names(&eva.login_stream()).await;
    let (yes, no) = ("login.code-requested.v1", "login.code-refused.v1");
    assert_eq!(names, [yes, yes, yes, no, no]);

    let code = world.mailed_reset(eva).await;
    world.later(SignedDuration::from_mins(61));
    assert_eq!(confirm(&world, &code, NEW).await.summary(), BAD, "its time is over");
    ask(&world, "eva@example.org").await;
    assert_eq!(world.names(&eva.login_stream()).await.last().unwrap(), yes);
}

#[tokio::test]
async fn a_code_is_worth_nothing_once_the_account_has_moved_on() {
    let world = World::new().await;
    let admin = world.join_as("ada", Role::Admin, &[]).await;
    for what in ["disable", "revoke-sessions"] {
        let eva = world.register(&format!("eva-{what}")).await;
        ask(&world, &format!("eva-{what}@example.org")).await;
        let code = world.mailed_reset(eva).await;
        let path = format!("/v1/users/{}/{what}", eva.0);
        assert_eq!(world.send(admin.post(&path, &Value::Null)).await.summary(), "204");
        assert_eq!(confirm(&world, &code, NEW).await.summary(), BAD, "{what}");
    }
}

#[tokio::test]
async fn a_code_proves_the_address_it_came_to() {
    let world = World::new().await;
    let before = world.all().await.len();
    world.post("/v1/registrations", registration("eva")).await;
    let eva = world.registered_since(before).await;
    ask(&world, "eva@example.org").await;
    let code = world.mailed_reset(eva).await;
    assert_eq!(confirm(&world, &code, NEW).await.summary(), "204");
    assert_eq!(world.try_password("eva", NEW).await.summary(), "201");
}

/// Cut off after the lock was lifted: the code is still good.
#[tokio::test]
async fn a_reset_that_was_cut_off_is_finished_by_the_same_code() {
    let store = faulty::store();
    let world = World::on(store.clone(), &[]).await;
    let eva = world.join("eva").await;
    for _ in 0..5 {
        world.try_password("eva", WRONG).await;
    }
    ask(&world, "eva@example.org").await;
    let code = world.mailed_reset(eva.user).await;
    store.lose(Lost::Request, "user-");
    assert_eq!(confirm(&world, &code, NEW).await.summary(), "503 outcome-unknown");
    assert_eq!(world.try_password("eva", NEW).await.summary(), REFUSED);
    store.mend();
    assert_eq!(confirm(&world, &code, NEW).await.summary(), "204");
    assert_eq!(world.try_password("eva", NEW).await.summary(), "201");
}

#[tokio::test]
async fn the_verification_mail_comes_again() {
    let world = World::new().await;
    let before = world.all().await.len();
    world.post("/v1/registrations", registration("eva")).await;
    let eva = world.registered_since(before).await;
    let resend = json!({ "email": "eva@example.org" });
    assert_eq!(world.post("/v1/registrations/resend", resend.clone()).await.summary(), "202");
    let (name, asked) = world.events(&eva.login_stream()).await.pop().unwrap();
    assert_eq!(
        (name.as_str(), &asked["purpose"]),
        ("login.code-requested.v1", &json!("verify_email"))
    );

    let code = json!({ "token": world.mailed_code(eva).await });
    assert_eq!(world.post("/v1/registrations/verify", code).await.summary(), "204");
    assert_eq!(world.post("/v1/registrations/resend", resend).await.summary(), "202");
    let last = world.names(&eva.login_stream()).await.pop().unwrap();
    assert_eq!(last, "login.code-refused.v1", "there is nothing left to prove");
}

#[tokio::test]
async fn a_quota_of_codes_is_not_the_quota_of_logins() {
    let world = World::with(&[("RATE_LIMIT_FACTOR", "1"), ("RATE_LIMIT_IDENTIFIER", "2")]).await;
    for expected in ["202", "202", "429 quota-exceeded"] {
        assert_eq!(ask(&world, "nobody@example.org").await.summary(), expected);
    }
    assert_eq!(world.try_password("nobody@example.org", PASSWORD).await.summary(), REFUSED);
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_asks_for_no_code_and_sets_no_password_is_said() {
    let world = World::new().await;
    let eva = world.register("eva").await;
    ask(&world, "eva@example.org").await;
    let code = world.mailed_reset(eva).await;
    let before = world.all().await.len();
    let with = |token: &str| json!({ "token": token, "new_password": NEW });
    let rows: &[(&str, &str, Value, &str)] = &[
        ("no address",     "",         json!({}),                              "400 malformed-request #/email missing-field"),
        ("a number",       "",         json!({ "email": 7 }),                  "400 malformed-request #/email wrong-type"),
        ("null",           "",         json!({ "email": null }),               "400 malformed-request #/email wrong-type"),
        ("a name",         "",         json!({ "email": "eva" }),              "422 invalid #/email malformed"),
        ("empty",          "",         json!({ "email": "" }),                 "422 invalid #/email malformed"),
        ("a novel",        "",         json!({ "email": format!("{}@example.org", "x".repeat(250)) }), "422 invalid #/email too-long"),
        ("two lines",      "",         json!({ "email": "eva@example.org\r\nBcc: all@example.org" }), "422 invalid #/email malformed"),
        ("a NUL",          "",         json!({ "email": "eva@example.org\u{0}" }), "400 malformed-request #/email malformed"),
        ("one thing more", "",         json!({ "email": "eva@example.org", "username": "eva" }), "400 malformed-request #/username unknown-field"),
        ("a list",         "",         json!(["eva@example.org"]),             "400 malformed-request # wrong-type"),
        ("no code",        "/confirm", json!({ "new_password": NEW }),         "400 malformed-request #/token missing-field"),
        ("no password",    "/confirm", json!({ "token": code }),               "400 malformed-request #/new_password missing-field"),
        ("cut short",      "/confirm", with(&code[..85]),                      BAD),
        ("empty",          "/confirm", with(""),                               BAD),
        ("a novel",        "/confirm", with(&"A".repeat(5_000)),               BAD),
        ("odd letters",    "/confirm", with("\u{202e}é\u{7}"),                 BAD),
        ("of nobody",      "/confirm", with(&code_for(eva)),                   BAD),
        ("a long one",     "/confirm", json!({ "token": code, "new_password": "x".repeat(129) }), "422 invalid #/new_password too-long"),
        ("like the name",  "/confirm", json!({ "token": code, "new_password": "eva@example.org" }), "422 invalid #/new_password like-email, #/new_password too-weak"),
        ("one thing more", "/confirm", json!({ "token": code, "new_password": NEW, "user": eva.0 }), "400 malformed-request #/user unknown-field"),
    ];
    for (case, path, body, expected) in rows {
        let reply = world.post(&format!("/v1/password-resets{path}"), body.clone()).await;
        assert_eq!(reply.summary(), *expected, "{case}: {}", reply.body);
        if path.is_empty() {
            let reply = world.post("/v1/registrations/resend", body.clone()).await;
            assert_eq!(reply.summary(), *expected, "resend, {case}: {}", reply.body);
        }
    }
    assert_eq!(world.all().await.len(), before, "nothing was changed");
}
