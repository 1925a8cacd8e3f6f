//! A guest who asked to be forgotten is, whoever dies in between, and stays so when an old vault comes back.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::bookings::{BookedFor, BookingCommand, Hold, Holder};
use domain::guests::{Guest, GuestCommand};
use domain::ids::{BookingId, GuestId};
use domain::sealed::Sealed;
use event_store::{Executor, Metadata, Store};
use runtime::ids;
use runtime::metrics::Metrics;
use scheduler::erasures::metrics::ErasureMetrics;
use scheduler::erasures::reconcile::{destroy_again, reconcile};
use scheduler::erasures::steps::Steps;
use scheduler::erasures::worker::Worker;
use secrecy::SecretString;
use testing::Scratch;
use uuid::Uuid;
use vault::Vault;

use crate::reactions::world::{self, World};

const GUEST: GuestId = GuestId(Uuid::from_u128(0x6E57));

struct Desk {
    world: World,
    vault_db: Scratch,
    edge: Scratch,
    booking: BookingId,
    email: Sealed,
}

impl Desk {
    async fn new() -> Self {
        let world = World::new().await;
        let vault_db = Scratch::new(&vault::MIGRATOR).await;
        let edge = Scratch::new(&runtime::migrations::EDGE).await;
        let vault = vault(&vault_db);
        let seal = async |field, text| {
            vault.seal(&GUEST.stream(), field, ids::new(), text).await.expect("a sealed value")
        };
        let email = seal("email", "dora@example.org").await;
        let booked_for = BookedFor::Guest {
            guest: GUEST,
            name: seal("name", "Dóra").await,
            email: Some(email.clone()),
            phone: None,
            notes: None,
        };
        let hold: Hold = world::new_hold(1, 900, world.clock.now());
        let booking = hold.place.booking.clone();
        let hold = Hold { by: Holder::Desk { booked_for, overridden: None }, ..hold };
        world.booking(&booking, BookingCommand::Hold(Box::new(hold))).await;
        sqlx::query(
            "INSERT INTO inbox (id, kind, recipient, subject, body, at) VALUES
            (gen_random_uuid(), 'mail', 'Dora@example.org', 's', 'b', now()),
            (gen_random_uuid(), 'mail', 'ida@example.org', 's', 'b', now())",
        )
        .execute(&edge.pool)
        .await
        .expect("mail");
        let desk = Self { world, vault_db, edge, booking, email };
        let ask = GuestCommand::RequestErasure { booking: desk.booking.clone() };
        let meta = Metadata::new(ids::new(), desk.world.clock.now());
        let asked = desk.world.executor.execute::<Guest>(&GUEST.stream(), ask, &meta).await;
        asked.expect("it is asked for");
        desk.world.follow().await;
        desk
    }

    /// As a process that has just begun: nothing in memory.
    fn worker(&self) -> Worker {
        Worker {
            db: self.world.db(),
            clock: self.world.clock.clone(),
            steps: Steps {
                executor: Executor::new(Arc::clone(&self.world.store) as Store),
                vault: vault(&self.vault_db),
                read: self.world.db(),
                inbox: Some(self.edge.pool.clone()),
            },
            metrics: ErasureMetrics::register(&Metrics::default()),
        }
    }

    async fn a_while_later(&self) {
        self.world.later(60);
        sqlx::query("UPDATE tombstones SET destroyed_at = destroyed_at - interval '1 minute'")
            .execute(&self.vault_db.pool)
            .await
            .expect("tombstones");
    }

    async fn is_gone(&self, case: &str) {
        let events = self.world.store.inner_stream(&GUEST.stream()).await;
        let names: Vec<&str> = events.iter().map(|it| it.kind.as_str()).collect();
        assert_eq!(names, ["guest.erasure-requested.v1", "guest.erased.v1"], "{case}");
        let tombstones: Vec<(String, Option<Uuid>)> =
            sqlx::query_as("SELECT subject, event_id FROM tombstones")
                .fetch_all(&self.vault_db.pool)
                .await
                .expect("tombstones");
        assert_eq!(tombstones, [(GUEST.stream(), Some(events[0].id))], "{case}");
        let opened = vault(&self.vault_db).open(&GUEST.stream(), "email", &self.email).await;
        assert_eq!(opened.expect("it says so"), None, "{case}");
        let left: Vec<String> = sqlx::query_scalar("SELECT recipient FROM inbox")
            .fetch_all(&self.edge.pool)
            .await
            .expect("mail");
        assert_eq!(left, ["ida@example.org"], "{case}");
        assert!(self.world.ends(&self.booking).await.is_empty(), "{case}: the booking stays");
    }
}

fn vault(db: &Scratch) -> Vault {
    Vault::new(db.pool.clone(), &SecretString::from("7".repeat(64))).expect("a key")
}

#[tokio::test]
async fn a_guest_is_forgotten_and_the_booking_stays() {
    let desk = Desk::new().await;
    let worker = desk.worker();
    assert_eq!(worker.round().await.expect("a round"), 1);
    let events = desk.world.store.inner_stream(&GUEST.stream()).await;
    assert_eq!(events.len(), 1, "others may still have the key in memory");
    desk.a_while_later().await;
    assert_eq!(worker.round().await.expect("a round"), 1);
    desk.is_gone("in one go").await;
    assert_eq!((worker.metrics.erased.get(), worker.metrics.pending.get()), (1, 0));

    desk.world.follow().await;
    sqlx::query("DELETE FROM checkpoints").execute(&desk.world.db()).await.expect("a replay");
    desk.world.follow().await;
    assert_eq!(worker.round().await.expect("a round"), 0, "told again, it is done");
}

#[tokio::test]
async fn a_worker_that_dies_as_it_says_so_is_followed_by_one_that_knows() {
    let desk = Desk::new().await;
    let dying = desk.worker();
    dying.round().await.expect("a round");
    desk.a_while_later().await;
    *desk.world.store.last_words.lock().expect("the lock") = Some(1);
    dying.round().await.expect("a round");
    assert!(desk.world.store.away.load(Ordering::SeqCst), "it died");
    *desk.world.store.last_words.lock().expect("the lock") = None;
    desk.world.store.away.store(false, Ordering::SeqCst);
    desk.a_while_later().await;
    desk.worker().round().await.expect("a round");
    desk.is_gone("by another").await;
}

#[tokio::test]
async fn a_guest_stays_forgotten_when_an_old_vault_comes_back() {
    let desk = Desk::new().await;
    let run = async |sql| sqlx::query(sql).execute(&desk.vault_db.pool).await.expect("it is done");
    run("CREATE TABLE backup AS SELECT * FROM data_keys").await;
    for _ in 0..2 {
        desk.worker().round().await.expect("a round");
        desk.a_while_later().await;
    }
    desk.is_gone("once").await;
    let steps = desk.worker().steps;
    assert_eq!(reconcile(&desk.world.db(), &steps.vault).await.expect("a look"), 0);
    // An old vault knows nothing of it.
    run("DELETE FROM tombstones").await;
    run("INSERT INTO data_keys SELECT * FROM backup").await;
    assert_eq!(reconcile(&desk.world.db(), &steps.vault).await.expect("a look"), 1);
    desk.is_gone("restored").await;
    let nobody = destroy_again(&steps.vault, &BTreeMap::new()).await;
    assert_eq!(nobody.expect("a look"), 0);
}
