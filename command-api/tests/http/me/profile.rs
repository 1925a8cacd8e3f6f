use domain::users::{User, UserCommand};
use event_store::Metadata;
use runtime::ids;
use serde_json::{Value, json};
use vault::Vault;

use crate::world::{With, World};

#[tokio::test]
async fn a_profile_is_changed_where_it_is_named_and_sealed() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let first = world.send(eva.patch("/v1/me", &json!({ "display_name": " Dóra 🎾 " }))).await;
    assert_eq!((first.summary().as_str(), first.header("etag")), ("204", Some("\"3\"")));
    let phone = json!({ "phone": "+493012345678", "display_name": "Dóra 🎾" });
    let second = world.send(eva.patch("/v1/me", &phone).header("if-match", "\"3\"")).await;
    assert_eq!((second.summary().as_str(), second.header("etag")), ("204", Some("\"4\"")));
    let stale =
        world.send(eva.patch("/v1/me", &json!({ "phone": null })).header("if-match", "\"3\""));
    assert_eq!(stale.await.summary(), "412 stale If-Match stale");
    let again = world.send(eva.patch("/v1/me", &phone).header("if-match", "\"3\"")).await;
    assert_eq!(again.summary(), "204", "what is so already is no conflict");
    assert_eq!(world.send(eva.patch("/v1/me", &json!({ "phone": null }))).await.summary(), "204");

    let events = world.events(&eva.user.stream()).await;
    let names: Vec<&str> = events[3..].iter().map(|it| it.0.as_str()).collect();
    assert_eq!(names, ["user.renamed.v1", "user.phone-set.v1", "user.phone-set.v1"]);
    let kek = world.platform.settings.keys.kek.as_ref().unwrap();
    let vault = Vault::new(world.vault.pool.clone(), kek).unwrap();
    let sealed = serde_json::from_value(events[3].1["display_name"].clone()).unwrap();
    let name = vault.open(&eva.user.stream(), "display_name", &sealed).await.unwrap();
    assert_eq!(name.as_deref(), Some("Dóra 🎾"));
    assert_eq!(events[5].1["phone"], Value::Null);
}

/// Whether this process has heard of it, or finds out only where the change is decided.
#[tokio::test]
async fn whoever_was_disabled_a_moment_ago_is_told_what_they_are_told_from_now_on() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let disable = UserCommand::Disable { reason: None };
    let meta = Metadata::new(ids::new(), world.platform.clock.now());
    let executor = &world.platform.executor;
    executor.execute::<User>(&eva.user.stream(), disable, &meta).await.unwrap();
    let change = eva.patch("/v1/me", &json!({ "display_name": "Dóra" }));
    assert_eq!(world.send(change).await.summary(), "401 unauthenticated");
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_cannot_be_in_a_profile_is_said() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let before = world.all().await.len();
    let rows: &[(&str, Value, &str)] = &[
        ("no name",      json!({ "display_name": " " }),                "422 invalid #/display_name too-short"),
        ("a null name",  json!({ "display_name": null }),               "400 malformed-request #/display_name wrong-type"),
        ("a novel",      json!({ "display_name": "x".repeat(101) }),    "422 invalid #/display_name too-long"),
        ("a bell",       json!({ "display_name": "Eva\u{7}" }),         "422 invalid #/display_name control-character"),
        ("no number",    json!({ "phone": "030 12345678" }),            "422 invalid #/phone malformed"),
        ("two at once",  json!({ "display_name": "", "phone": "" }),    "422 invalid #/display_name too-short, #/phone malformed"),
        ("a role",       json!({ "role": "admin" }),                    "400 malformed-request #/role unknown-field"),
        ("an address",   json!({ "email": "a@example.org" }),           "400 malformed-request #/email unknown-field"),
        ("a number",     json!({ "phone": 493_012_345_678_i64 }),       "400 malformed-request #/phone wrong-type"),
    ];
    for (case, body, expected) in rows {
        let reply = world.send(eva.patch("/v1/me", body)).await;
        assert_eq!(reply.summary(), *expected, "{case}: {}", reply.body);
    }
    let name = json!({ "display_name": "Eva" });
    let json = eva.patch("/v1/me", &name).header("content-type", "application/json");
    assert_eq!(world.send(json).await.status, 415);
    let mut blind = eva.patch("/v1/me", &name);
    blind.headers_mut().remove("if-match");
    assert_eq!(world.send(blind).await.summary(), "428 if-match-required If-Match missing-header");
    assert_eq!(world.all().await.len(), before, "nothing was changed");
}
