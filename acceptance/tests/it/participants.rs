//! Others play along: they join by a link, see what they will play wherever it moves, and are on no list any more when they
//! leave, are taken off, or go for good.
use acceptance::{Answer, Client, PASSWORD, Stack};
use serde_json::{Value, json};

/// Somebody's own list, as it shows what came of `after`.
async fn list(of: &Client, after: &Answer) -> Vec<Value> {
    let listed = of.get_after("/v1/bookings?limit=200", &after.position()).await.expect(200);
    listed.body["items"].as_array().expect("bookings").clone()
}

async fn show(to: &Client, booking: &str, after: &Answer) -> Answer {
    to.get_after(&format!("/v1/bookings/{booking}"), &after.position()).await
}

/// The names on a booking's list.
fn names(shown: &Answer) -> Vec<&str> {
    let participants = shown.body["participants"].as_array().expect("a list");
    participants.iter().map(|it| it["username"].as_str().expect("a name")).collect()
}

async fn invite(by: &Client, booking: &str) -> String {
    let invited = by.post(&format!("/v1/bookings/{booking}/invitation"), json!({})).await;
    let invited = invited.expect(201);
    let token = invited.text("token");
    assert!(invited.text("url").ends_with(&format!("/#/join/{token}")), "{}", invited.body);
    token
}

async fn join(who: &Client, token: &str) -> Answer {
    who.post("/v1/participations", json!({ "token": token })).await
}

fn participant(booking: &str, user: &str) -> String {
    format!("/v1/bookings/{booking}/participants/{user}")
}

/// What somebody's calendar program sees.
struct Calendar {
    anyone: Client,
    path: String,
}

impl Calendar {
    async fn of(who: &Client, anyone: &Client) -> Self {
        let url = who.post("/v1/me/calendar", json!({})).await.expect(201).text("url");
        let path = url[url.find("/v1/").expect("a path")..].to_owned();
        Self { anyone: anyone.clone(), path }
    }

    async fn text(&self, after: &Answer) -> String {
        let seen = self.anyone.get_after(&self.path, &after.position()).await.expect(200);
        seen.body.as_str().expect("a text").replace("\r\n ", "")
    }
}

#[tokio::test]
async fn who_joins_by_a_link_sees_the_booking_until_they_leave() {
    let stack = Stack::demo().await;
    let anyone = stack.client();
    let staff = anyone.login("staff", PASSWORD).await;
    let (mara, ida) = (anyone.newcomer("mara").await, anyone.newcomer("ida").await);
    let zoe = anyone.newcomer("zoe").await;
    let free = mara.get(&Client::search_path("riverside", 5, "12:00", "13:00")).await.expect(200);
    let id = mara.hold("first", &Client::place(&free, 0)).await.expect(201).text("id");
    let confirmed = mara.booking(&id, "confirm").await.expect(200);
    let reference = confirmed.text("reference");
    // Names are shown as far as they have come.
    mara.get_after("/v1/me", &confirmed.position()).await.expect(200);
    show(&ida, &id, &confirmed).await.expect(404);
    let calendar = Calendar::of(&ida, &anyone).await;

    let token = invite(&mara, &id).await;
    let joined = join(&ida, &token).await.expect(201);
    assert_eq!(joined.text("booking"), id);
    let items = list(&ida, &joined).await;
    let [item] = items.as_slice() else { panic!("one booking: {items:?}") };
    assert_eq!((&item["id"], &item["participant"]), (&json!(id), &json!(true)));
    assert_eq!(list(&mara, &joined).await[0]["participant"], Value::Null, "it is her own");
    for who in [&mara, &ida, &staff] {
        assert_eq!(names(&show(who, &id, &joined).await.expect(200)), ["ida"]);
    }
    show(&zoe, &id, &joined).await.expect(404);
    let uid = format!("UID:{reference}@");
    assert!(calendar.text(&joined).await.contains(&uid), "it is in her calendar");
    let export = ida.get_after("/v1/me/export", &joined.position()).await.expect(200);
    assert_eq!(export.body["participations"][0]["booking"], json!(id), "{}", export.body);
    assert_eq!(export.body["bookings"], json!([]), "what is not her own");
    ida.booking(&id, "cancel").await.expect(404);

    let elsewhere = Client::search_path("riverside", 6, "12:00", "13:00");
    let to = Client::place(&mara.get(&elsewhere).await.expect(200), 0);
    let moved = mara.post_once(&format!("/v1/bookings/{id}/move"), "on", &to).await.expect(200);
    let now = moved.text("id");
    let items = list(&ida, &moved).await;
    let [item] = items.as_slice() else { panic!("one booking still: {items:?}") };
    assert_eq!((&item["id"], &item["state"]), (&json!(now), &json!("confirmed")));
    let shown = show(&ida, &now, &moved).await.expect(200);
    assert_eq!(names(&shown), ["ida"]);
    let only_ida = shown.header("etag").expect("a tag");
    let before = show(&ida, &id, &moved).await.expect(200);
    assert_eq!((before.text("state"), before.text("moved_to")), ("moved".to_owned(), now.clone()));
    let date = to["starts_at"].as_str().expect("a time")[..10].replace('-', "");
    let text = calendar.text(&moved).await;
    assert!(text.contains(&uid) && text.contains(&format!("DTSTART:{date}T")), "{text}");

    let joined = join(&zoe, &token).await.expect(201);
    assert_eq!(joined.text("booking"), now, "the link leads to where it is now");
    let shown = show(&mara, &now, &joined).await.expect(200);
    assert_eq!(names(&shown), ["ida", "zoe"]);
    let zoes = shown.body["participants"][1]["id"].as_str().expect("an id").to_owned();
    ida.delete(&participant(&now, &zoes)).await.expect(404);
    let off = mara.delete(&participant(&now, &zoes)).await.expect(204);
    show(&zoe, &now, &off).await.expect(404);
    assert_eq!(list(&zoe, &off).await, Vec::<Value>::new());
    let seen = shown.header("etag").expect("a tag");
    let path = format!("/v1/bookings/{now}");
    for (tag, status) in [(&seen, 200), (&only_ida, 304)] {
        let asked = mara.get_request(&path).header("if-none-match", tag);
        mara.attempt(asked).await.expect("an answer").expect(status);
    }
    assert_eq!(join(&zoe, &token).await.expect(422).problem(), "invitation-over");

    let token = invite(&mara, &now).await;
    let joined = join(&zoe, &token).await.expect(201);
    assert_eq!(names(&show(&staff, &now, &joined).await.expect(200)), ["ida", "zoe"]);
    let gone = zoe.delete_with("/v1/me", json!({ "current_password": PASSWORD })).await.expect(202);
    assert_eq!(names(&show(&mara, &now, &gone).await.expect(200)), ["ida"], "who is erased");

    let cancelled = mara.booking(&now, "cancel").await.expect(200);
    assert_eq!(show(&ida, &now, &cancelled).await.expect(200).text("state"), "cancelled");
    assert!(!calendar.text(&cancelled).await.contains(&uid), "nobody plays it");
    let left = ida.delete(&participant(&now, "me")).await.expect(204);
    assert_eq!(list(&ida, &left).await, Vec::<Value>::new());
    show(&ida, &now, &left).await.expect(404);
    assert!(!stack.process.log().contains(&token), "the link is in no log");
}
