//! A bookkeeping job and a door of the club, from the first key to the last.
use std::time::Duration;

use acceptance::{Client, PASSWORD, Stack, in_days};
use serde_json::{Value, json};
use testing::eventually;

const PATH: &str = "/v1/service-accounts";
/// What a second can be on a machine that does everything at once.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_program_does_its_work_with_one_key_after_another_and_auditors_see_it() {
    let stack = Stack::demo().await;
    let anyone = stack.client();
    let admin = anyone.login("admin", PASSWORD).await;
    let body = json!({ "name": "Door", "scopes": ["desk", "audit"], "venues": ["riverside"] });
    let id = admin.post(PATH, body).await.expect(201).text("id");
    let keys = format!("{PATH}/{id}/keys");
    let first = admin.post(&keys, json!({})).await.expect(201);
    let expiring = json!({ "expires_at": format!("{}T00:00:00Z", in_days(30)) });
    let second = admin.post(&keys, expiring).await.expect(201);

    let listed = admin.get_after(PATH, &second.position()).await.expect(200);
    let account = &listed.body["items"][0];
    assert_eq!((&account["id"], &account["name"]), (&json!(id), &json!("Door")));
    assert_eq!(
        (&account["scopes"], &account["venues"]),
        (&json!(["desk", "audit"]), &json!(["riverside"]))
    );
    let ids: Vec<&Value> = keys_of(account).iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [&first.body["id"], &second.body["id"]]);
    assert_eq!(keys_of(account)[0]["expires_at"], json!(null));
    assert!(keys_of(account)[1]["expires_at"].is_string(), "{account}");
    for key in [&first, &second] {
        assert!(!listed.body.to_string().contains(&key.text("key")[36..]), "{}", listed.body);
    }
    let one = admin.get(&format!("{PATH}/{id}")).await.expect(200);
    assert_eq!((&one.body, one.header("etag").as_deref()), (account, Some("\"2\"")));

    let door = anyone.with_token(&first.text("key"));
    let found = door.get(&Client::search_path("riverside", 6, "09:00", "10:00")).await.expect(200);
    let mut place = Client::place(&found, 0);
    place["for"] = json!({ "guest": { "name": "Eva" } });
    let held = door.hold("door", &place).await.expect(201);
    let sheet = format!("/v1/venues/riverside/days/{}/sheet", in_days(6));
    let sheet = door.get_after(&sheet, &held.position()).await.expect(200);
    assert!(sheet.body.to_string().contains(&held.text("id")), "{}", sheet.body);
    let own = door.get_after("/v1/bookings", &held.position()).await.expect(200);
    let venues = own.body["items"].as_array().expect("bookings").iter().map(|it| &it["venue"]);
    assert!(venues.clone().all(|it| it == "riverside") && 0 < venues.count(), "{}", own.body);
    let booking = format!("/v1/bookings/{}", held.text("id"));
    let shown = door.get(&booking).await.expect(200);
    assert_eq!(shown.body["history"][0]["actor"], json!(format!("service:{id}")));
    let elsewhere = format!("/v1/venues/harbour/days/{}/sheet", in_days(6));
    assert_eq!(door.get(&elsewhere).await.expect(404).problem(), "not-found");
    for path in ["/v1/me", "/v1/sessions", "/v1/me/export", "/v1/users", PATH, "/v1/timers"] {
        assert_eq!(door.get(path).await.expect(403).problem(), "forbidden", "{path}");
    }

    // It may read the audit, and is itself recorded there.
    let actions = format!("/v1/audit/actions?by=service&actor={id}");
    let seen = door.get_after(&actions, &held.position()).await.expect(200);
    assert_eq!(seen.body["items"][0]["kind"], "booking.held", "{}", seen.body);
    let read = async || {
        let seen = door.get(&actions).await.expect(200);
        seen.body["items"][0]["kind"] == "audit.read"
    };
    eventually("its reading is an action", SOON, read).await;
    let made = admin.get("/v1/audit/actions?kind=service-account").await.expect(200);
    let made = made.body["items"].as_array().expect("actions");
    let kinds: Vec<&Value> = made.iter().map(|it| &it["kind"]).collect();
    let issued = "service-account.key-issued";
    assert_eq!(kinds, [issued, issued, "service-account.created"]);
    assert!(made.iter().all(|it| it["about"] == json!(id)), "{made:?}");

    admin.delete(&format!("{keys}/{}", first.text("id"))).await.expect(204);
    let over = async || door.get(&booking).await.status == 401;
    eventually("the first key is over", SOON, over).await;
    let door = anyone.with_token(&second.text("key"));
    door.get(&booking).await.expect(200);
    let gone = admin.delete(&format!("{PATH}/{id}")).await.expect(204);
    let over = async || door.get(&booking).await.status == 401;
    eventually("the account is gone", SOON, over).await;
    let listed = admin.get_after(PATH, &gone.position()).await.expect(200);
    assert_eq!(listed.body["items"], json!([]));
    let log = stack.process.log();
    for key in [&first, &second] {
        assert!(!log.contains(&key.text("key")[36..]), "a key is in no log");
    }
}

fn keys_of(account: &Value) -> &Vec<Value> {
    account["keys"].as_array().expect("keys")
}
