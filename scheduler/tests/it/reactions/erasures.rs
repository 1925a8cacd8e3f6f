//! Who asks to be erased is erased: step by step, whoever dies in between, and nothing twice.
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::bookings::{BookingCommand, Hold};
use domain::claims::{Claim, ClaimCommand, Holder};
use domain::ids::{BookingId, SessionId};
use domain::logins::{Attempt, Limits, LoginCommand, Logins, Origin};
use domain::players::{Player, PlayerCommand, TakeLease};
use domain::sealed::Sealed;
use domain::sessions::{SessionCommand, SessionState};
use domain::users::{Channel, ErasureCause, User, UserCommand, Wanted};
use domain::waitlist::{Join, WaitingId, Waitlist, WaitlistCommand, Wish};
use event_store::{Executor, Store};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use runtime::ids;
use runtime::metrics::Metrics;
use scheduler::erasures::metrics::ErasureMetrics;
use scheduler::erasures::reconcile::reconcile;
use scheduler::erasures::steps::Steps;
use scheduler::erasures::worker::Worker;
use secrecy::SecretString;
use sqlx::PgPool;
use testing::Scratch;
use uuid::Uuid;
use vault::Vault;

use crate::given;
use crate::reactions::world::{self, PLAYER, World};

const CLAIMS: [&str; 2] = ["claim-email-1", "claim-username-1"];

/// A player with everything one can have.
struct Life {
    world: World,
    vault_db: Scratch,
    edge: Scratch,
    email: Sealed,
    open: BookingId,
    coming: BookingId,
    sessions: Vec<SessionId>,
}

fn vault(db: PgPool) -> Vault {
    Vault::new(db, &SecretString::from("7".repeat(64))).unwrap()
}

impl Life {
    async fn new() -> Self {
        let world = World::new().await;
        let vault_db = Scratch::new(&vault::MIGRATOR).await;
        let edge = Scratch::new(&runtime::migrations::EDGE).await;
        let vault = vault(vault_db.pool.clone());
        world::register(&world.executor, &vault, world.clock.now(), false).await;
        let subject = PLAYER.stream();
        let email = vault.seal(&subject, "email", ids::new(), "eva@example.org").await.unwrap();
        let mut life = Self {
            open: world.hold(900).await,
            coming: world.hold(900).await,
            world,
            vault_db,
            edge,
            email,
            sessions: vec![],
        };
        life.world.confirm(&life.coming).await;
        for booking in [&life.open, &life.coming] {
            life.lease(booking).await;
        }
        for claim in CLAIMS {
            life.own(claim).await;
        }
        for _ in 0..2 {
            life.log_in().await;
        }
        life
    }

    async fn lease(&self, booking: &BookingId) {
        self.take_lease(booking, SignedDuration::from_mins(16)).await;
    }

    async fn take_lease(&self, booking: &BookingId, life: SignedDuration) {
        let at = self.world.clock.now();
        let take = TakeLease {
            booking: booking.clone(),
            reference: booking.clone(),
            command: ids::new(),
            venue: "nord".parse().unwrap(),
            until: at + life,
            at,
            quotas: None,
        };
        let take = PlayerCommand::TakeLease(Box::new(take));
        self.world.execute::<Player>(&PLAYER.player_stream(), take).await;
    }

    async fn own(&self, claim: &str) {
        let at = self.world.clock.now();
        let until = at + SignedDuration::from_mins(2);
        let take = ClaimCommand::Claim { user: PLAYER, until, at, fenced: None };
        self.world.execute::<Claim>(claim, take).await;
        self.world.execute::<Claim>(claim, ClaimCommand::Confirm { user: PLAYER }).await;
    }

    async fn log_in(&mut self) {
        let (session, at) = (SessionId(ids::new()), self.world.clock.now());
        let from = Origin { address: None, user_agent: None, identifier: "h".to_owned() };
        let (window, lockout) = (SignedDuration::from_mins(15), SignedDuration::from_mins(30));
        let attempt = Attempt {
            proof: domain::logins::Proof::NotNeeded,
            password_right: true,
            verified: true,
            disabled: false,
            session: Some(session),
            from,
            device: None,
            at,
            limits: Limits { max_attempts: 5, window, lockout },
        };
        let attempt = LoginCommand::Attempt(Box::new(attempt));
        self.world.execute::<Logins>(&PLAYER.login_stream(), attempt).await;
        let later = at + SignedDuration::from_hours(24);
        let start = SessionCommand::Start {
            user: PLAYER,
            epoch: 0,
            nonce: "n".to_owned(),
            refresh_key: "k".to_owned(),
            refresh_until: later,
            ends_at: later,
            factor: false,
        };
        self.world.execute::<SessionState>(&session.stream(), start).await;
        self.sessions.push(session);
    }

    async fn ask(&self) {
        let erase = UserCommand::RequestErasure { cause: ErasureCause::Own, reason: None };
        self.world.execute::<User>(&PLAYER.stream(), erase).await;
        self.world.follow().await;
    }

    /// As a process that has just begun: nothing in memory.
    fn worker(&self) -> Worker {
        let store = Arc::clone(&self.world.store) as Store;
        Worker {
            db: self.world.db(),
            clock: self.world.clock.clone(),
            steps: Steps {
                executor: Executor::new(store),
                vault: vault(self.vault_db.pool.clone()),
                read: self.world.db(),
                inbox: Some(self.edge.pool.clone()),
            },
            metrics: ErasureMetrics::register(&Metrics::default()),
        }
    }

    /// What no process has in memory any more, after a while.
    async fn a_while_later(&self, seconds: i64) {
        self.world.later(seconds);
        sqlx::query("UPDATE tombstones SET destroyed_at = destroyed_at - interval '1 minute'")
            .execute(&self.vault_db.pool)
            .await
            .unwrap();
    }

    async fn rows(&self) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM erasures WHERE NOT finished");
        count.fetch_one(&self.world.db()).await.unwrap()
    }

    async fn names(&self, stream: &str) -> Vec<String> {
        let events = self.world.store.inner_stream(stream).await;
        events.into_iter().map(|it| it.kind).collect()
    }

    async fn tombstones(&self) -> Vec<(String, Option<Uuid>)> {
        sqlx::query_as("SELECT subject, event_id FROM tombstones")
            .fetch_all(&self.vault_db.pool)
            .await
            .unwrap()
    }

    /// Everything is gone, and each step was taken once.
    async fn is_gone(&self, case: &str) {
        let account = self.names(&PLAYER.stream()).await;
        let account = account.iter().skip(2).map(String::as_str);
        let expected = ["user.erasure-requested.v1", "user.erased.v1"];
        assert_eq!(account.collect::<Vec<_>>(), expected, "{case}");
        for session in &self.sessions {
            let expected = ["session.started.v2", "session.revoked.v1"];
            assert_eq!(self.names(&session.stream()).await, expected, "{case}");
        }
        for claim in CLAIMS {
            let expected = ["claim.claimed.v1", "claim.confirmed.v1", "claim.released.v1"];
            assert_eq!(self.names(claim).await, expected, "{case}");
        }
        assert_eq!(self.world.ends(&self.open).await, ["booking.released.v1"], "{case}");
        let coming = ["booking.confirmed.v1", "booking.cancelled.v2"];
        assert_eq!(self.world.ends(&self.coming).await, coming, "{case}");
        let lent = self.names(&PLAYER.player_stream()).await;
        let closed = lent.iter().filter(|it| *it == "player.closed.v1").count();
        assert_eq!(closed, 1, "{case}");
        let asked = self.world.store.inner_stream(&PLAYER.stream()).await[2].id;
        let tombstones = self.tombstones().await;
        assert_eq!(tombstones, [(PLAYER.stream(), Some(asked))], "{case}");
        let opened = vault(self.vault_db.pool.clone());
        let opened = opened.open(&PLAYER.stream(), "email", &self.email).await.unwrap();
        assert_eq!((opened, self.rows().await), (None, 0), "{case}");
    }
}

#[tokio::test]
async fn who_asks_to_be_erased_loses_everything_in_its_order() {
    let life = Life::new().await;
    sqlx::query(
        "INSERT INTO inbox (id, kind, recipient, subject, body, at) VALUES
        (gen_random_uuid(), 'mail', 'Juergen@example.org', 's', 'b', now()),
        (gen_random_uuid(), 'mail', 'ida@example.org', 's', 'b', now())",
    )
    .execute(&life.edge.pool)
    .await
    .unwrap();
    life.ask().await;
    let worker = life.worker();
    assert_eq!(worker.round().await.unwrap(), 1);
    assert_eq!(life.tombstones().await.len(), 1, "the keys are destroyed");
    assert_eq!(life.names(&PLAYER.stream()).await.len(), 3, "others may still have one in memory");
    assert_eq!(worker.round().await.unwrap(), 0, "so it waits");

    life.a_while_later(15).await;
    assert_eq!(worker.round().await.unwrap(), 1);
    life.is_gone("in one go").await;
    let left: Vec<String> =
        sqlx::query_scalar("SELECT recipient FROM inbox").fetch_all(&life.edge.pool).await.unwrap();
    assert_eq!(left, ["ida@example.org"]);
    assert_eq!((worker.metrics.erased.get(), worker.metrics.pending.get()), (1, 0));
}

#[tokio::test]
async fn sms_that_the_demo_caught_go_with_their_number() {
    const NUMBER: &str = "+491701234567";
    let life = Life::new().await;
    let subject = PLAYER.stream();
    let sealed = vault(life.vault_db.pool.clone());
    let sealed = sealed.seal(&subject, "sms_number", ids::new(), NUMBER).await.unwrap();
    let (reminders, sms_number) = (Some(Channel::Sms), Some(Some(sealed.clone())));
    let wanted = Wanted { reminders, sms_number, ..Wanted::default() };
    life.world.execute::<User>(&subject, UserCommand::Prefer(wanted)).await;
    for number in [NUMBER, "+493012345678"] {
        sqlx::query(
            "INSERT INTO inbox (id, kind, recipient, subject, body, at)
            VALUES (gen_random_uuid(), 'sms', $1, 'SMS', 'b', now())",
        )
        .bind(number)
        .execute(&life.edge.pool)
        .await
        .unwrap();
    }
    life.ask().await;
    assert_eq!(life.worker().round().await.unwrap(), 1);
    let left: Vec<String> =
        sqlx::query_scalar("SELECT recipient FROM inbox").fetch_all(&life.edge.pool).await.unwrap();
    assert_eq!(left, ["+493012345678"]);
    let opened = vault(life.vault_db.pool.clone());
    assert_eq!(opened.open(&subject, "sms_number", &sealed).await.unwrap(), None);
}

#[tokio::test]
async fn who_is_erased_waits_nowhere_any_more() {
    let life = Life::new().await;
    let date = life.open.date();
    let from = date.at(10, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
    let waiting = WaitingId::derive(date, "nord".parse().unwrap(), ids::new());
    let to = from + SignedDuration::from_hours(2);
    let wish = Wish { from, to, minutes: 60, court: None, kind: None, surface: None, indoor: None };
    let (venue, at) = (given::venue(900), life.world.clock.now());
    let join = Join { waiting: waiting.clone(), user: PLAYER, wish, venue, at };
    life.world.execute::<Waitlist>(&waiting.stream(), WaitlistCommand::Join(Box::new(join))).await;
    life.ask().await;
    let worker = life.worker();
    assert_eq!(worker.round().await.unwrap(), 1);
    let expected = ["waitlist.joined.v1", "waitlist.left.v1"];
    assert_eq!(life.names(&waiting.stream()).await, expected);
    life.a_while_later(15).await;
    assert_eq!(worker.round().await.unwrap(), 1);
    life.is_gone("and once").await;
    assert_eq!(life.names(&waiting.stream()).await, expected);
}

#[tokio::test]
async fn whoever_dies_after_any_step_another_one_finishes_it() {
    // Two sessions, the player's stream, two bookings, two claims and the end: eight appends.
    const APPENDS: u32 = 8;
    for last in 1..=APPENDS {
        let life = Life::new().await;
        life.ask().await;
        let dying = life.worker();
        *life.world.store.last_words.lock().unwrap() = Some(last);
        for seconds in [60, 120] {
            dying.round().await.unwrap();
            life.a_while_later(seconds).await;
        }
        assert!(life.world.store.away.load(Ordering::SeqCst), "{last}: it died");
        assert_eq!(life.rows().await, 1, "{last}: the row is there for the next");
        *life.world.store.last_words.lock().unwrap() = None;
        life.world.store.away.store(false, Ordering::SeqCst);
        let next = life.worker();
        for seconds in [180, 240] {
            next.round().await.unwrap();
            life.a_while_later(seconds).await;
        }
        life.is_gone(&format!("died after append {last}")).await;
    }
}

#[tokio::test]
async fn a_log_that_is_read_anew_erases_nobody_twice() {
    let life = Life::new().await;
    life.ask().await;
    let worker = life.worker();
    worker.round().await.unwrap();
    life.a_while_later(15).await;
    worker.round().await.unwrap();
    life.is_gone("once").await;
    let before = life.world.store.inner.read_all_count().await;
    sqlx::query("DELETE FROM checkpoints").execute(&life.world.db()).await.unwrap();
    life.world.follow().await;
    assert_eq!(life.rows().await, 0, "its end is in the log");
    // And only the old half of it, as a follower that is on its way would have told.
    sqlx::query("UPDATE erasures SET finished = false, next_attempt_at = now() - interval '1 day'")
        .execute(&life.world.db())
        .await
        .unwrap();
    assert_eq!(worker.round().await.unwrap(), 1);
    assert_eq!(life.world.store.inner.read_all_count().await, before);
    life.is_gone("told again").await;
}

#[tokio::test]
async fn a_hold_that_is_just_being_made_is_waited_for() {
    let life = Life::new().await;
    let hold: Hold = world::new_hold(77, 900, life.world.clock.now());
    let late = hold.place.booking.clone();
    // The lease is lent, and the court-day has not answered yet.
    life.lease(&late).await;
    life.ask().await;
    let worker = life.worker();
    worker.round().await.unwrap();
    assert!(life.tombstones().await.is_empty(), "it is not over");
    life.world.booking(&late, BookingCommand::Hold(Box::new(hold))).await;
    life.world.later(5);
    worker.round().await.unwrap();
    assert_eq!(life.world.ends(&late).await, ["booking.released.v1"]);
    life.a_while_later(25).await;
    worker.round().await.unwrap();
    life.is_gone("with a late one").await;
}

#[tokio::test]
async fn a_lease_that_came_to_nothing_holds_nobody_up_for_long() {
    let life = Life::new().await;
    let never = world::new_hold(78, 900, life.world.clock.now()).place.booking;
    life.lease(&never).await;
    life.ask().await;
    let worker = life.worker();
    worker.round().await.unwrap();
    assert!(life.tombstones().await.is_empty());
    let released = life.world.ends(&life.open).await;
    assert_eq!(released, ["booking.released.v1"], "what can be given back is given back at once");
    // Until the lease itself would have ended.
    life.world.later(17 * 60);
    worker.round().await.unwrap();
    assert_eq!(life.tombstones().await.len(), 1);
}

#[tokio::test]
async fn the_names_of_the_erased_are_free_for_others() {
    let life = Life::new().await;
    life.ask().await;
    life.worker().round().await.unwrap();
    for claim in CLAIMS {
        let claim = life.world.executor.load::<Claim>(claim).await.unwrap().state;
        assert_eq!(claim.holder, Holder::Nobody);
    }
}

#[tokio::test]
async fn a_vault_that_was_restored_forgets_again_at_the_next_start() {
    let life = Life::new().await;
    let backup: Vec<(Uuid, String, i32, Vec<u8>)> =
        sqlx::query_as("SELECT key_id, subject, version, wrapped FROM data_keys")
            .fetch_all(&life.vault_db.pool)
            .await
            .unwrap();
    life.ask().await;
    let worker = life.worker();
    worker.round().await.unwrap();
    life.a_while_later(15).await;
    worker.round().await.unwrap();
    let again = async || reconcile(&life.world.db(), &life.worker().steps.vault).await.unwrap();
    assert_eq!(again().await, 0, "nothing to do");

    sqlx::query("DELETE FROM tombstones").execute(&life.vault_db.pool).await.unwrap();
    for (key, subject, version, wrapped) in backup {
        sqlx::query(
            "INSERT INTO data_keys (key_id, subject, version, wrapped) VALUES ($1, $2, $3, $4)",
        )
        .bind(key)
        .bind(subject)
        .bind(version)
        .bind(wrapped)
        .execute(&life.vault_db.pool)
        .await
        .unwrap();
    }
    let opened = vault(life.vault_db.pool.clone());
    let opened = opened.open(&PLAYER.stream(), "email", &life.email).await.unwrap();
    assert_eq!(opened.as_deref(), Some("eva@example.org"), "the backup brought it back");
    assert_eq!(again().await, 1);
    life.is_gone("restored").await;
    assert_eq!(again().await, 0);
}

trait Counted {
    async fn read_all_count(&self) -> usize;
}

impl Counted for event_store::memory::MemoryStore {
    async fn read_all_count(&self) -> usize {
        event_store::EventStore::read_all(self, 0, 10_000).await.unwrap().len()
    }
}
