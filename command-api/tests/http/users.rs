use command_api::{Steward, StewardError};
use domain::ids::UserId;
use domain::sealed::Sealed;
use domain::users::{Role, User};
use event_store::{Executor, Metadata};
use serde_json::{Value, json};
use uuid::Uuid;
use vault::Vault;

use crate::faulty;
use crate::world::{PASSWORD, Person, With, World, post, send_to};

#[tokio::test]
async fn a_new_role_comes_with_a_new_login() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let ada = world.log_in(eva.user, "ada").await;
    let role = format!("/v1/users/{}/role", eva.user.0);
    let staff = json!({ "role": "staff", "venues": ["riverside"] });
    let changed = world.send(ada.put(&role, &staff)).await;
    assert_eq!(changed.summary(), "204");
    assert!(changed.header("courtside-position").is_some());

    let refresh = json!({ "refresh_token": eva.refresh_token });
    assert_eq!(world.post("/v1/sessions/refresh", refresh).await.summary(), "401 invalid-token");
    let eva = world.log_in(eva.user, "eva").await;
    assert_eq!(
        world.send(eva.put("/v1/venues/riverside/policy", &json!({}))).await.summary(),
        "204"
    );
}

#[tokio::test]
async fn why_is_recorded_with_who_and_nobody_reads_it_in_the_log() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let eva = world.register("eva").await;
    for _ in 0..5 {
        world.try_password("eva", "seven lobs before luncheon").await;
    }
    let said = json!({ "reason": "  asked on the phone " });
    let path = |what: &str| format!("/v1/users/{}/{what}", eva.0);
    for what in ["unlock", "disable", "enable"] {
        assert_eq!(world.send(ada.post(&path(what), &said)).await.summary(), "204", "{what}");
    }
    let role = json!({ "role": "auditor", "reason": "asked on the phone" });
    assert_eq!(world.send(ada.put(&path("role"), &role)).await.summary(), "204");

    let kek = world.platform.settings.keys.kek.as_ref().unwrap();
    let vault = Vault::new(world.vault.pool.clone(), kek).unwrap();
    let all = world.all().await;
    let names =
        ["login.unlocked.v2", "user.disabled.v2", "user.enabled.v2", "user.role-changed.v2"];
    for name in names {
        let event = all.iter().rev().find(|it| it.kind == name).unwrap();
        assert_eq!(event.meta.actor, Some(format!("user:{}", ada.user)), "{name}");
        let data: Value = serde_json::from_slice(&event.data).unwrap();
        let reason = Sealed(data["reason"].as_str().unwrap().to_owned());
        assert!(!reason.0.contains("phone"), "{name}");
        let opened = vault.open(&eva.stream(), "reason", &reason).await.unwrap();
        assert_eq!(opened.as_deref(), Some("asked on the phone"), "{name}");
    }
}

#[tokio::test]
async fn of_two_admins_who_demote_each_other_one_is_left() {
    let world = World::new().await;
    for round in 0..8 {
        let (one, other) = (format!("ada{round}"), format!("bea{round}"));
        let ada = world.join_as(&one, Role::Admin, &[]).await;
        let bea = world.join_as(&other, Role::Admin, &[]).await;
        let demote = |by: &Person, whom: &Person, what: &str| {
            let path = format!("/v1/users/{}/{what}", whom.user.0);
            if what == "role" {
                by.put(&path, &json!({ "role": "player" }))
            } else {
                by.post(&path, &Value::Null)
            }
        };
        let what = if round % 2 == 0 { "role" } else { "disable" };
        let (a, b) = futures::join!(
            world.send(demote(&ada, &bea, "role")),
            world.send(demote(&bea, &ada, what))
        );
        let done = [&a, &b].into_iter().filter(|it| it.status == 204).count();
        assert_eq!(done, 1, "{} and {}", a.summary(), b.summary());
        let refused = if a.status == 204 { b } else { a };
        assert!(
            ["401 unauthenticated", "403 forbidden", "409 last-admin"]
                .contains(&refused.summary().as_str()),
            "{}",
            refused.summary()
        );
    }
}

#[tokio::test]
async fn a_demotion_that_stalls_until_the_role_was_given_back_never_arrives() {
    let store = faulty::store();
    let world = World::on(store.clone(), &[]).await;
    let other = world.another_process().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let bea = world.join_as("bea", Role::Admin, &[]).await;
    let cy = world.join_as("cyd", Role::Admin, &[]).await;
    let role = |of: &Person| format!("/v1/users/{}/role", of.user.0);
    let (player, admin) = (json!({ "role": "player" }), json!({ "role": "admin" }));

    let stall = store.stall(&ada.user.stream());
    let demotion = world.send(bea.put(&role(&ada), &player));
    let meanwhile = async {
        stall.has_come().await;
        let back = send_to(&other, cy.put(&role(&ada), &admin)).await;
        assert_eq!(back.summary(), "204");
        let login = json!({ "identifier": "ada", "password": PASSWORD });
        let ada = Person::of(ada.user, &send_to(&other, post("/v1/sessions", &login)).await);
        for whom in [&bea, &cy] {
            let demoted = send_to(&other, ada.put(&role(whom), &player)).await;
            assert_eq!(demoted.summary(), "204", "one stays, who was given the role back");
        }
        stall.go_on();
    };
    let (demotion, ()) = futures::join!(demotion, meanwhile);
    assert_eq!(demotion.status, 503, "{}", demotion.summary());
    let executor = Executor::new(store);
    let ada = executor.load::<User>(&ada.user.stream()).await.unwrap().state;
    assert!(ada.administers(), "or nobody would");
}

#[tokio::test]
async fn only_an_administrator_can_be_the_one_who_stays() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let bea = world.join_as("bea", Role::Admin, &[]).await;
    let eva = world.join("eva").await;
    let steward = Steward::new(&world.platform).unwrap();
    let demote = async |whom: &Person, witness: Option<UserId>| {
        let meta = Metadata::new(runtime::ids::new(), world.platform.clock.now());
        steward.change_role(whom.user, Role::Player, vec![], None, witness, &meta).await
    };
    for (case, witness) in [
        ("nobody", None),
        ("a player", Some(eva.user)),
        ("themselves", Some(ada.user)),
        ("nobody there", Some(UserId(Uuid::nil()))),
    ] {
        let refused = demote(&ada, witness).await;
        assert!(matches!(refused, Err(StewardError::LastAdmin { .. })), "{case}: {refused:?}");
    }
    demote(&ada, Some(bea.user)).await.unwrap();
    let refused = demote(&bea, Some(ada.user)).await;
    assert!(matches!(refused, Err(StewardError::LastAdmin { .. })), "has left: {refused:?}");
}

#[tokio::test]
async fn who_is_given_the_role_back_can_stay_for_another() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let bea = world.join_as("bea", Role::Admin, &[]).await;
    let role = |of: &Person| format!("/v1/users/{}/role", of.user.0);
    let (player, admin) = (json!({ "role": "player" }), json!({ "role": "admin" }));
    assert_eq!(world.send(ada.put(&role(&bea), &player)).await.summary(), "204");
    assert_eq!(world.send(ada.put(&role(&bea), &admin)).await.summary(), "204");
    let bea = world.log_in(bea.user, "bea").await;
    assert_eq!(world.send(bea.put(&role(&ada), &player)).await.summary(), "204");
    assert_eq!(
        world.names(domain::admins::STREAM).await,
        ["admin.left.v2", "admin.returned.v1", "admin.left.v2"]
    );
}

#[tokio::test]
async fn a_role_changed_since_is_not_put_back_by_a_repetition() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let eva = world.register("eva").await;
    let role = |name: &str| ada.put(&format!("/v1/users/{}/role", eva.0), &json!({ "role": name }));
    assert_eq!(world.send(role("auditor").key("a")).await.summary(), "204");
    assert_eq!(world.send(role("player").key("b")).await.summary(), "204");
    assert_eq!(
        world.send(role("auditor").key("a")).await.header("idempotent-replayed"),
        Some("true")
    );
    assert_eq!(world.events(&eva.stream()).await.last().unwrap().1["role"], "player");
}

#[tokio::test]
async fn sessions_are_revoked_all_at_once() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let eva = world.join("eva").await;
    let tablet = world.log_in(eva.user, "eva").await;
    let path = format!("/v1/users/{}/revoke-sessions", eva.user.0);
    assert_eq!(world.send(ada.post(&path, &Value::Null)).await.summary(), "204");
    for token in [eva.refresh_token, tablet.refresh_token] {
        let reply = world.post("/v1/sessions/refresh", json!({ "refresh_token": token })).await;
        assert_eq!(reply.summary(), "401 invalid-token");
    }
    world.log_in(eva.user, "eva").await;
}

#[tokio::test]
async fn a_disabled_account_is_enabled_again() {
    let world = World::new().await;
    let ada = world.join_as("ada", Role::Admin, &[]).await;
    let eva = world.join("eva").await;
    for what in ["disable", "disable", "enable", "enable"] {
        let path = format!("/v1/users/{}/{what}", eva.user.0);
        assert_eq!(world.send(ada.post(&path, &json!({}))).await.summary(), "204", "{what}");
    }
    world.log_in(eva.user, "eva").await;
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_no_admin_can_do_is_said() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let ada = world.log_in(eva.user, "ada").await;
    let own = world.all().await.iter().find(|it| it.kind == "user.role-changed.v2").unwrap().stream["user-".len()..].to_owned();
    let before = world.all().await.len();
    let on = |id: &str, what: &str| format!("/v1/users/{id}/{what}");
    let (evas, nobody) = (eva.user.0.to_string(), Uuid::nil().to_string());
    let rows = [
        ("unknown role",   ada.put(&on(&evas, "role"), &json!({ "role": "king" })),                            "400 malformed-request #/role malformed"),
        ("unknown venue",  ada.put(&on(&evas, "role"), &json!({ "role": "staff", "venues": ["riverside", "lakeside"] })), "422 invalid #/venues/1 unknown-venue"),
        ("not for staff",  ada.put(&on(&evas, "role"), &json!({ "role": "player", "venues": ["riverside"] })), "422 invalid #/venues only-staff"),
        ("oneself",        ada.put(&on(&own, "role"), &json!({ "role": "player" })),                           "409 own-account"),
        ("oneself",        ada.post(&on(&own, "disable"), &Value::Null),                                       "409 own-account"),
        ("no reason",      ada.post(&on(&evas, "disable"), &json!({ "reason": " " })),                       "422 invalid #/reason too-short"),
        ("a long reason",  ada.post(&on(&evas, "unlock"), &json!({ "reason": "x".repeat(501) })),              "422 invalid #/reason too-long"),
        ("a loud reason",  ada.post(&on(&evas, "enable"), &json!({ "reason": "\u{7}" })),                      "422 invalid #/reason control-character"),
        ("a reason, twice", ada.put(&on(&evas, "role"), &json!({ "role": "player", "why": "x" })),             "400 malformed-request #/why unknown-field"),
        ("nobody",         ada.put(&on(&nobody, "role"), &json!({ "role": "player" })),                        "404 not-found"),
        ("nobody",         ada.post(&on(&nobody, "disable"), &Value::Null),                                    "404 not-found"),
        ("nobody",         ada.post(&on(&nobody, "unlock"), &Value::Null),                                     "404 not-found"),
        ("no id",          ada.post(&on("eva", "unlock"), &Value::Null),                                       "400 malformed-request id malformed"),
        ("not an admin",   eva.put(&on(&evas, "role"), &json!({ "role": "admin" })),                           "403 forbidden"),
        ("not an admin",   eva.post(&on(&evas, "unlock"), &Value::Null),                                       "403 forbidden"),
        ("not an admin",   eva.post(&on(&evas, "disable"), &Value::Null),                                      "403 forbidden"),
        ("not an admin",   eva.post(&on(&evas, "enable"), &Value::Null),                                       "403 forbidden"),
        ("not an admin",   eva.post(&on(&evas, "revoke-sessions"), &Value::Null),                              "403 forbidden"),
    ];
    for (case, request, expected) in rows {
        let reply = world.send(request).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
    }
    assert_eq!(world.all().await.len(), before, "nothing was changed");
}
