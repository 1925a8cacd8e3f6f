//! A calendar program follows what somebody books.
use acceptance::{Answer, Client, Stack};
use serde_json::json;

#[tokio::test]
async fn a_calendar_program_sees_what_is_booked_and_nothing_once_the_link_ends() {
    let stack = Stack::demo().await;
    let anyone = stack.client();
    let me = anyone.newcomer("mara").await;
    let free = me.get(&Client::search_path("riverside", 5, "12:00", "13:00")).await.expect(200);
    let first = me.hold("first", &Client::place(&free, 0)).await.expect(201).text("id");
    let reference = me.booking(&first, "confirm").await.expect(200).text("reference");
    let unconfirmed = me.hold("held", &Client::place(&free, 1)).await.expect(201).text("id");

    let linked = me.post("/v1/me/calendar", json!({})).await.expect(201);
    let path = path(&linked);
    let seen = anyone.get_after(&path, &linked.position()).await.expect(200);
    assert_eq!(seen.header("content-type").as_deref(), Some("text/calendar; charset=utf-8"));
    let text = text(&seen);
    assert!(text.contains(&format!("UID:{reference}@")), "{text}");
    assert!(!text.contains(&unconfirmed), "a hold is no plan yet: {text}");
    let tag = seen.header("etag").expect("a tag");
    let again = anyone.get_request(&path).header("if-none-match", &tag);
    anyone.attempt(again).await.expect("an answer").expect(304);

    let elsewhere =
        me.get(&Client::search_path("riverside", 6, "12:00", "13:00")).await.expect(200);
    let to = Client::place(&elsewhere, 0);
    let moved = me.post_once(&format!("/v1/bookings/{first}/move"), "on", &to).await.expect(200);
    let after = anyone.get_after(&path, &moved.position()).await.expect(200);
    let date = to["starts_at"].as_str().expect("a time")[..10].replace('-', "");
    assert!(self::text(&after).contains(&format!("UID:{reference}@")), "it keeps its id");
    assert!(self::text(&after).contains(&format!("DTSTART:{date}T")), "{}", after.body);

    let other = me.post("/v1/me/calendar", json!({})).await.expect(201);
    anyone.get_after(&path, &other.position()).await.expect(404);
    let path = self::path(&other);
    anyone.get_after(&path, &other.position()).await.expect(200);
    let ended = me.delete("/v1/me/calendar").await.expect(204);
    anyone.get_after(&path, &ended.position()).await.expect(404);
    let secret = path.rsplit('/').next().expect("a file").trim_end_matches(".ics");
    assert!(!stack.process.log().contains(secret), "the link is in no log");
}

fn path(linked: &Answer) -> String {
    let url = linked.text("url");
    url[url.find("/v1/").expect("a path")..].to_owned()
}

fn text(answer: &Answer) -> String {
    answer.body.as_str().expect("a text").replace("\r\n ", "")
}
