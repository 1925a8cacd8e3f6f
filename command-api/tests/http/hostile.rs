//! Small worlds with a bad network before the log, each made of one seed: whatever is lost, late or refused, what was
//! answered happened, nobody's times overlap, and nobody shares an identifier.
mod bookings;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::users::UserEvent;
use event_store::hostile::{Hostile, Meddler};
use event_store::memory::MemoryStore;
use event_store::{EventStore, Store};
use serde_json::{Value, json};

use crate::world::{Reply, With, World, post, registration};

/// A good store, and the bad networks that it is reached through, one after the other.
struct Fickle {
    inner: Store,
    networks: [Hostile; 2],
    /// Which of them there is now, from 1; 0 for none.
    network: AtomicUsize,
}

impl Fickle {
    fn new(seed: u64) -> Self {
        let inner: Store = Arc::new(MemoryStore::default());
        let networks = [seed, !seed].map(|it| Hostile::new(inner.clone(), it));
        Self { inner, networks, network: AtomicUsize::new(0) }
    }

    /// From here on the store is reached through this network.
    fn through(&self, network: usize) {
        self.network.store(network, Ordering::Relaxed);
    }

    /// Everything late arrives, and from here on all goes well.
    async fn calm(&self) {
        for network in &self.networks {
            network.calm().await;
        }
        self.through(0);
    }

    fn below(&self, n: usize) -> usize {
        usize::try_from(self.networks[0].roll(n as u64)).unwrap()
    }
}

impl Meddler for Fickle {
    fn inner(&self) -> &dyn EventStore {
        match self.network.load(Ordering::Relaxed) {
            0 => &*self.inner,
            network => &self.networks[network - 1],
        }
    }
}

/// A world of one seed, with nothing bad in it yet.
async fn world(seed: u64, settings: &[(&str, &str)]) -> (Arc<Fickle>, World) {
    println!("seed {seed}: alone with TEST_SEED={seed}");
    let store = Arc::new(Fickle::new(seed));
    let world = World::on(store.clone(), settings).await;
    world.open_riverside().await;
    (store, world)
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
    for seed in testing::seeds(1..5) {
        let (store, world) = world(seed, &[]).await;
        store.through(1);
        // Three people each for four addresses, and everybody's name is wanted by the next one as well.
        for n in 0..12 {
            let mut body = registration(&format!("name{}", n / 2));
            body["email"] = json!(format!("address{}@example.org", n % 4));
            let said = register(&world, &body, &format!("key{n}")).await.summary();
            let expected = ["202", "409 identifier-taken #/username taken"];
            assert!(expected.contains(&said.as_str()), "seed {seed}: {said}");
        }
        store.calm().await;
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
        assert!((3..=1 + 6).contains(&accounts), "seed {seed}: {accounts} accounts");
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
            accounts.max(1 + 4),
            "seed {seed}: each address has one account in the end"
        );
    }
}
