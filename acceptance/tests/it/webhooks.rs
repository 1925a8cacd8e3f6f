//! A program that is told what happens, and finds the same in the feed.
use std::time::Duration;

use acceptance::{Client, PASSWORD, Receiver, Stack, Told};
use serde_json::{Value, json};
use testing::eventually;

const SOON: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_program_is_told_what_the_feed_has_and_again_when_somebody_wants_it() {
    let stack = Stack::demo().await;
    let anyone = stack.client();
    let (player, admin) =
        (anyone.login("player", PASSWORD).await, anyone.login("admin", PASSWORD).await);
    let receiver = Receiver::start().await;
    let types = json!(["booking.cancelled", "booking.confirmed"]);
    let hook = json!({ "url": receiver.url, "types": types, "description": "the door" });
    let added = admin.post("/v1/webhooks", hook).await.expect(201);
    let id = added.text("id");

    let found =
        player.get(&Client::search_path("riverside", 12, "09:00", "10:00")).await.expect(200);
    let held = player.hold("hooked", &Client::place(&found, 0)).await.expect(201);
    let booking = held.text("id");
    player.booking(&booking, "confirm").await.expect(200);
    let last = player.booking(&booking, "cancel").await.expect(200);
    eventually("both are told", SOON, async || 2 <= receiver.came().len()).await;

    let feed =
        format!("/v1/changes?after={}&types=booking.confirmed,booking.cancelled", held.position());
    let feed = admin.get(&feed).await.expect(200);
    let items = feed.body["items"].as_array().expect("items");
    let of_booking = items.iter().filter(|it| it["data"]["booking"] == json!(booking));
    let mut expected: Vec<Told> = of_booking.map(Told::of).collect();
    let mut ours = receiver.came();
    ours.retain(|it| it.body["data"]["booking"] == json!(booking));
    ours.sort_by(|one, other| one.id.cmp(&other.id));
    expected.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(ours, expected);

    let path = format!("/v1/webhooks/{id}/deliveries?state=delivered");
    let delivered = async || admin.get_after(&path, &last.position()).await.expect(200);
    let count = async || delivered().await.body["items"].as_array().expect("items").len();
    eventually("both are on record", SOON, async || count().await == 2).await;
    let list = delivered().await;
    let it = &list.body["items"][0];
    assert_eq!((&it["attempts"], &it["last_status"]), (&json!(1), &json!(204)), "{it}");
    let delivery = it["id"].as_str().expect("an id");
    let again = format!("/v1/webhooks/{id}/deliveries/{delivery}/redeliver");
    admin.post(&again, json!({})).await.expect(202);
    eventually("it is told again", SOON, async || receiver.came().len() == 3).await;
    let third = &receiver.came()[2];
    assert_eq!(third.id, it["event"].as_str().expect("an id"));
    assert!(ours.contains(third), "the same, under the same id");

    let listed = admin.get("/v1/webhooks").await.expect(200);
    let listed = &listed.body["items"][0];
    assert_eq!((&listed["state"], &listed["types"]), (&json!("active"), &types));
    assert_eq!(listed["secret"], Value::Null, "a secret is not shown again");
    let nobody = "/v1/webhooks/0193a1b2-c3d4-7000-8000-000000000001/deliveries";
    assert_eq!(admin.get(nobody).await.expect(404).problem(), "not-found");
    let wrong = format!("/v1/webhooks/{id}/deliveries?state=lost");
    assert_eq!(admin.get(&wrong).await.expect(400).problem(), "malformed-request");
}
