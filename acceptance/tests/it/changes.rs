//! A program that follows what happens, and one that was away.
use acceptance::{Client, PASSWORD, Stack};
use serde_json::{Value, json};

#[tokio::test]
async fn a_program_is_told_everything_once_and_in_order_however_it_asks() {
    let stack = Stack::demo().await;
    let anyone = stack.client();
    let (player, admin) =
        (anyone.login("player", PASSWORD).await, anyone.login("admin", PASSWORD).await);
    let found =
        player.get(&Client::search_path("riverside", 12, "09:00", "10:00")).await.expect(200);
    let before = player.hold("told-1", &Client::place(&found, 0)).await.expect(201);
    let held = player.hold("told-2", &Client::place(&found, 1)).await.expect(201);
    let booking = held.text("id");
    player.booking(&booking, "confirm").await.expect(200);
    let last = player.booking(&booking, "cancel").await.expect(200);

    let after = format!("/v1/changes?after={}", before.position());
    let told = admin.get(&after).await.expect(200);
    let ours: Vec<&Value> =
        told.items().iter().filter(|it| it["data"]["booking"] == json!(booking)).collect();
    let kinds: Vec<&Value> = ours.iter().map(|it| &it["type"]).collect();
    assert_eq!(kinds, ["booking.held", "booking.confirmed", "booking.cancelled"], "{}", told.body);
    assert_eq!(ours[2]["position"], json!(last.position()), "up to the answer of the command");
    let data = ours[0]["data"].as_object().expect("data");
    assert_eq!(data.keys().collect::<Vec<_>>(), ["booking", "court", "date"], "ids alone");

    // From the beginning, by small pages and by large ones, all or what is asked for: the same, each once.
    let (all, end) = admin.changes("/v1/changes?limit=1000").await;
    assert_eq!(admin.changes("/v1/changes?limit=7&types=venue.opened,court.added").await.0, {
        let wanted = [json!("venue.opened"), json!("court.added")];
        all.iter().filter(|it| wanted.contains(&it["type"])).cloned().collect::<Vec<_>>()
    });
    assert!(!all.is_empty());
    let behind = all.iter().rposition(|it| it["position"] == json!(before.position()));
    let behind = &all[behind.expect("the first hold") + 1..];
    assert_eq!(&behind[..told.items().len()], told.items());

    // Nothing more: it can be asked again and again.
    let end = admin.get(&format!("/v1/changes?after={end}")).await.expect(200);
    assert_eq!(end.body["more"], json!(false));
    let next = end.body["next"].as_str().expect("a URL").to_owned();
    player.booking(&before.text("id"), "release").await.expect(200);
    let more = admin.get(&next).await.expect(200);
    assert!(more.items().iter().any(|it| it["type"] == "booking.released"), "{}", more.body);

    for wrong in ["after=x", "limit=0", "limit=1001", "types=booking.lost", "types=", "of=1"] {
        let refused = admin.get(&format!("/v1/changes?{wrong}")).await.expect(400);
        assert_ne!(refused.body["errors"], json!(null), "{wrong}: {}", refused.body);
    }
    let (log, _) = last
        .position()
        .split_once('-')
        .map(|(log, n)| (log.to_owned(), n.to_owned()))
        .expect("a position");
    for lost in [format!("{log}-99999999"), format!("{}-1", "0".repeat(32))] {
        let refused = admin.get(&format!("/v1/changes?after={lost}")).await.expect(409);
        assert_eq!(refused.problem(), "position-lost", "{lost}");
    }
    assert_eq!(player.get("/v1/changes").await.expect(403).problem(), "forbidden");
}
