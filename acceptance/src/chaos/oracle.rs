//! Whether every answer was true: each is looked up over HTTP and in the log, and the log is read from its beginning.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use testing::eventually;

use super::Ledger;
use super::ledger::Held;
use super::person::text;
use crate::{Client, PASSWORD, Process};

/// What was looked at.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    pub holds: usize,
    pub logins: usize,
    pub events: usize,
    pub projections: usize,
}

/// So many bookings are also asked for over HTTP; all of them are looked up in the log.
const SHOWN: usize = 500;
/// After the last fault: holds of the harbour end ten seconds after they began.
const SOON: Duration = Duration::from_mins(1);
/// Read from the log at a time.
const PAGE: usize = 20_000;

/// Panics at the first answer that was not kept.
pub async fn every_promise_was_kept(
    anyone: &Client,
    environment: &[(String, String)],
    ledger: &Ledger,
) -> Found {
    let (held, logins) = (ledger.all_held(), ledger.all_logins());
    let log = tokio::sync::Mutex::new(Log::default());
    eventually("every hold that was due has ended", SOON, async || {
        let mut log = log.lock().await;
        log.follow(environment).await;
        held.iter().all(|(id, it)| is_open(it) || log.ends(id) != 0)
    })
    .await;
    let log = log.into_inner();
    for (id, it) in &held {
        log.check(id, it);
    }
    for event in &logins {
        assert!(log.logins.contains(event), "the login {event} is in the log");
    }
    let admin = anyone.login("admin", PASSWORD).await;
    let step = held.len().div_ceil(SHOWN).max(1);
    for (id, it) in held.iter().step_by(step) {
        is_shown(&admin, id, it).await;
    }
    history_is_complete(anyone, &logins).await;
    let projections = projections_are_as_rebuilt(environment).await;
    for what in [&["events", "verify"][..], &["vault", "check"]] {
        let (well, said) = Process::run(what, environment).await;
        assert!(well, "{what:?}: {said}");
    }
    audit_verifies(environment).await;
    Found { holds: held.len(), logins: logins.len(), events: log.events, projections }
}

/// A quarter of an hour's hold whose release was refused or lost may still be open.
fn is_open(held: &Held) -> bool {
    held.told.is_empty() && !text(&held.place, "court").starts_with("HB")
}

/// What the log says of bookings and logins.
#[derive(Default)]
struct Log {
    events: usize,
    position: u64,
    /// By booking: how often each kind of event came.
    seen: BTreeMap<String, BTreeMap<String, usize>>,
    /// By court: who has which time, and until when a hold counts.
    live: BTreeMap<String, Vec<Live>>,
    logins: BTreeSet<String>,
}

struct Live {
    booking: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    /// None once it is confirmed.
    expires_at: Option<Timestamp>,
}

impl Log {
    /// Reads on to the end.
    async fn follow(&mut self, environment: &[(String, String)]) {
        loop {
            let (after, limit) = (self.position.to_string(), PAGE.to_string());
            let tail = ["events", "tail", "--json", "--after", &after, "--limit", &limit];
            let (well, said) = Process::run(&tail, environment).await;
            assert!(well, "{said}");
            let lines = said.lines().filter(|it| it.starts_with("{\"position\""));
            let mut read = 0;
            for line in lines {
                self.note(&serde_json::from_str(line).expect("an event is a line of JSON"));
                read += 1;
            }
            self.events += read;
            if read < PAGE {
                return;
            }
        }
    }

    fn note(&mut self, event: &Value) {
        self.position = event["position"].as_u64().expect("a position");
        let kind = event["type"].as_str().expect("a type");
        if kind.starts_with("login.") {
            self.logins.insert(text(event, "id"));
        }
        let data = &event["data"];
        let (Some(what), Some(id)) = (kind.strip_prefix("booking."), data["booking"].as_str())
        else {
            return;
        };
        let what = what.split(".v").next().unwrap_or_default();
        *self.seen.entry(id.to_owned()).or_default().entry(what.to_owned()).or_default() += 1;
        let court = self.live.entry(court_of(id)).or_default();
        let time = |of: &Value, name: &str| of[name].as_str().and_then(|it| it.parse().ok());
        match what {
            "held" => {
                let at = time(&event["meta"], "at").expect("an event has its time");
                let held = Live {
                    booking: id.to_owned(),
                    starts_at: time(data, "starts_at").expect("a hold begins"),
                    ends_at: time(data, "ends_at").expect("a hold ends"),
                    expires_at: time(data, "expires_at"),
                };
                let rival = court.iter().find(|it| it.stands_at(at) && it.overlaps(&held));
                if let Some(rival) = rival {
                    panic!("two people have one place: {} and {id}", rival.booking);
                }
                court.push(held);
            }
            "confirmed" => {
                let it = court.iter_mut().find(|it| it.booking == id);
                it.expect("what is confirmed was held").expires_at = None;
            }
            "expired" | "released" | "cancelled" | "moved" => court.retain(|it| it.booking != id),
            _ => {}
        }
    }

    fn count(&self, id: &str, what: &str) -> usize {
        self.seen.get(id).and_then(|it| it.get(what)).copied().unwrap_or_default()
    }

    /// In how many ways a hold has ended.
    fn ends(&self, id: &str) -> usize {
        ["confirmed", "expired", "released"].iter().map(|it| self.count(id, it)).sum()
    }

    fn check(&self, id: &str, held: &Held) {
        let seen = || format!("{id}, told {:?}: {:?}", held.told, self.seen.get(id));
        assert_eq!(self.count(id, "held"), 1, "held once: {}", seen());
        assert!(self.ends(id) <= 1, "a hold ends once: {}", seen());
        for (told, event) in
            [("confirm", "confirmed"), ("cancel", "cancelled"), ("release", "released")]
        {
            if held.told.contains(told) {
                assert_eq!(self.count(id, event), 1, "what was answered stands: {}", seen());
            }
        }
        assert!(self.count(id, "cancelled") <= 1, "cancelled once: {}", seen());
    }
}

impl Live {
    fn stands_at(&self, at: Timestamp) -> bool {
        self.expires_at.is_none_or(|it| at < it)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }
}

/// A booking's id is its date, its court and some letters.
fn court_of(booking: &str) -> String {
    booking.split('-').nth(3).unwrap_or_default().to_owned()
}

async fn is_shown(admin: &Client, id: &str, held: &Held) {
    let shown = admin.get(&format!("/v1/bookings/{id}")).await.expect(200);
    let history = shown.body["history"].as_array().cloned().unwrap_or_default();
    let count = |event: &str| history.iter().filter(|it| it["event"] == event).count();
    assert_eq!(count("held"), 1, "{id} was held once: {history:?}");
    for (told, state) in
        [("cancel", "cancelled"), ("release", "released"), ("confirm", "confirmed")]
    {
        if held.told.contains(told) {
            assert_eq!(shown.text("state"), state, "{id}, told {:?}: {history:?}", held.told);
            return;
        }
    }
}

/// As an auditor reads it, page by page.
async fn history_is_complete(anyone: &Client, logins: &[String]) {
    let entered = anyone.login_answer("auditor", PASSWORD).await.expect(201);
    let (auditor, position) =
        (anyone.with_token(&entered.text("access_token")), entered.position());
    let mut missing: BTreeSet<&str> = logins.iter().map(String::as_str).collect();
    let mut path = "/v1/audit/logins?limit=200".to_owned();
    while !missing.is_empty() {
        let page = auditor.get_after(&path, &position).await.expect(200);
        for it in page.body["items"].as_array().into_iter().flatten() {
            missing.remove(it["event_id"].as_str().unwrap_or_default());
        }
        let Some(next) = page.body["next"].as_str() else { break };
        next.clone_into(&mut path);
    }
    assert!(missing.is_empty(), "logins that an auditor does not see: {missing:?}");
}

/// Each is built anew and compared where both are at one position.
async fn projections_are_as_rebuilt(environment: &[(String, String)]) -> usize {
    let (well, said) = Process::run(&["projections", "list", "--json"], environment).await;
    let begin = said.find('[').filter(|_| well).unwrap_or_else(|| panic!("{said}"));
    let listed: Value = serde_json::from_str(&said[begin..]).expect("a list");
    let names: Vec<&str> =
        listed.as_array().into_iter().flatten().filter_map(|it| it["name"].as_str()).collect();
    assert!(!names.is_empty(), "{said}");
    for name in &names {
        let (well, said) = Process::run(&["projections", "verify", name], environment).await;
        assert!(well, "{name}: {said}");
    }
    names.len()
}

/// An export of the login audit, checked as on an auditor's machine.
pub async fn audit_verifies(environment: &[(String, String)]) {
    let (well, vkey) = Process::run(&["audit", "vkey"], environment).await;
    assert!(well, "{vkey}");
    let folder = std::env::temp_dir().join(format!("courtside-audit-{}", uuid::Uuid::new_v4()));
    let to = folder.display().to_string();
    eventually("the login audit is signed and verifies", SOON, async || {
        remove(&folder);
        let exported = Process::run(&["audit", "export", &to], environment).await;
        exported.0 && Process::run(&["audit", "verify", &to, "--vkey", vkey.trim()], &[]).await.0
    })
    .await;
    remove(&folder);
}

fn remove(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
}
