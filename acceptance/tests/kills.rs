//! Everything is killed with `-9`, one after another, while people book. Nothing acknowledged may be lost, nothing
//! done twice, no hold left open. Runs on servers of its own, because it kills those too.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use acceptance::{Client, PASSWORD, Private, Process, Servers};
use serde_json::Value;
use testing::eventually;

/// What the world was told: holds and confirmations answered with success.
#[derive(Default)]
struct Ledger {
    held: Mutex<BTreeMap<String, Value>>,
    confirmed: Mutex<BTreeSet<String>>,
    answers: AtomicU64,
    silences: AtomicU64,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_whatever_is_killed() {
    let servers = tokio::task::spawn_blocking(Private::start).await.expect("servers");
    let environment =
        Servers::named(servers.environment()).with("COURTSIDE_DEMO", "true").environment;
    let load = Process::run(&["demo", "load"], &environment).await;
    assert!(load.0, "{}", load.1);
    let mut roles = BTreeMap::new();
    for role in ["command-api", "query-api", "projector", "scheduler"] {
        roles.insert(role, Process::start(&[role], &environment));
    }
    for process in roles.values_mut() {
        process.ready().await;
    }
    let anyone = Client::new(roles["command-api"].port, roles["query-api"].port);
    anyone.built().await;

    let ledger = Arc::new(Ledger::default());
    let mut people = tokio::task::JoinSet::new();
    let over = Arc::new(std::sync::atomic::AtomicBool::new(false));
    for (n, name) in ["player", "amir", "bea", "chidi", "dora"].into_iter().enumerate() {
        let me = anyone.login(name, PASSWORD).await;
        people.spawn(book(me, n, ledger.clone(), over.clone()));
    }

    for victim in [
        "command-api",
        "projector",
        "scheduler",
        "query-api",
        "postgres",
        "rabbitmq",
        "command-api",
    ] {
        progress(&ledger, 10).await;
        if let Some(process) = roles.get_mut(victim) {
            process.kill();
            process.restart();
        } else {
            servers.services(&["kill", victim]);
            servers.services(&["start", victim]);
        }
        for process in roles.values_mut() {
            process.ready().await;
        }
    }
    progress(&ledger, 10).await;
    over.store(true, Ordering::Relaxed);
    while let Some(ended) = people.join_next().await {
        ended.expect("nobody saw anything impossible");
    }
    assert!(0 < ledger.silences.load(Ordering::Relaxed), "the kills were noticed");
    every_promise_was_kept(&anyone, &ledger).await;
}

/// Waits until `more` further commands were answered.
async fn progress(ledger: &Ledger, more: u64) {
    let until = ledger.answers.load(Ordering::Relaxed) + more;
    eventually("people go on booking", Duration::from_mins(1), || async {
        until <= ledger.answers.load(Ordering::Relaxed)
    })
    .await;
}

/// Books place after place; what got no answer is asked again, with the same key, until it has one.
async fn book(me: Client, n: usize, ledger: Arc<Ledger>, over: Arc<std::sync::atomic::AtomicBool>) {
    let starts =
        ["07:00", "08:00", "09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00"];
    for round in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let venue = ["riverside", "harbour"][round % 2];
        let start = starts[(round + n) % starts.len()];
        let end = format!("{:02}:00", 8 + (round + n) % starts.len());
        let days = 3 + i64::try_from(round % 9).expect("a few days");
        let Some(found) = answered(
            &ledger,
            || me.get_request(&Client::search_path(venue, days, start, &end)),
            &me,
        )
        .await
        else {
            continue;
        };
        if found.body["items"].as_array().is_none_or(Vec::is_empty) {
            continue;
        }
        let place = Client::place(&found, 0);
        let key = format!("{n}-{round}");
        let held = definite(&ledger, || me.hold_request(&key, &place), &me).await;
        ledger.answers.fetch_add(1, Ordering::Relaxed);
        if held.status != 201 {
            assert_eq!(held.status, 409, "only a faster one may be in the way: {}", held.body);
            continue;
        }
        let id = held.text("id");
        ledger.held.lock().expect("a lock").insert(id.clone(), place);
        // Every third place is left to run out (at the harbour within seconds).
        if round % 3 != 0 {
            let confirmed = definite(&ledger, || me.booking_request(&id, "confirm"), &me).await;
            match confirmed.status.as_u16() {
                200 => drop(ledger.confirmed.lock().expect("a lock").insert(id)),
                status => assert_eq!(
                    (status, confirmed.problem()),
                    (409, "hold-expired"),
                    "{}",
                    confirmed.body
                ),
            }
        }
    }
}

/// Asks once; silence and 5xx are counted and waited out.
async fn answered(
    ledger: &Ledger,
    request: impl Fn() -> reqwest::RequestBuilder,
    me: &Client,
) -> Option<acceptance::Answer> {
    match me.attempt(request()).await {
        Some(answer) if answer.status.is_server_error() => {
            assert_eq!(answer.status, 503, "a server that cannot says so: {}", answer.body);
            ledger.silences.fetch_add(1, Ordering::Relaxed);
            None
        }
        Some(answer) => Some(answer),
        None => {
            ledger.silences.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// Asks until there is an answer that says what happened.
async fn definite(
    ledger: &Ledger,
    request: impl Fn() -> reqwest::RequestBuilder,
    me: &Client,
) -> acceptance::Answer {
    let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
    loop {
        match answered(ledger, &request, me).await {
            Some(answer) if answer.problem() != "still-running" => return answer,
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "a command gets its answer within a minute"
        );
    }
}

async fn every_promise_was_kept(anyone: &Client, ledger: &Ledger) {
    let held = ledger.held.lock().expect("a lock").clone();
    let confirmed = ledger.confirmed.lock().expect("a lock").clone();
    assert!(5 <= confirmed.len(), "enough was confirmed to mean something: {}", confirmed.len());
    let admin = anyone.login("admin", PASSWORD).await;
    let mut places: Vec<(String, String, String)> = Vec::new();
    for (id, place) in &held {
        let shown = admin.get(&format!("/v1/bookings/{id}")).await.expect(200);
        let history = shown.body["history"].as_array().cloned().unwrap_or_default();
        let count = |event: &str| history.iter().filter(|it| it["event"] == event).count();
        assert_eq!(count("held"), 1, "{id} was held once: {history:?}");
        if confirmed.contains(id) {
            assert_eq!(shown.text("state"), "confirmed", "{id} was confirmed and stays so");
            assert_eq!((count("confirmed"), count("expired")), (1, 0), "{id}: {history:?}");
            let text = |name: &str| place[name].as_str().unwrap_or_default().to_owned();
            places.push((text("court"), text("starts_at"), text("ends_at")));
        } else if place["court"].as_str().is_some_and(|it| it.starts_with("HB")) {
            eventually(
                &format!("{id} does not stay open past its time"),
                Duration::from_secs(30),
                || async {
                    let shown = admin.get(&format!("/v1/bookings/{id}")).await.expect(200);
                    let history = shown.body["history"].as_array().cloned().unwrap_or_default();
                    history.iter().filter(|it| it["event"] == "expired").count() == 1
                },
            )
            .await;
        }
    }
    places.sort();
    for pair in places.windows(2) {
        let overlap = pair[0].0 == pair[1].0 && pair[1].1 < pair[0].2;
        assert!(!overlap, "two people have {} at once: {pair:?}", pair[0].0);
    }
}
