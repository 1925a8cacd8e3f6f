use domain::ids::UserId;
use domain::logins::LoginEvent;
use domain::users::Role;
use event_store::Recorded;
use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;
use vault::Vault;

use crate::world::{PASSWORD, Reply, With, World, post, read_events, registration, request};

const WRONG: &str = "seven lobs before luncheon";
const REFUSED: &str = "401 invalid-credentials";

#[tokio::test]
async fn a_login_answers_with_tokens_that_work() {
    let world = World::new().await;
    world.register("eva").await;
    let reply = world.try_password("eva", PASSWORD).await;
    assert_eq!(reply.summary(), "201");
    assert_eq!(reply.body["token_type"], "Bearer");
    assert_eq!(reply.body["expires_in"], 900);
    assert_eq!(reply.body["refresh_expires_in"], 604_800);
    assert_eq!(
        reply.header("location"),
        Some(format!("/v1/sessions/{}", reply.text("session_id")).as_str())
    );
    assert_eq!(reply.header("cache-control"), Some("no-store"));

    let token = format!("Bearer {}", reply.text("access_token"));
    let who =
        request("DELETE", "/v1/sessions/current", &Value::Null).header("authorization", &token);
    assert_eq!(world.send(who).await.summary(), "204");
}

/// The event that a refusal names: it is in the log, and nothing that a client knows leads from it to its stream.
async fn recorded(world: &World, reply: &Reply) -> Recorded {
    let event: Uuid = reply.header("audit-event").unwrap().parse().unwrap();
    let recorded = world.all().await.into_iter().find(|it| it.id == event).unwrap();
    let request: Uuid = reply.header("x-request-id").unwrap().parse().unwrap();
    assert_eq!(recorded.meta.correlation, request);
    assert_ne!(recorded.meta.command, request, "who knows the command could try the streams");
    recorded
}

/// What a client can tell apart: all but the times and ids of one request.
fn seen(reply: &Reply) -> (u16, Vec<(String, String)>, Value) {
    let headers = reply.headers.iter().filter(|(name, _)| {
        // What is left of the address's quota has gone down by the request before.
        ![
            "audit-event",
            "courtside-position",
            "x-request-id",
            "content-length",
            "date",
            "ratelimit",
        ]
        .contains(&name.as_str())
    });
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    let mut body = reply.body.clone();
    body["instance"] = Value::Null;
    (reply.status, headers, body)
}

#[tokio::test]
async fn wrong_unknown_locked_disabled_and_unverified_look_alike() {
    let world = World::new().await;
    let admin = world.join_as("ada", Role::Admin, &[]).await;
    for name in ["wrong", "locked"] {
        world.register(name).await;
    }
    let disabled = world.register("disabled").await;
    let path = format!("/v1/users/{}/disable", disabled.0);
    assert_eq!(world.send(admin.post(&path, &Value::Null)).await.summary(), "204");
    world.post("/v1/registrations", registration("unverified")).await;
    for _ in 0..5 {
        world.try_password("locked", WRONG).await;
    }

    let before = world.all().await.len();
    let replies = [
        world.try_password("wrong", WRONG).await,
        world.try_password("unknown", PASSWORD).await,
        world.try_password("unknown@example.org", PASSWORD).await,
        world.try_password("locked", PASSWORD).await,
        world.try_password("disabled", PASSWORD).await,
        world.try_password("unverified", PASSWORD).await,
    ];
    for reply in &replies {
        assert_eq!(reply.summary(), REFUSED);
        assert_eq!(seen(reply), seen(&replies[0]));
        assert!(reply.header("courtside-position").is_some());
        assert_eq!(recorded(&world, reply).await.id.get_version_num(), 5);
    }
    let events: Vec<_> = world.all().await[before..].iter().map(|it| it.kind.clone()).collect();
    assert_eq!(
        events,
        [
            "login.failed.v1",
            "login.failed.v1",
            "login.failed.v1",
            "login.refused.v1",
            "login.refused.v1",
            "login.refused.v1",
        ],
        "each is one event"
    );
}

#[tokio::test]
async fn an_attempt_is_recorded_with_where_it_came_from_sealed() {
    let world = World::new().await;
    let eva = world.register("eva").await;
    world.try_password("eva", PASSWORD).await;
    world.try_password("nobody", PASSWORD).await;

    let kek = world.platform.settings.keys.kek.as_ref().unwrap();
    let vault = Vault::new(world.vault.pool.clone(), kek).unwrap();
    let person = (eva.login_stream(), format!("user-{eva}/2026Q4"));
    let nobody = ("login-unknown-2026-11-21".to_owned(), "unknown-2026-11-21".to_owned());
    for (stream, subject) in [person, nobody] {
        let events: Vec<LoginEvent> = read_events(&world, &stream).await;
        let [LoginEvent::Succeeded { from, .. } | LoginEvent::Failed { from, .. }] =
            events.as_slice()
        else {
            panic!("one attempt in {stream}: {events:?}");
        };
        let opened = vault.open(&subject, "address", from.address.as_ref().unwrap()).await.unwrap();
        assert_eq!(opened.as_deref(), Some("198.51.100.7"));
        let opened =
            vault.open(&subject, "user_agent", from.user_agent.as_ref().unwrap()).await.unwrap();
        assert_eq!(opened.as_deref(), Some("story/1"));
        assert_eq!(from.identifier.len(), 64, "the keyed hash of what was typed");
    }
}

#[tokio::test]
async fn ten_thousand_unknown_names_make_one_stream() {
    let world = World::new().await;
    for n in 0..10 {
        world.try_password(&format!("nobody{n}"), PASSWORD).await;
    }
    let streams: std::collections::HashSet<_> = world
        .all()
        .await
        .into_iter()
        .map(|it| it.stream)
        .filter(|it| it.starts_with("login-"))
        .collect();
    assert_eq!(streams, ["login-unknown-2026-11-21".to_owned()].into());
}

/// `new_device` of the newest login.
async fn was_new(world: &World, user: UserId) -> bool {
    let events: Vec<LoginEvent> = read_events(world, &user.login_stream()).await;
    let Some(LoginEvent::Succeeded { device: Some(device), new_device, .. }) = events.last() else {
        panic!("a login: {events:?}")
    };
    assert!(!device.contains("story"), "told apart, and not by name: {device}");
    *new_device
}

#[tokio::test]
async fn a_login_from_another_program_is_told_apart_and_from_a_newer_one_is_not() {
    let world = World::new().await;
    let eva = world.register("eva").await;
    for (program, expected) in [
        ("Walker/1.0 (Linux)", false),
        ("Walker/1.0 (Linux)", false),
        ("Walker/2.13 (Linux)", false),
        ("Walker/2.13 (Windows)", true),
        ("Walker/2.14 (Windows)", false),
        ("Walker/2.14 (Linux)", false),
    ] {
        let login = json!({ "identifier": "eva", "password": PASSWORD });
        let login = post("/v1/sessions", &login).header("user-agent", program);
        assert_eq!(world.send(login).await.summary(), "201");
        assert_eq!(was_new(&world, eva).await, expected, "{program}");
    }
    // Another person's device of the same kind has nothing in common with it.
    let ida = world.join("ida").await;
    assert!(!was_new(&world, ida.user).await);
    let eva = world.events(&eva.login_stream()).await.pop().unwrap().1["device"].clone();
    let ida = world.events(&ida.user.login_stream()).await.pop().unwrap().1["device"].clone();
    assert_ne!(eva, ida);
}

#[tokio::test]
async fn a_flood_under_one_name_waits_in_its_own_lane() {
    let world = World::new().await;
    world.register("eva").await;
    let flood = join_all((0..20).map(|_| world.try_password("nobody", WRONG)));
    let (flood, eva) = futures::join!(flood, world.try_password("eva", PASSWORD));
    assert_eq!(eva.summary(), "201", "another name is not in its way");
    let (tried, sent_away): (Vec<_>, Vec<_>) = flood.iter().partition(|it| it.status == 401);
    assert!(!tried.is_empty() && !sent_away.is_empty());
    for reply in sent_away {
        assert_eq!(
            (reply.summary().as_str(), reply.header("retry-after")),
            ("429 quota-exceeded", Some("1"))
        );
    }
}

#[tokio::test]
async fn a_lock_leaves_sessions_alone_and_an_admin_lifts_it() {
    let world = World::new().await;
    let admin = world.join_as("ada", Role::Admin, &[]).await;
    let eva = world.join("eva").await;
    for _ in 0..5 {
        world.try_password("eva", WRONG).await;
    }
    let refresh = json!({ "refresh_token": eva.refresh_token });
    assert_eq!(world.post("/v1/sessions/refresh", refresh).await.summary(), "200");
    assert_eq!(world.try_password("eva", PASSWORD).await.summary(), REFUSED);

    let path = format!("/v1/users/{}/unlock", eva.user.0);
    assert_eq!(world.send(admin.post(&path, &Value::Null)).await.summary(), "204");
    assert_eq!(world.try_password("eva", PASSWORD).await.summary(), "201");
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_is_no_login_costs_no_attempt() {
    let world = World::new().await;
    let before = world.all().await.len();
    let rows: &[(&str, Value, &str)] = &[
        ("no password",       json!({ "identifier": "eva" }),                                       "400 malformed-request #/password missing-field"),
        ("an empty password", json!({ "identifier": "eva", "password": "" }),                       "422 invalid #/password too-short"),
        ("a novel",           json!({ "identifier": "eva", "password": "x".repeat(129) }),          "422 invalid #/password too-long"),
        ("no name",           json!({ "identifier": "", "password": "x" }),                         "422 invalid #/identifier too-short"),
        ("a long name",       json!({ "identifier": "x".repeat(255), "password": "x" }),            "422 invalid #/identifier too-long"),
        ("one thing more",    json!({ "identifier": "eva", "password": "x", "remember_me": true }), "400 malformed-request #/remember_me unknown-field"),
    ];
    for (case, body, expected) in rows {
        let reply = world.post("/v1/sessions", body.clone()).await;
        assert_eq!(reply.summary(), *expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.all().await.len(), before, "nothing was changed");
}

#[tokio::test]
async fn logins_are_counted_by_the_names_people_know() {
    let world = World::new().await;
    world.register("eva").await;
    world.try_password("eva", WRONG).await;
    world.try_password("eva", PASSWORD).await;
    world.send(post("/v1/registrations", &json!({}))).await;
    let mut text = String::new();
    let registry = world.platform.metrics.registry.lock().unwrap();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    for line in [
        "auth_registration_success_total 1",
        "auth_registration_failure_total 0",
        "auth_registration_duration_ms_count 1",
        "auth_login_success_total 1",
        "auth_login_failure_total 1",
        "auth_login_duration_ms_count 2",
        "bookings_created_total 0",
        "bookings_create_latency_ms_count 0",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
    }
}

#[tokio::test]
async fn two_instances_share_the_quota_of_an_address_and_of_an_identifier() {
    let quotas =
        [("RATE_LIMIT_FACTOR", "1"), ("RATE_LIMIT_IDENTIFIER", "3"), ("HASH_THREADS", "2")];
    let world = World::with(&quotas).await;
    let other = world.another_process().await;
    let attempt =
        |name: &str| post("/v1/sessions", &json!({ "identifier": name, "password": WRONG }));
    let mut answers = Vec::new();
    // Nobody's name costs the same hash as somebody's, and is bounded the same.
    for turn in 0..5 {
        let reply = if turn % 2 == 0 {
            world.send(attempt("nobody")).await
        } else {
            crate::world::send_to(&other, attempt("nobody")).await
        };
        answers.push(reply.summary());
    }
    assert_eq!(answers[..3], [REFUSED; 3]);
    assert_eq!(answers[3..], ["429 quota-exceeded"; 2], "of the identifier");
    let reply = world.send(attempt("nobody")).await;
    assert!(reply.body["detail"].as_str().unwrap().contains("(identifier)"), "{:?}", reply.body);
    assert!(reply.header("retry-after").is_some());

    // Ten in a quarter of an hour, six of which are gone.
    for turn in 0..4 {
        assert_eq!(world.send(attempt(&format!("name{turn}"))).await.summary(), REFUSED, "{turn}");
    }
    let reply = crate::world::send_to(&other, attempt("another")).await;
    assert_eq!(reply.summary(), "429 quota-exceeded");
    assert!(reply.body["detail"].as_str().unwrap().contains("(sign-in)"), "{:?}", reply.body);
    let all = world.all().await;
    let attempts = all.iter().filter(|it| it.kind.starts_with("login.")).count();
    assert_eq!(attempts, 7, "one event for each that was hashed, none for what was refused before");
}
