//! A program that is told what happens all the while, and whether it was told everything.
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use testing::eventually;

use crate::receiver::{Receiver, Told};
use crate::{Client, PASSWORD};

/// What a webhook took, beside what the feed says there was.
pub struct Webhook {
    receiver: Receiver,
    id: String,
    /// From here on it is told.
    since: String,
}

/// A worker that is killed leaves what it had claimed to the next one for a while.
const SOON: Duration = Duration::from_mins(3);
/// Sent at once by a worker: so many may be sent once more for each time that one could not note what was taken.
const AT_ONCE: usize = 4;

impl Webhook {
    pub async fn start(anyone: &Client) -> Self {
        let receiver = Receiver::start().await;
        let admin = anyone.login("admin", PASSWORD).await;
        let hook = json!({ "url": receiver.url, "description": "follows" });
        let added = admin.post("/v1/webhooks", hook).await.expect(201);
        Self { receiver, id: added.text("id"), since: added.position() }
    }

    /// Panics at the first change that the feed has and it was not told, or told otherwise, and when it was told more than
    /// `faults` can explain. Returns how many changes there were, and how many messages came once more.
    pub async fn was_told_everything(&self, anyone: &Client, faults: usize) -> (usize, usize) {
        let admin = anyone.login("admin", PASSWORD).await;
        let feed = format!("/v1/changes?limit=1000&after={}", self.since);
        let (changes, end) = admin.changes(&feed).await;
        eventually("nothing is on its way any more", SOON, async || {
            let listed = admin.get_after("/v1/webhooks", &end).await.expect(200);
            listed.items().iter().any(|it| it["id"] == self.id.as_str() && it["pending"] == 0)
        })
        .await;
        let mut told: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for it in self.receiver.came() {
            told.entry(it.id).or_default().push(it.body);
        }
        for it in changes.iter().map(Told::of) {
            let came = told.get(&it.id).unwrap_or_else(|| panic!("nobody was told {it:?}"));
            assert!(came.iter().all(|body| *body == it.body), "{it:?} was told as {came:?}");
        }
        assert_eq!(told.len(), changes.len(), "nothing was told that did not happen");
        let again = told.values().map(|it| it.len() - 1).sum();
        assert!(again <= faults * AT_ONCE, "{again} were told once more, after {faults} faults");
        (changes.len(), again)
    }
}
