//! Somebody uses everything and asks to be forgotten: afterwards nothing of theirs is anywhere, and the history of
//! logins still reads.
use std::time::Duration;

use acceptance::{Answer, Client, PASSWORD, Process, Stack};
use serde_json::json;
use testing::dump::dump;
use testing::eventually;

/// On a machine that does something else too; a dozen seconds of it are the erasure's own.
const SOON: Duration = Duration::from_mins(2);
const SECRET: &str = "zqxjmark slow walk by the sea";

/// What is to be found nowhere: whatever a person typed, and where they typed it.
const MARKERS: [&str; 10] = [
    "zqxjmail@example.test",
    "zqxjuser",
    "Zqxjname",
    "+4930998877661",
    "zqxjagent",
    "203.0.113.77",
    "+4917099887766",
    "zqxjmark",
    "zqxjtyped",
    "zqxjguest",
];

/// Logs in, or tries to, with an odd agent and from an address of its own.
async fn at_the_door(anyone: &Client, identifier: &str, password: &str) -> Answer {
    let body = json!({ "identifier": identifier, "password": password });
    let request = anyone
        .post_request("/v1/sessions")
        .json(&body)
        .header("user-agent", "zqxjagent/7")
        .header("x-forwarded-for", "203.0.113.77");
    anyone.attempt(request).await.expect("an answer")
}

async fn found(stack: &Stack) -> Vec<String> {
    let urls = stack
        .servers
        .environment
        .iter()
        .filter(|it| it.0.ends_with("_DATABASE_URL") || it.0 == "EVENT_STORE_URL");
    let mut found = Vec::new();
    for (_, url) in urls {
        let lines = dump(url).await;
        assert!(!lines.is_empty(), "every database holds something");
        found.extend(lines.into_iter().filter_map(|line| marked(&line)));
    }
    found
}

/// The marker in a text, with where it stands.
fn marked(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let marker = MARKERS.iter().find(|it| lower.contains(&it.to_lowercase()))?;
    Some(format!("{marker} in {}", text.chars().take(300).collect::<String>()))
}

struct Life {
    me: Client,
    id: String,
    booking: String,
    venue_day: String,
    seen: String,
}

async fn live(stack: &Stack) -> Life {
    let anyone = stack.client();
    let body = json!({
        "email": MARKERS[0], "username": MARKERS[1], "display_name": "Zqxjname Person",
        "phone": MARKERS[3], "password": SECRET,
    });
    anyone.post("/v1/registrations", body).await.expect(202);
    let code = anyone.code_for(MARKERS[0]).await;
    anyone.post("/v1/registrations/verify", json!({ "token": code })).await.expect(204);
    at_the_door(&anyone, MARKERS[1], "a wrong guess").await.expect(401);
    // A secret typed where the name goes, and one that is somebody else's.
    at_the_door(&anyone, "zqxjtyped secret", "x").await.expect(401);
    let token = at_the_door(&anyone, MARKERS[0], SECRET).await.expect(201).text("access_token");
    let me = anyone.with_token(&token);
    // As the tag says, whatever it is.
    let by_sms = json!({ "reminders": "mail", "sms_number": MARKERS[6] });
    me.patch("/v1/me/preferences", "*", by_sms).await.expect(204);
    let place = Client::place(
        &me.get(&Client::search_path("riverside", 10, "12:00", "13:00")).await.expect(200),
        0,
    );
    let held = me.hold("forgotten-1", &place).await.expect(201);
    let booking = held.text("id");
    let confirmed = me.booking(&booking, "confirm").await.expect(200);
    let open = Client::place(
        &me.get(&Client::search_path("riverside", 10, "14:00", "15:00")).await.expect(200),
        0,
    );
    let seen = me.hold("forgotten-2", &open).await.expect(201).position();
    let profile = me.get_after("/v1/me", &confirmed.position()).await.expect(200);
    let date = confirmed.body["local"]["date"].as_str().expect("a date").to_owned();
    let venue_day = format!("/v1/venues/riverside/days/{date}/sheet");
    Life { id: profile.text("id"), me, booking, venue_day, seen }
}

/// The desk books for somebody without an account, and gives the booking up; returns its id.
async fn guest(admin: &Client) -> String {
    let found = admin.get(&Client::search_path("riverside", 11, "12:00", "13:00")).await;
    let mut place = Client::place(&found.expect(200), 0);
    place["for"] = json!({ "guest": {
        "name": "Zqxjguest Person", "email": "zqxjguest@example.test", "notes": "zqxjguest likes shade",
    }});
    let id = admin.hold("forgotten-guest", &place).await.expect(201).text("id");
    admin.booking(&id, "confirm").await.expect(200);
    let path = format!("/v1/bookings/{id}/guest");
    assert_eq!(admin.delete(&path).await.expect(409).problem(), "guest-expected");
    let reason = json!({ "refund": "full", "reason": "the guest called" });
    let cancelled = admin.post(&format!("/v1/bookings/{id}/cancel"), reason).await.expect(200);
    let shown = admin.get_after(&format!("/v1/bookings/{id}"), &cancelled.position()).await;
    assert_eq!(shown.expect(200).body["guest"]["name"], "Zqxjguest Person");
    eventually("the guest has mail", SOON, async || {
        admin.get("/dev/inbox.json").await.body.to_string().contains("zqxjguest")
    })
    .await;
    id
}

#[tokio::test]
async fn whoever_is_erased_is_nowhere_and_the_history_still_reads() {
    let stack = Stack::demo().await;
    let anyone = stack.client();
    let life = live(&stack).await;
    let admin = anyone.login("admin", PASSWORD).await;

    let guest = guest(&admin).await;

    // Everything of theirs, and nobody else's.
    let export = life.me.get_after("/v1/me/export", &life.seen).await.expect(200);
    assert_eq!(export.header("cache-control").as_deref(), Some("no-store"));
    let text = export.body.to_string();
    for marker in &MARKERS[..7] {
        assert!(text.contains(marker), "{marker} is in the export: {text}");
    }
    assert!(!text.contains("demo.courtside.test") && !text.contains("\"actor\""));
    assert_eq!(export.body["bookings"].as_array().map(Vec::len), Some(2), "{text}");
    let outcomes =
        export.body["logins"].as_array().expect("logins").iter().map(|it| &it["outcome"]);
    assert_eq!(outcomes.collect::<Vec<_>>(), ["failed", "succeeded"]);
    assert!(!found(&stack).await.is_empty(), "the test would see it");
    let sheet = admin.get_after(&life.venue_day, &life.seen).await.expect(200).body.to_string();
    assert!(sheet.contains("Zqxjname"));

    let erase = json!({ "current_password": SECRET });
    let erased = life.me.delete_with("/v1/me", erase).await.expect(202);
    assert_eq!(erased.body["status"], "erasing");
    let of_guest = format!("/v1/bookings/{guest}/guest");
    assert_eq!(admin.delete(&of_guest).await.expect(202).body["status"], "erasing");
    eventually("the token counts no more", SOON, async || {
        life.me.get("/v1/me").await.status == 401
    })
    .await;
    assert_eq!(
        at_the_door(&anyone, MARKERS[0], SECRET).await.body["type"],
        at_the_door(&anyone, "nobody", "x").await.body["type"]
    );
    let kept = std::cell::RefCell::new(Vec::new());
    let forgotten = async || {
        let left = found(&stack).await;
        let is_empty = left.is_empty();
        kept.replace(left);
        is_empty
    };
    // The attempt above typed the address again, as anybody may: of that, too, nothing is kept in clear but for where it
    // came from, under the day's key.
    let own = |it: &String| !it.contains("login-unknown-") && !it.contains("unknown-");
    eventually("no database holds anything", SOON, async || {
        forgotten().await || !kept.borrow().iter().any(own)
    })
    .await;

    // What is left reads.
    let auditor = anyone.login("auditor", PASSWORD).await;
    let logins = auditor.get(&format!("/v1/audit/logins?user={}", life.id)).await.expect(200);
    let items = logins.body["items"].as_array().expect("logins").clone();
    // A wrong guess, a login, and the password given again with the wish to be erased.
    assert_eq!(items.len(), 3, "{}", logins.body);
    for it in &items {
        assert_eq!((&it["ip"], &it["identifier"]), (&json!("[erased]"), &json!("[erased]")));
        // The client of this story says nothing of itself where it is not asked to.
        assert!(it["user_agent"] == "[erased]" || it["user_agent"].is_null(), "{it}");
    }
    let sheet = admin.get(&life.venue_day).await.expect(200).body.to_string();
    assert!(marked(&sheet).is_none(), "{sheet}");
    let booking = admin.get(&format!("/v1/bookings/{}", life.booking)).await.expect(200);
    assert_eq!(
        (&booking.body["state"], &booking.body["player"]),
        (&json!("cancelled"), &json!(life.id))
    );

    let booking = admin.get(&format!("/v1/bookings/{guest}")).await.expect(200);
    assert_eq!(booking.body["guest"]["name"], "[erased]", "{}", booking.body);

    // Built anew, it is the same.
    let operator = anyone.login("operator", PASSWORD).await;
    for projection in ["users", "logins", "guests", "preferences"] {
        let asked = operator
            .post(&format!("/v1/projections/{projection}/rebuilds"), json!({}))
            .await
            .expect(202);
        let status = asked.header("location").expect("a monitor");
        eventually("the rebuild is done", SOON, async || {
            operator.get(&status).await.body["state"] == "switched"
        })
        .await;
    }
    let rebuilt = auditor.get(&format!("/v1/audit/logins?user={}", life.id)).await.expect(200);
    assert_eq!(rebuilt.body["items"], json!(items));
    let left = found(&stack).await;
    assert!(!left.iter().any(own), "{left:#?}");

    let log = stack.process.log();
    assert_eq!(log.lines().find_map(marked), None, "the log says nothing");
    let (well, said) = Process::run(&["vault", "check"], &stack.servers.environment).await;
    assert!(well, "{said}");
    assert!(said.contains("the vault and the log agree"), "{said}");

    // The names are free, and whoever has them next is somebody else.
    let again = json!({ "email": MARKERS[0], "username": MARKERS[1], "display_name": "Another", "password": SECRET });
    anyone.post("/v1/registrations", again).await.expect(202);
    let code = anyone.code_for(MARKERS[0]).await;
    anyone.post("/v1/registrations/verify", json!({ "token": code })).await.expect(204);
    let other = anyone.login(MARKERS[1], SECRET).await;
    let export = other.get("/v1/me/export").await;
    assert_ne!(export.body["profile"]["id"], json!(life.id));
}
