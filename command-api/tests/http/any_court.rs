//! Any free court: as many win as there are courts, one key never holds two, and advice may be missing or wrong.
use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testing::{Scratch, eventually};

use crate::faulty::{self, Faulty, Lost};
use crate::world::{Person, Reply, With, World};

/// Riverside with eight courts, and the read models that commands may look at.
struct Club {
    world: World,
    store: std::sync::Arc<Faulty>,
    read: Scratch,
    eva: Person,
}

impl Club {
    async fn open() -> Self {
        let store = faulty::store();
        let read = Scratch::new(&runtime::migrations::READ).await;
        let world = World::on(store.clone(), &[("READ_DATABASE_URL", &read.url)]).await;
        world.open_riverside().await;
        let eva = world.join("eva").await;
        let ada = world.log_in(eva.user, "ada").await;
        for n in 2..=8 {
            world.add_court(&ada, &format!("RV{n:02}"), "riverside").await;
        }
        tokio::spawn(projector::run(world.platform.clone()));
        let it = Self { world, store, read, eva };
        it.sees("SELECT count(*) FROM courts_v1", 8).await;
        it.sees("SELECT count(*) FROM taken_v1", 0).await;
        it
    }

    /// Waits until the read models say so.
    async fn sees(&self, query: &'static str, count: i64) {
        eventually(query, Duration::from_secs(20), async || {
            sqlx::query_scalar(query).fetch_one(&self.read.pool).await.ok() == Some(count)
        })
        .await;
    }

    async fn any(&self, me: &Person, key: &str) -> Reply {
        self.ask(me, key, &any("11:00", "12:00")).await
    }

    async fn ask(&self, me: &Person, key: &str, body: &Value) -> Reply {
        self.world.send(me.post("/v1/bookings", body).key(key)).await
    }

    /// Forgets which keys were answered, as a lost edge database does.
    async fn forget_keys(&self) {
        sqlx::query("DELETE FROM idempotency").execute(&self.world.edge.pool).await.unwrap();
    }

    /// Courts and players of all holds there ever were.
    async fn held(&self) -> Vec<(String, String)> {
        let all = self.world.all().await;
        let held = all.iter().filter(|it| it.kind.starts_with("booking.held."));
        held.map(|it| {
            let data: Value = serde_json::from_slice(&it.data).unwrap();
            (it.stream.clone(), data["booked_for"]["user"].to_string())
        })
        .collect()
    }
}

fn any(start: &str, end: &str) -> Value {
    let at = |time| format!("2026-11-22T{time}:00+01:00");
    json!({ "venue": "riverside", "any": true, "starts_at": at(start), "ends_at": at(end) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_who_want_any_of_eight_courts_eight_get_one() {
    let club = Club::open().await;
    let mut people = Vec::new();
    for n in 0..50 {
        people.push(club.world.join(&format!("player{n}")).await);
    }
    let asked = people.iter().map(|me| async { club.any(me, "k").await.summary() });
    let mut outcomes = join_all(asked).await;
    outcomes.sort();
    assert_eq!(outcomes[..8], ["201"; 8]);
    assert_eq!(outcomes[8..], ["409 slot-taken"; 42]);
    let (mut courts, mut winners): (Vec<_>, Vec<_>) = club.held().await.into_iter().unzip();
    for of in [&mut courts, &mut winners] {
        of.sort();
        of.dedup();
        assert_eq!(of.len(), 8, "nobody holds two, and nothing is held twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_free_court_and_a_lost_answer() {
    for (lost, streams) in [
        (Lost::Request, "player-"),
        (Lost::Answer, "player-"),
        (Lost::Request, "courtday-"),
        (Lost::Answer, "courtday-"),
    ] {
        let club = Club::open().await;
        club.store.lose(lost, streams);
        let silent = club.any(&club.eva, "k").await;
        assert_eq!(silent.summary(), "503 outcome-unknown", "{lost:?} {streams}");
        club.store.mend();
        club.forget_keys().await;
        // By now the court may look taken, by this very hold.
        let happened = lost == Lost::Answer && streams == "courtday-";
        club.sees("SELECT count(*) FROM taken_v1", i64::from(happened)).await;

        let held = club.any(&club.eva, "k").await;
        assert_eq!(held.status, 201, "{lost:?} {streams}: {}", held.body);
        club.forget_keys().await;
        club.sees("SELECT count(*) FROM taken_v1", 1).await;
        let again = club.any(&club.eva, "k").await;
        assert_eq!(again.text("id"), held.text("id"), "{lost:?} {streams}");
        assert_eq!(club.held().await.len(), 1, "{lost:?} {streams}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_place_of_a_lost_hold_goes_to_somebody_else_and_another_is_found() {
    let club = Club::open().await;
    let ida = club.world.join("ida").await;
    club.store.lose(Lost::Request, "courtday-");
    assert_eq!(club.any(&club.eva, "k").await.summary(), "503 outcome-unknown");
    club.store.mend();
    // Whichever court it was: Ida has it now.
    let leased = club.world.events(&club.eva.user.player_stream()).await;
    let booking = leased[0].1["booking"].as_str().unwrap();
    let court = booking.split('-').nth(3).unwrap();
    let there = crate::world::place(court, "11:00", "12:00");
    assert_eq!(club.ask(&ida, "k", &there).await.status, 201);

    let held = club.any(&club.eva, "k").await;
    assert_eq!(held.status, 201, "{}", held.body);
    assert_ne!(held.text("court"), court);
    let names = club.world.names(&club.eva.user.player_stream()).await;
    assert_eq!(
        names,
        ["player.lease-taken.v2", "player.lease-returned.v1", "player.lease-taken.v2"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_ended_is_still_the_answer_to_its_key() {
    let club = Club::open().await;
    let held = club.any(&club.eva, "k").await;
    let release = format!("/v1/bookings/{}/release", held.text("id"));
    club.world.send(club.eva.post(&release, &Value::Null)).await;
    club.forget_keys().await;
    let again = club.any(&club.eva, "k").await;
    assert_eq!((again.text("id"), again.text("state")), (held.text("id"), "released".to_owned()));
    club.forget_keys().await;
    let other = club.ask(&club.eva, "k", &any("13:00", "14:00")).await;
    assert_eq!(other.summary(), "422 idempotency-key-reused Idempotency-Key reused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_venue_is_full_and_a_hold_that_ran_out_is_not() {
    let club = Club::open().await;
    for n in 0..8 {
        assert_eq!(club.any(&club.eva, &format!("k{n}")).await.status, 201);
        club.sees("SELECT count(*) FROM taken_v1", n + 1).await;
    }
    let before = club.world.all().await.len();
    assert_eq!(club.any(&club.eva, "k8").await.summary(), "409 slot-taken");
    assert_eq!(club.world.all().await.len(), before, "a refusal is not recorded");
    club.world.later(SignedDuration::from_secs(850));
    club.world.later(SignedDuration::from_secs(1_000));
    let eva = Person { token: club.world.log_in(club.eva.user, "eva").await.token, ..club.eva };
    let late = club.world.send(eva.post("/v1/bookings", &any("11:00", "12:00")).key("k9")).await;
    assert_eq!(late.status, 201, "{}", late.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[rustfmt::skip] // a table
async fn what_cannot_be_asked_of_any_court() {
    let club = Club::open().await;
    let before = club.world.all().await.len();
    let with = |field: &str, value: Value| {
        let mut body = any("11:00", "12:00");
        body[field] = value;
        body
    };
    let rows = [
        ("a court as well",    with("court", json!("RV01")),        "400 malformed-request #/court not-with-any"),
        ("nowhere",            with("venue", Value::Null),          "400 malformed-request #/venue missing-field"),
        ("neither",            with("any", json!(false)),           "400 malformed-request #/venue only-with-any"),
        ("any, in words",      with("any", json!("yes")),           "400 malformed-request #/any wrong-type"),
        ("an unknown venue",   with("venue", json!("nowhere")),     "422 invalid #/venue unknown-venue"),
        ("off the grid",       any("11:10", "12:10"),               "422 invalid #/starts_at off-grid"),
        ("too long",           any("11:00", "15:00"),               "422 invalid #/ends_at too-long"),
        ("across closing",     any("22:00", "23:30"),               "422 invalid #/ends_at outside-hours"),
        ("no such kind",       with("kind", json!("polo")),         "409 slot-taken"),
        ("no such surface",    with("surface", json!("moon")),      "409 slot-taken"),
        ("nothing indoors",    with("indoor", json!(true)),         "409 slot-taken"),
    ];
    for (case, body, expected) in rows {
        let reply = club.ask(&club.eva, &case.replace(' ', "-"), &body).await;
        assert_eq!(reply.summary(), expected, "{case}: {}", reply.body);
    }
    assert_eq!(club.world.all().await.len(), before, "nothing was changed");
    assert_eq!(club.ask(&club.eva, "clay", &with("surface", json!("clay"))).await.status, 201);
}

#[tokio::test]
async fn without_the_read_models_any_court_waits_and_a_named_one_does_not() {
    let world = World::new().await;
    world.open_riverside().await;
    let eva = world.join("eva").await;
    let before = world.all().await.len();
    let away = world.send(eva.post("/v1/bookings", &any("11:00", "12:00")).key("k")).await;
    assert_eq!(away.summary(), "503 unavailable");
    assert!(away.header("retry-after").is_some());
    assert_eq!(world.all().await.len(), before, "nothing was changed");
    assert_eq!(world.send(eva.hold("11:00", "12:00", "k2")).await.status, 201);
}
