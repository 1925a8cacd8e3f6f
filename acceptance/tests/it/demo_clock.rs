//! What takes days is watched in seconds, by the demo's clock alone.
use std::time::Duration;

use acceptance::{Client, PASSWORD, Process, Stack};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use testing::eventually;

const SOON: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_day_passes_at_once_and_never_back() {
    let mut stack = Stack::demo().await;
    let me = stack.client().newcomer("mara").await;
    let path = Client::search_path("riverside", 5, "12:00", "13:00");
    let free = me.get(&path).await.expect(200);
    let place = Client::place(&free, 0);
    let starts_at: Timestamp =
        place["starts_at"].as_str().expect("a time").parse().expect("a time");
    let kept = me.hold("kept", &place).await.expect(201).text("id");
    me.booking(&kept, "confirm").await.expect(200);
    let lost = me.hold("lost", &Client::place(&free, 1)).await.expect(201).text("id");

    let told = clock(&stack, &["+20m"]).await;
    assert!(told.contains("20m ahead of the true time"), "{told}");
    eventually("answers tell the demo's time", SOON, async || is_ahead(&stack, 20).await).await;
    eventually("tokens are over", SOON, async || me.get("/v1/me").await.status == 401).await;
    let me = stack.client().login("mara", PASSWORD).await;
    // By what the read models show, which follow.
    let is = async |me: &Client, id: &str, state: &str| {
        me.get(&format!("/v1/bookings/{id}")).await.body["state"] == state
    };
    eventually("the hold is over", SOON, async || is(&me, &lost, "expired").await).await;
    eventually("the booking stands", SOON, async || is(&me, &kept, "confirmed").await).await;

    for (words, why) in
        [(["-5m"], "never put back"), (["+400d"], "366 days"), (["soon"], "no span of time")]
    {
        let (well, said) = say(&stack, &words).await;
        assert!(!well && said.contains(why), "{words:?}: {said}");
    }

    let ahead = SignedDuration::from_mins(20);
    let night_before = starts_at.duration_since(now()) - ahead - SignedDuration::from_hours(12);
    clock(&stack, &[&format!("{night_before:#}")]).await;
    let reminded = async || {
        let inbox = stack.client().get("/dev/inbox.json").await.expect(200).body;
        inbox
            .as_array()
            .into_iter()
            .flatten()
            .any(|it| it.to_string().contains("Reminder: your court"))
    };
    eventually("a reminder comes a day before", SOON, reminded).await;
    clock(&stack, &["+1d"]).await;
    let me = stack.client().login("mara", PASSWORD).await;
    eventually("nobody came", SOON, async || is(&me, &kept, "missed").await).await;

    stack.process.kill();
    stack.process.restart();
    stack.process.ready().await;
    assert!(is_ahead(&stack, 4 * 24 * 60).await, "the clock is kept over a restart");
}

#[expect(clippy::disallowed_methods, reason = "the true time, from outside")]
fn now() -> Timestamp {
    Timestamp::now()
}

async fn is_ahead(stack: &Stack, minutes: i64) -> bool {
    let date = stack.client().get("/v1/courts").await.header("date").expect("a date");
    let date = DateTimeParser::new().parse_timestamp(&date).expect("as RFC 9110 has it");
    let ahead = date.duration_since(now());
    SignedDuration::from_mins(minutes) - SignedDuration::from_secs(30) < ahead
}

async fn clock(stack: &Stack, words: &[&str]) -> String {
    let (well, said) = say(stack, words).await;
    assert!(well, "{words:?}: {said}");
    said
}

async fn say(stack: &Stack, words: &[&str]) -> (bool, String) {
    Process::run(&[&["demo", "clock"], words].concat(), &stack.servers.environment).await
}
