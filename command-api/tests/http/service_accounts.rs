//! Programs: their accounts, their keys, and what they may.
use std::time::Duration;

use domain::ids::{SessionId, UserId};
use domain::sealed::Sealed;
use domain::users::Role;
use secrecy::SecretString;
use serde_json::{Value, json};
use testing::eventually;
use uuid::Uuid;
use vault::Vault;

use crate::faulty;
use crate::world::{KEY, Person, Reply, With, World, place, send_to};

const PATH: &str = "/v1/service-accounts";
const SOON: Duration = Duration::from_secs(20);

/// Whoever sends this key.
fn program(key: &str) -> Person {
    let (user, session) = (UserId(Uuid::nil()), SessionId(Uuid::nil()));
    Person { user, session, token: key.to_owned(), refresh_token: String::new() }
}

async fn make(world: &World, admin: &Person, body: Value) -> String {
    let made = world.send(admin.post(PATH, &body)).await;
    assert_eq!(made.summary(), "201", "{}", made.body);
    assert_eq!(made.header("location"), Some(&*format!("{PATH}/{}", made.text("id"))));
    made.text("id")
}

async fn issue(world: &World, admin: &Person, id: &str, body: &Value) -> Reply {
    world.send(admin.post(&format!("{PATH}/{id}/keys"), body)).await
}

/// A venue's program with a key, and who made it.
async fn at_riverside(world: &World, scopes: &[&str]) -> (Person, String, Person) {
    world.open_riverside().await;
    let admin = world.join_as("bea", Role::Admin, &[]).await;
    let body = json!({ "name": "Door", "scopes": scopes, "venues": ["riverside"] });
    let id = make(world, &admin, body).await;
    let key = issue(world, &admin, &id, &Value::Null).await;
    assert_eq!(key.summary(), "201", "{}", key.body);
    (program(&key.text("key")), id, admin)
}

#[tokio::test]
async fn a_program_works_at_its_desk_and_nowhere_else() {
    let world = World::new().await;
    let (door, id, admin) = at_riverside(&world, &["desk"]).await;
    let harbour = json!({ "id": "harbour", "name": "Harbour", "zone": "Europe/Berlin" });
    assert_eq!(world.send(admin.post("/v1/venues", &harbour)).await.summary(), "201");
    let hours = json!({ "week": crate::world::every_day("06:00", "23:00") });
    let set = admin.put("/v1/venues/harbour/hours", &hours);
    assert_eq!(world.send(set).await.summary(), "204");
    world.add_court(&admin, "HB01", "harbour").await;
    let eva = world.join("eva").await;
    let own = world.send(eva.hold("14:00", "15:00", "e1")).await.text("id");
    let other = eva.post("/v1/bookings", &place("HB01", "14:00", "15:00")).key("e2");
    let other = world.send(other).await.text("id");

    let for_guest = |court: &str| {
        let mut body = place(court, "11:00", "12:00");
        body["for"] = json!({ "guest": { "name": "Dora" } });
        body
    };
    let held = world.send(door.post("/v1/bookings", &for_guest("RV01")).key("g1")).await;
    assert_eq!(held.summary(), "201", "{}", held.body);
    let again = world.send(door.post("/v1/bookings", &for_guest("RV01")).key("g1")).await;
    assert_eq!(again.text("id"), held.text("id"), "its commands are its own");
    let all = world.all().await;
    let event = all.iter().rev().find(|it| it.kind.starts_with("booking.held.")).unwrap();
    assert_eq!(event.meta.actor, Some(format!("service:{id}")));

    let confirm = door.post(&format!("/v1/bookings/{own}/confirm"), &Value::Null);
    assert_eq!(world.send(confirm).await.summary(), "200");
    let why = json!({ "refund": "full", "reason": "the lamp is broken" });
    let cancel = door.post(&format!("/v1/bookings/{own}/cancel"), &why);
    assert_eq!(world.send(cancel).await.summary(), "200");
    let events = world.events("courtday-RV01-2026-11-22").await;
    let cancelled = events.iter().rev().find(|it| it.0 == "booking.cancelled.v2").unwrap();
    let reason = Sealed(cancelled.1["cause"]["reason"].as_str().unwrap().to_owned());
    let vault = Vault::new(world.vault.pool.clone(), &SecretString::from(KEY)).unwrap();
    let opened = vault.open(&format!("service-account-{id}"), "reason", &reason).await.unwrap();
    assert_eq!(opened.as_deref(), Some("the lamp is broken"));

    let release = format!("/v1/bookings/{other}/release");
    let (own_hold, series) = (
        place("RV01", "12:00", "13:00"),
        json!({ "court": "RV01",
        "starts_at": "2026-11-22T12:00:00+01:00", "ends_at": "2026-11-22T13:00:00+01:00", "times": 2 }),
    );
    let name = json!({ "name": "Mine" });
    let profile = json!({ "display_name": "Door" });
    let password = json!({ "current_password": crate::world::PASSWORD });
    let role = json!({ "role": "admin" });
    for (case, request, expected) in [
        ("a booking elsewhere", door.post(&release, &Value::Null), "404 not-found"),
        (
            "a guest elsewhere",
            door.post("/v1/bookings", &for_guest("HB01")).key("g2"),
            "403 forbidden",
        ),
        ("for itself", door.post("/v1/bookings", &own_hold).key("g3"), "403 forbidden"),
        ("every week for itself", door.post("/v1/series", &series).key("g4"), "403 forbidden"),
        ("the catalogue", door.patch("/v1/venues/riverside", &name), "403 forbidden"),
        ("a profile", door.patch("/v1/me", &profile), "403 forbidden"),
        ("a calendar", door.post("/v1/me/calendar", &Value::Null), "403 forbidden"),
        ("a second factor", door.post("/v1/me/second-factor", &Value::Null), "403 forbidden"),
        ("being forgotten", door.request("DELETE", "/v1/me", &password), "403 forbidden"),
        ("its session", door.delete("/v1/sessions/current"), "403 forbidden"),
        ("a projection", door.post("/v1/projections/courts/resume", &Value::Null), "403 forbidden"),
        ("a role", door.put(&format!("/v1/users/{}/role", eva.user), &role), "403 forbidden"),
        (
            "another account",
            door.post(PATH, &json!({ "name": "A", "scopes": ["desk"] })),
            "403 forbidden",
        ),
        ("another key", door.post(&format!("{PATH}/{id}/keys"), &Value::Null), "403 forbidden"),
        ("its own end", door.delete(&format!("{PATH}/{id}")), "403 forbidden"),
    ] {
        let answer = world.send(request).await;
        assert_eq!(answer.summary(), expected, "{case}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_programs_catalogue_needs_no_desk() {
    let world = World::new().await;
    let (prices, _, _) = at_riverside(&world, &["catalogue"]).await;
    let name = json!({ "name": "Riverside Park" });
    let renamed = world.send(prices.patch("/v1/venues/riverside", &name)).await;
    assert_eq!(renamed.summary(), "204", "{}", renamed.body);
    let court = json!({ "code": "RV02", "venue": "riverside", "name": "Two", "kind": "tennis",
        "surface": "clay", "indoor": false });
    assert_eq!(world.send(prices.post("/v1/courts", &court)).await.summary(), "201");
    let venue = json!({ "id": "harbour", "name": "Harbour", "zone": "Europe/Berlin" });
    assert_eq!(world.send(prices.post("/v1/venues", &venue)).await.summary(), "403 forbidden");
    let mut body = place("RV01", "11:00", "12:00");
    body["for"] = json!({ "guest": { "name": "Dora" } });
    let held = prices.post("/v1/bookings", &body).key("g1");
    assert_eq!(world.send(held).await.summary(), "403 forbidden");
}

#[tokio::test]
async fn a_key_is_shown_once_and_the_log_cannot_be_used_by_it() {
    let world = World::new().await;
    let (first, id, admin) = at_riverside(&world, &["desk"]).await;
    let path = format!("{PATH}/{id}/keys");
    let ask = async |key: &str, body: &Value| {
        let request = admin.post(&path, body).key(key);
        world.send(request).await
    };
    let never = json!({});
    let second = ask("k2", &never).await;
    assert_eq!(second.summary(), "201");
    assert_eq!(
        ask("k2", &never).await.summary(),
        "409 key-already-issued",
        "its answer was the only one"
    );
    let other = json!({ "expires_at": "2027-01-01T00:00:00Z" });
    let reused = "422 idempotency-key-reused Idempotency-Key reused";
    assert_eq!(ask("k2", &other).await.summary(), reused);
    let third = ask("k3", &other).await;
    assert_eq!(third.summary(), "201");
    assert_eq!(third.body["expires_at"], "2027-01-01T00:00:00Z");
    assert_eq!(ask("k4", &never).await.summary(), "409 too-many-keys");

    let (second, third) = (program(&second.text("key")), program(&third.text("key")));
    for it in [&first, &second, &third] {
        assert!(world.lets_in(it).await, "they overlap");
    }
    let events = world.events(&format!("service-account-{id}")).await;
    let log = json!(events.iter().map(|it| &it.1).collect::<Vec<_>>()).to_string();
    for it in [&first, &second, &third] {
        let secret = &it.token[36..];
        assert!(secret.len() == 43 && !log.contains(secret), "{log}");
    }

    let key = events.iter().find(|it| it.0 == "service-account.key-issued.v1").unwrap();
    let oldest = format!("{path}/{}", key.1["key"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(world.send(admin.delete(&oldest)).await.summary(), "204");
    }
    eventually("a revoked key is over", SOON, async || !world.lets_in(&first).await).await;
    assert!(world.lets_in(&second).await);
    let nobodys = format!("{path}/{}", Uuid::nil());
    assert_eq!(world.send(admin.delete(&nobodys)).await.summary(), "404 not-found");
    assert_eq!(ask("k4", &never).await.summary(), "201", "there is room again");
    for _ in 0..2 {
        assert_eq!(world.send(admin.delete(&format!("{PATH}/{id}"))).await.summary(), "204");
    }
    eventually("the account is over", SOON, async || !world.lets_in(&second).await).await;
    assert_eq!(ask("k5", &never).await.summary(), "404 not-found");
}

#[tokio::test]
async fn a_new_key_counts_at_once_at_every_instance() {
    let world = World::new().await;
    let other = world.another_process().await;
    let (first, id, admin) = at_riverside(&world, &["desk"]).await;
    let probe =
        |it: &Person| it.post("/v1/bookings/2026-11-22-RV01-00000000/release", &Value::Null);
    assert_eq!(send_to(&other, probe(&first)).await.summary(), "404 not-found");
    for _ in 0..2 {
        let key = issue(&world, &admin, &id, &Value::Null).await.text("key");
        assert_eq!(send_to(&other, probe(&program(&key))).await.summary(), "404 not-found");
    }
    let forged = program(&format!("{}{}", &first.token[..36], "A".repeat(43)));
    assert_eq!(send_to(&other, probe(&forged)).await.summary(), "401 unauthenticated");
}

#[tokio::test]
async fn a_change_is_made_to_what_was_seen() {
    let world = World::new().await;
    let (door, id, admin) = at_riverside(&world, &["desk"]).await;
    let path = format!("{PATH}/{id}");
    let patch = |body: &Value, tag: &str| admin.patch(&path, body).header("if-match", tag);
    let audit = json!({ "name": "Auditor", "scopes": ["audit"], "venues": null });
    assert_eq!(
        world.send(patch(&audit, "\"0\"")).await.summary(),
        "412 stale If-Match stale",
        "a key was issued since"
    );
    let changed = world.send(patch(&audit, "\"1\"")).await;
    assert_eq!(changed.summary(), "204", "{}", changed.body);
    assert_eq!(changed.header("etag"), Some("\"2\""));
    let over = async || {
        let release = door.post("/v1/bookings/2026-11-22-RV01-00000000/release", &Value::Null);
        world.send(release).await.summary() == "403 forbidden"
    };
    eventually("it is at no desk any more", SOON, over).await;
    let nobody = admin.patch(&format!("{PATH}/{}", Uuid::nil()), &json!({ "name": "A" }));
    assert_eq!(world.send(nobody).await.summary(), "404 not-found");
    let without = admin.patch(&path, &json!({ "venues": ["riverside"] }));
    assert_eq!(
        world.send(without).await.summary(),
        "422 invalid #/venues no-scope-of-venues",
        "what is not named stays"
    );
}

#[tokio::test]
async fn what_cannot_be_meant_is_said_with_its_place() {
    let world = World::new().await;
    world.open_riverside().await;
    let admin = world.join_as("bea", Role::Admin, &[]).await;
    let staff = world.join_as("stefan", Role::Staff, &["riverside"]).await;
    let many: Vec<String> = (0..201).map(|it| format!("v{it}a")).collect();
    let desk = || json!({ "name": "Door", "scopes": ["desk"] });
    let with = |field: &str, value: Value| {
        let mut body = desk();
        body[field] = value;
        body
    };
    for (body, expected) in [
        (with("name", json!(" ")), "422 invalid #/name bad-name"),
        (with("name", json!("x".repeat(101))), "422 invalid #/name bad-name"),
        (with("name", json!("a\u{1b}[2J")), "422 invalid #/name bad-name"),
        (with("name", json!("a\0")), "400 malformed-request #/name malformed"),
        (with("name", json!(7)), "400 malformed-request #/name wrong-type"),
        (with("scopes", json!([])), "422 invalid #/scopes no-scope"),
        (with("scopes", json!(["users"])), "400 malformed-request #/scopes/0 malformed"),
        (with("scopes", json!(["desk", "Desk"])), "400 malformed-request #/scopes/1 malformed"),
        (with("scopes", json!("desk")), "400 malformed-request #/scopes wrong-type"),
        (with("venues", json!([])), "422 invalid #/venues no-venue"),
        (with("venues", json!(["riverside", "atlantis"])), "422 invalid #/venues/1 unknown-venue"),
        (with("venues", json!(["../riverside"])), "400 malformed-request #/venues/0 malformed"),
        (with("venues", json!(many)), "422 invalid #/venues too-long"),
        (with("role", json!("admin")), "400 malformed-request #/role unknown-field"),
        (json!({ "name": "Door" }), "400 malformed-request #/scopes missing-field"),
    ] {
        assert_eq!(world.send(admin.post(PATH, &body)).await.summary(), expected, "{body}");
    }
    let id = make(&world, &admin, desk()).await;
    for (expiry, expected) in [
        (json!("2026-11-21T10:00:00+01:00"), "422 invalid #/expires_at in-the-past"),
        (json!("tomorrow"), "400 malformed-request #/expires_at malformed"),
        (json!(1_795_363_200), "400 malformed-request #/expires_at wrong-type"),
    ] {
        let body = json!({ "expires_at": expiry });
        assert_eq!(issue(&world, &admin, &id, &body).await.summary(), expected, "{body}");
    }
    let twice = admin.post(PATH, &desk()).key("once");
    let (one, same) =
        (world.send(twice).await, world.send(admin.post(PATH, &desk()).key("once")).await);
    assert_eq!(one.text("id"), same.text("id"), "sent again, it is the same account");
    assert_eq!(same.header("idempotent-replayed"), Some("true"));

    for (who, case) in [(&staff, "staff"), (&program("cs_x"), "nobody")] {
        let refused = world.send(who.post(PATH, &desk())).await.summary();
        let expected = if case == "staff" { "403 forbidden" } else { "401 unauthenticated" };
        assert_eq!(refused, expected, "{case}");
    }
}

#[tokio::test]
async fn no_second_factor_is_asked_of_a_program_and_one_of_whoever_makes_it() {
    let world = World::new().await;
    let (door, id, admin) = at_riverside(&world, &["desk"]).await;
    let mut settings = (*world.platform.settings).clone();
    settings.auth.second_factor_required = Some(true);
    let (strict, _) = world.another_process_with(settings).await;
    let probe = door.post("/v1/bookings/2026-11-22-RV01-00000000/release", &Value::Null);
    assert_eq!(send_to(&strict, probe).await.summary(), "404 not-found");
    let key = admin.post(&format!("{PATH}/{id}/keys"), &Value::Null);
    assert_eq!(send_to(&strict, key).await.summary(), "403 second-factor-required");
}

/// Were their appends one, as those of a repeated command are elsewhere, the slower one would be shown a key that nobody knows.
#[tokio::test]
async fn of_two_requests_under_one_idempotency_key_one_is_shown_a_key_and_it_counts() {
    let store = faulty::store();
    let world = World::on(store.clone(), &[]).await;
    let (_, id, admin) = at_riverside(&world, &["desk"]).await;
    // What keeps one waiting for the other is comfort.
    sqlx::query("DROP TABLE idempotency").execute(&world.edge.pool).await.unwrap();
    let other = world.another_process().await;
    let path = format!("{PATH}/{id}/keys");
    let request = || admin.post(&path, &Value::Null).key("k1");
    let stall = store.stall("service-account-");
    let faster = async {
        stall.has_come().await;
        let answer = send_to(&other, request()).await;
        stall.go_on();
        answer
    };
    let (slow, fast) = futures::join!(world.send(request()), faster);
    assert_eq!(
        (slow.summary().as_str(), fast.summary().as_str()),
        ("409 key-already-issued", "201")
    );
    assert!(world.lets_in(&program(&fast.text("key"))).await);
}
