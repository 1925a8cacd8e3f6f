//! Small worlds with a bad network before the log, each made of one seed: whatever is lost, late or refused, what was
//! answered happened, nobody's times overlap, and nobody shares an identifier.
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::bookings::{BookingState, CourtDay};
use domain::users::UserEvent;
use event_store::hostile::{Hostile, Meddler};
use event_store::memory::MemoryStore;
use event_store::{EventStore, Executor};
use serde_json::{Value, json};

use crate::world::{Person, Reply, With, World, post, registration};

const DAY: &str = "courtday-RV01-2026-11-22";

/// A store that is good until it is told otherwise.
struct Fickle {
    hostile: Hostile,
    is_bad: AtomicBool,
}

impl Fickle {
    fn new(seed: u64) -> Self {
        let hostile = Hostile::new(Arc::new(MemoryStore::default()), seed);
        Self { hostile, is_bad: AtomicBool::new(false) }
    }
}

impl Meddler for Fickle {
    fn inner(&self) -> &dyn EventStore {
        if self.is_bad.load(Ordering::Relaxed) { &self.hostile } else { &**self.hostile.inner() }
    }
}

struct Story {
    seed: u64,
    store: Arc<Fickle>,
    world: World,
    people: [Person; 2],
    /// Ids of bookings by the key they were held under, and what each was last answered to be.
    ids: HashMap<String, String>,
    confirmed: HashSet<String>,
}

impl Story {
    async fn begin(seed: u64) -> Self {
        let store = Arc::new(Fickle::new(seed));
        let world = World::on(store.clone(), &[]).await;
        world.open_riverside().await;
        let people = [world.join("eva").await, world.join("ida").await];
        store.is_bad.store(true, Ordering::Relaxed);
        Self { seed, store, world, people, ids: HashMap::new(), confirmed: HashSet::new() }
    }

    fn below(&self, n: u64) -> usize {
        usize::try_from(self.store.hostile.roll(n)).unwrap()
    }

    async fn hold(&mut self) {
        const PLACES: [(&str, &str); 4] =
            [("10:00", "11:00"), ("10:30", "12:00"), ("11:00", "13:00"), ("12:00", "14:00")];
        let key = format!("k{}", self.below(12));
        let (start, end) = PLACES[key.len() * 7 % 4];
        let person = &self.people[key.len() % 2];
        let reply = self.world.send(person.hold(start, end, &key)).await;
        match reply.summary().as_str() {
            "201" => {
                let id = reply.text("id");
                let known = self.ids.insert(key, id.clone());
                assert!(
                    known.is_none_or(|it| it == id),
                    "seed {}: one key, two bookings",
                    self.seed
                );
            }
            "409 slot-taken" | "409 still-running" => {}
            _ => assert_eq!(reply.status, 503, "seed {}: {}", self.seed, reply.body),
        }
    }

    async fn change(&mut self, what: &str) {
        let ids: Vec<String> = self.ids.values().cloned().collect();
        if ids.is_empty() {
            return;
        }
        let id = &ids[self.below(ids.len() as u64)];
        let path = format!("/v1/bookings/{id}/{what}");
        for person in &self.people {
            let reply = self.world.send(person.post(&path, &Value::Null)).await;
            match reply.status {
                200 if what == "confirm" => drop(self.confirmed.insert(id.clone())),
                200 => assert_ne!(reply.body["state"], "held", "seed {}", self.seed),
                404 | 409 | 503 => {}
                _ => panic!("seed {}: {}", self.seed, reply.body),
            }
        }
    }

    /// What is in the log must be lawful, and hold everything that was answered.
    async fn end(&self) {
        self.store.hostile.calm().await;
        self.store.is_bad.store(false, Ordering::Relaxed);
        let executor = Executor::new(self.store.hostile.inner().clone());
        let day = executor.load::<CourtDay>(DAY).await.unwrap().state;
        for id in self.ids.values() {
            assert!(
                day.bookings.keys().any(|it| it.to_string() == *id),
                "seed {}: {id} is lost",
                self.seed
            );
        }
        for (id, booking) in &day.bookings {
            if self.confirmed.contains(&id.to_string()) {
                let kept =
                    matches!(booking.state, BookingState::Confirmed | BookingState::Cancelled);
                assert!(kept, "seed {}: {id} was confirmed and is {:?}", self.seed, booking.state);
            }
            let now = self.world.platform.clock.now();
            let rivals = day.bookings.iter().filter(|(other, it)| *other != id && it.is_live(now));
            for (other, it) in rivals.filter(|_| booking.is_live(now)) {
                let apart = it.held.ends_at <= booking.held.starts_at
                    || booking.held.ends_at <= it.held.starts_at;
                assert!(apart, "seed {}: {id} and {other} overlap", self.seed);
            }
        }
    }
}

#[tokio::test]
async fn no_booking_is_lost_doubled_or_overlapped() {
    let mut held = 0;
    for seed in 1..=6 {
        let mut story = Story::begin(seed).await;
        for _ in 0..60 {
            match story.below(6) {
                0..=2 => story.hold().await,
                3 => story.change("confirm").await,
                4 => story.change("release").await,
                _ => story.change("cancel").await,
            }
        }
        story.end().await;
        held += story.ids.len();
    }
    assert!(held > 10, "the worlds must not be empty: {held}");
}

async fn register(world: &World, body: &Value, key: &str) -> Reply {
    for _ in 0..30 {
        let reply = world.send(post("/v1/registrations", body).key(key)).await;
        if reply.status != 503 {
            return reply;
        }
    }
    panic!("thirty times 503");
}

#[tokio::test]
async fn nobody_shares_an_identifier_and_everybody_answered_has_one() {
    for seed in 1..=4 {
        let Story { store, world, .. } = Story::begin(seed).await;
        // Three people each for four addresses, and everybody's name is wanted by the next one as well.
        for n in 0..12 {
            let mut body = registration(&format!("name{}", n / 2));
            body["email"] = json!(format!("address{}@example.org", n % 4));
            let said = register(&world, &body, &format!("key{n}")).await.summary();
            let expected = ["202", "409 identifier-taken #/username taken"];
            assert!(expected.contains(&said.as_str()), "seed {seed}: {said}");
        }
        store.hostile.calm().await;
        store.is_bad.store(false, Ordering::Relaxed);
        let (mut claims, mut accounts) = (HashSet::new(), 0);
        for event in world.all().await {
            if event.kind != "user.registered.v1" {
                continue;
            }
            let event =
                <UserEvent as domain::stored::StoredEvent>::read(&event.kind, &event.data).unwrap();
            if let UserEvent::Registered { email_claim, username_claim, .. } = event {
                accounts += 1;
                for claim in [email_claim, username_claim] {
                    assert!(claims.insert(claim.clone()), "seed {seed}: {claim} twice");
                }
            }
        }
        assert!((5..=3 + 6).contains(&accounts), "seed {seed}: {accounts} accounts");
        // An address of which nothing came can still be had, at the latest when its claim has lapsed.
        world.later(jiff::SignedDuration::from_mins(5));
        for n in 0..4 {
            let mut body = registration(&format!("late{n}"));
            body["email"] = json!(format!("address{n}@example.org"));
            assert_eq!(register(&world, &body, &format!("late{n}")).await.summary(), "202");
        }
        let again =
            world.all().await.into_iter().filter(|it| it.kind == "user.registered.v1").count();
        assert_eq!(
            again,
            accounts.max(3 + 4),
            "seed {seed}: each address has one account in the end"
        );
    }
}
