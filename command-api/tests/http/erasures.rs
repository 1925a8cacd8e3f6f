use domain::users::Role;
use serde_json::{Value, json};
use sha2::Digest;
use testing::eventually;
use uuid::Uuid;

use crate::world::{PASSWORD, Person, With, World, registration};

const SOON: std::time::Duration = std::time::Duration::from_secs(30);

fn erase(person: &Person, password: &str) -> axum::http::Request<axum::body::Body> {
    person.request("DELETE", "/v1/me", &json!({ "current_password": password }))
}

async fn is_out(world: &World, person: &Person) {
    let probe = || person.post("/v1/bookings/2026-11-22-RV01-00000000/release", &Value::Null);
    eventually("the token counts no more", SOON, async || {
        world.send(probe()).await.summary() == "401 unauthenticated"
    })
    .await;
}

#[tokio::test]
async fn who_asks_to_be_erased_is_nobody_from_then_on() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let reply = world.send(erase(&eva, PASSWORD).key("once")).await;
    assert_eq!(reply.summary(), "202");
    assert_eq!(reply.body, json!({ "status": "erasing" }));
    assert!(reply.header("courtside-position").is_some());
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let last = world.events(&eva.user.stream()).await.pop().unwrap();
    assert_eq!(last.0, "user.erasure-requested.v1");
    assert_eq!(last.1, json!({ "cause": "own", "reason": null }));

    is_out(&world, &eva).await;
    let refresh = json!({ "refresh_token": eva.refresh_token });
    assert_eq!(world.post("/v1/sessions/refresh", refresh).await.summary(), "401 invalid-token");
    let unknown = world.try_password("nobody", PASSWORD).await;
    for name in ["eva", "eva@example.org"] {
        let reply = world.try_password(name, PASSWORD).await;
        assert_eq!(reply.summary(), "401 invalid-credentials");
        assert_eq!(reply.body["detail"], unknown.body["detail"]);
    }
    // What the reaction has not given back yet, whoever wants it gives back.
    assert_eq!(world.post("/v1/registrations", registration("eva")).await.summary(), "202");
}

#[tokio::test]
async fn a_token_alone_erases_nobody() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let before = world.names(&eva.user.stream()).await;
    let wrong = "403 wrong-password #/current_password wrong";
    for (guess, code) in [("", "too-short"), (&"x".repeat(129), "too-long")] {
        let said = format!("422 invalid #/current_password {code}");
        assert_eq!(world.send(erase(&eva, guess)).await.summary(), said, "{guess:.20}");
    }
    for _ in 0..5 {
        assert_eq!(world.send(erase(&eva, "another guess")).await.summary(), wrong);
    }
    let names = world.names(&eva.user.login_stream()).await;
    let failed = names.iter().filter(|it| *it == "login.failed.v1").count();
    assert_eq!((failed, names.last().unwrap().as_str()), (5, "login.locked.v1"));
    assert_eq!(
        world.send(erase(&eva, PASSWORD)).await.summary(),
        wrong,
        "the lock counts here too"
    );
    assert_eq!(world.try_password("eva", PASSWORD).await.summary(), "401 invalid-credentials");
    assert_eq!(world.names(&eva.user.stream()).await, before);
    // What the session may do besides it may still do: a lock by guesses sends nobody away.
    let probe = eva.post("/v1/bookings/2026-11-22-RV01-00000000/release", &Value::Null);
    assert_eq!(world.send(probe).await.summary(), "404 not-found");
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_is_no_wish_to_be_erased_is_said_with_its_place() {
    let world = World::new().await;
    let (ada, eva) = (world.join_as("ada", Role::Admin, &[]).await, world.join("eva").await);
    let staff = world.join_as("sam", Role::Staff, &["riverside"]).await;
    let before = world.all().await.len();
    let on = |id: &str| format!("/v1/users/{id}/erase");
    let (evas, adas, nobody) = (eva.user.0.to_string(), ada.user.0.to_string(), Uuid::nil().to_string());
    let because = json!({ "reason": "asked for by post" });
    let me = "/v1/me";
    let rows = [
        ("no body",          eva.request("DELETE", me, &Value::Null),                        "415 unsupported-media-type"),
        ("no password",      eva.request("DELETE", me, &json!({})),                          "400 malformed-request #/current_password missing-field"),
        ("a number",         eva.request("DELETE", me, &json!({ "current_password": 7 })),           "400 malformed-request #/current_password wrong-type"),
        ("more than asked",  eva.request("DELETE", me, &json!({ "current_password": "x", "all": true })), "400 malformed-request #/all unknown-field"),
        ("nobody's token",   crate::world::request("DELETE", me, &json!({ "current_password": PASSWORD })), "401 unauthenticated"),
        ("no reason",        ada.post(&on(&evas), &json!({})),                               "400 malformed-request #/reason missing-field"),
        ("an empty reason",  ada.post(&on(&evas), &json!({ "reason": "  " })),               "422 invalid #/reason too-short"),
        ("a long reason",    ada.post(&on(&evas), &json!({ "reason": "x".repeat(501) })),    "422 invalid #/reason too-long"),
        ("a bell",           ada.post(&on(&evas), &json!({ "reason": "ding\u{7}" })),        "422 invalid #/reason control-character"),
        ("no id",            ada.post(&on("eva"), &because),                                 "400 malformed-request id malformed"),
        ("nobody",           ada.post(&on(&nobody), &because),                               "404 not-found"),
        ("an admin",         ada.post(&on(&adas), &because),                                 "409 still-admin"),
        ("a player",         eva.post(&on(&adas), &because),                                 "403 forbidden"),
        ("oneself, so",      eva.post(&on(&evas), &because),                                 "403 forbidden"),
        ("staff",            staff.post(&on(&evas), &because),                               "403 forbidden"),
    ];
    for (case, request, expected) in rows {
        let reply = world.send(request).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.all().await.len(), before, "nothing was changed");
    assert_eq!(world.send(erase(&ada, PASSWORD)).await.summary(), "409 still-admin");
}

#[tokio::test]
async fn an_admin_erases_somebody_once_and_says_why() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let eva = world.join("eva").await;
    let path = format!("/v1/users/{}/erase", eva.user.0);
    let because = json!({ "reason": "asked for by post" });
    let first = world.send(ada.post(&path, &because).key("once")).await;
    assert_eq!(first.summary(), "202");
    let again = world.send(ada.post(&path, &because).key("once")).await;
    assert_eq!(
        (again.summary().as_str(), again.header("idempotent-replayed")),
        ("202", Some("true"))
    );
    assert_eq!(world.send(ada.post(&path, &because)).await.summary(), "202", "it is so already");
    let other = json!({ "reason": "another" });
    let reused = world.send(ada.post(&path, &other).key("once")).await;
    assert_eq!(reused.summary(), "422 idempotency-key-reused Idempotency-Key reused");

    let asked: Vec<(String, Value)> = world.events(&eva.user.stream()).await;
    let asked: Vec<_> = asked.iter().filter(|it| it.0 == "user.erasure-requested.v1").collect();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].1["cause"], "admin");
    assert!(asked[0].1["reason"].as_str().unwrap().starts_with("v1."), "sealed");
    is_out(&world, &eva).await;
    // What is asked of the account afterwards is asked of nobody.
    let role = format!("/v1/users/{}/role", eva.user.0);
    let admin = json!({ "role": "admin" });
    assert_eq!(world.send(ada.put(&role, &admin)).await.summary(), "404 not-found");
    let disable = format!("/v1/users/{}/disable", eva.user.0);
    assert_eq!(world.send(ada.post(&disable, &Value::Null)).await.summary(), "404 not-found");
}

#[tokio::test]
async fn a_code_from_the_mail_is_worth_nothing_once_the_account_is_erased() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let before = world.all().await.len();
    world.post("/v1/registrations", registration("eva")).await;
    let eva = world.registered_since(before).await;
    let code = world.mailed_code(eva).await;
    let path = format!("/v1/users/{}/erase", eva.0);
    let because = json!({ "reason": "a joke" });
    assert_eq!(world.send(ada.post(&path, &because)).await.summary(), "202");
    let verified = world.post("/v1/registrations/verify", json!({ "token": code })).await;
    assert_eq!(verified.summary(), "422 bad-token #/token bad-token");
}

#[tokio::test]
async fn nobody_holds_a_place_for_somebody_who_is_being_erased() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let desk = world.join_as("sam", Role::Staff, &["riverside"]).await;
    assert_eq!(world.send(erase(&eva, PASSWORD)).await.summary(), "202");
    let mut place = crate::world::place("RV01", "10:00", "11:00");
    place["for"] = json!({ "player": eva.user.0 });
    let reply = world.send(desk.post("/v1/bookings", &place).key("d")).await;
    assert_eq!(reply.summary(), "422 invalid #/for/player unknown-player");
}

/// The password is in no hash either: the edge database is for comfort, and its backups are nobody's concern.
#[tokio::test]
async fn two_wishes_under_one_key_leave_no_trace_of_the_password() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    assert_eq!(world.send(erase(&eva, PASSWORD).key("k")).await.summary(), "202");
    let kept: Vec<u8> = sqlx::query_scalar("SELECT fingerprint FROM idempotency")
        .fetch_one(&world.edge.pool)
        .await
        .unwrap();
    let with = |body: &str| {
        let mut hash = sha2::Sha256::new();
        hash.update(b"DELETE /v1/me\0");
        hash.update(body);
        hash.finalize().to_vec()
    };
    assert_eq!(kept, with(""));
    assert_ne!(kept, with(&json!({ "current_password": PASSWORD }).to_string()));
}
