//! An operator works, and whoever holds a court keeps what they had of it.
use std::time::Duration;

use acceptance::{Client, PASSWORD, Process, Stack};
use jiff::Timestamp;
use testing::eventually;

const SOON: Duration = Duration::from_mins(1);

#[tokio::test]
async fn commands_wait_while_an_operator_works_and_holds_with_them() {
    let stack = Stack::demo().await;
    let anyone = stack.client();
    let me = anyone.newcomer("mara").await;
    let path = Client::search_path("riverside", 5, "12:00", "13:00");
    let place = Client::place(&me.get(&path).await.expect(200), 0);
    let held = me.hold("a place", &place).await.expect(201);
    let (booking, before) = (held.text("id"), end(&held.body));

    let said = operator(&stack, &["on", "--reason", "the disk", "--until", "10m"]).await;
    assert!(said.contains("no command is taken"), "{said}");
    let refused = me.booking(&booking, "confirm").await.expect(503);
    let detail = refused.text("detail");
    assert!(detail.contains("maintenance: the disk, probably until"), "{detail}");
    me.get(&format!("/v1/bookings/{booking}")).await.expect(200);
    anyone.login("staff", PASSWORD).await;
    let said = operator(&stack, &["show"]).await;
    assert!(said.contains("the disk"), "{said}");

    let said = operator(&stack, &["off"]).await;
    assert!(said.contains("one hold has the time back"), "{said}");
    eventually("the hold ends later", SOON, async || {
        let shown = me.get(&format!("/v1/bookings/{booking}")).await.expect(200);
        before < end(&shown.body)
    })
    .await;
    eventually("commands are taken", SOON, async || {
        me.booking(&booking, "confirm").await.status == 200
    })
    .await;
    let said = operator(&stack, &["off"]).await;
    assert!(said.contains("is not on"), "{said}");
}

/// When a hold is over.
fn end(booking: &serde_json::Value) -> Timestamp {
    booking["expires_at"].as_str().expect("a hold ends").parse().expect("a moment")
}

async fn operator(stack: &Stack, words: &[&str]) -> String {
    let (well, said) =
        Process::run(&[&["maintenance"], words].concat(), &stack.servers.environment).await;
    assert!(well, "{words:?}: {said}");
    said
}
