//! However many workers share a rebuild, it comes to the same as what is live, and forgets whoever is erased meanwhile.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::bookings::{BookedFor, BookingEvent, Held};
use domain::courts::CourtEvent;
use domain::guests::GuestEvent;
use domain::ids::{GuestId, SessionId};
use domain::logins::{LoginEvent, Origin};
use domain::projections::{How, PROJECTIONS, ProjectionCommand, ProjectionState, stream};
use domain::sealed::Sealed;
use domain::users::{Role, UserEvent};
use event_store::memory::MemoryStore;
use event_store::{Executor, LogId, Metadata, Recorded, Store};
use projector::projection::Projection;
use projector::{Pace, Projector, projections, status};
use prometheus_client::metrics::counter::Counter;
use runtime::follow::FollowError;
use runtime::{Shutdown, ids, migrations};
use sqlx::PgConnection;
use testing::{Scratch, eventually};
use tokio::sync::Notify;
use uuid::Uuid;
use vault::Vault;

use crate::given::{self, append, cancelled, confirmed, court_day, held, released};

const LONG: Duration = Duration::from_mins(1);
const PACE: Pace = Pace { chunk: 20, lease: Duration::from_secs(2) };
const PEOPLE: u64 = 6;

/// A log with everything that a projection has keys for, and a projector of all.
struct Place {
    read: Scratch,
    vault_db: Scratch,
    vault: Vault,
    store: Store,
    executor: Executor,
    log: LogId,
}

impl Place {
    async fn new() -> Self {
        let vault_db = Scratch::new(&vault::MIGRATOR).await;
        let vault = Vault::new(vault_db.pool.clone(), &"00".repeat(32).into()).expect("a key");
        let store: Store = Arc::new(MemoryStore::default());
        let read = Scratch::new(&migrations::READ).await;
        let executor = Executor::new(Arc::clone(&store));
        Self { read, vault_db, vault, store, executor, log: LogId(ids::new()) }
    }

    /// A projector, of projections that are wrapped or not.
    fn start(&self, wrap: impl Fn(Arc<dyn Projection>) -> Arc<dyn Projection>) -> Shutdown {
        // As another process would: with no key in memory that this one has destroyed.
        let vault = Vault::new(self.vault_db.pool.clone(), &"00".repeat(32).into()).expect("a key");
        let all = projections::all(&vault, &Counter::default()).into_iter().map(wrap).collect();
        let shutdown = Shutdown::new();
        let (db, executor) = (self.read.pool.clone(), self.executor.clone());
        let projector = Projector::new(db, executor, self.log, all, PACE, shutdown.clone());
        tokio::spawn(async move { projector.run().await });
        shutdown
    }

    async fn sealed(&self, subject: &str, field: &'static str) -> Sealed {
        let text = format!("{field} of {subject}");
        self.vault.seal(subject, field, ids::new(), &text).await.expect("a sealed value")
    }

    async fn register(&self, user: Uuid) {
        let subject = format!("user-{user}");
        let event = UserEvent::Registered {
            email: self.sealed(&subject, "email").await,
            username: self.sealed(&subject, "username").await,
            display_name: self.sealed(&subject, "display_name").await,
            phone: None,
            email_claim: format!("claim-email-{user}"),
            username_claim: format!("claim-username-{user}"),
            role: Role::Player,
            verification_required: false,
        };
        append(&self.store, &subject, 0, &event).await;
    }

    async fn log_in(&self, user: Uuid) {
        let subject = format!("user-{user}/2026Q1");
        let from = Origin {
            address: Some(self.sealed(&subject, "address").await),
            user_agent: None,
            identifier: "h4sh".to_owned(),
        };
        let session = SessionId(ids::new());
        let event = LoginEvent::Succeeded { session, from, device: None, new_device: false };
        append(&self.store, &format!("login-{user}"), 0, &event).await;
    }

    async fn erase(&self, user: Uuid) {
        self.vault.destroy(&format!("user-{user}"), None).await.expect("an erasure");
        append(&self.store, &format!("user-{user}"), 0, &UserEvent::Erased {}).await;
    }

    async fn hold_for(&self, guest: GuestId, day: u8, suffix: &str) {
        let subject = guest.stream();
        let name = self.sealed(&subject, "name").await;
        let BookingEvent::Held(held) = held(day, suffix, 120) else { unreachable!("a hold") };
        let booked_for = BookedFor::Guest { guest, name, email: None, phone: None, notes: None };
        let held = BookingEvent::Held(Box::new(Held { booked_for, ..*held }));
        append(&self.store, &court_day(day), 0, &held).await;
    }

    async fn request(&self, name: &str, workers: u8) -> Uuid {
        let rebuild = ids::new();
        let how = How { workers, verifies: true };
        let command = ProjectionCommand::RequestRebuild { rebuild, how, accepts: false };
        let meta = Metadata::new(rebuild, given::t(0)).actor("user:42");
        let asked = self.executor.execute::<ProjectionState>(&stream(name), command, &meta).await;
        asked.expect("the command is taken");
        rebuild
    }

    /// Waits until a rebuild is switched to, which it is only if it is as the live build.
    async fn switched(&self, rebuild: Uuid) {
        eventually("the switch", LONG, async || {
            let it = status::rebuild(&self.read.pool, rebuild).await.expect("progress");
            let Some(it) = it else { return false };
            assert!(!["differs", "failed"].contains(&it.state.as_str()), "{it:?}");
            it.state == "switched"
        })
        .await;
    }

    async fn caught_up(&self, projections: usize) {
        let head = self.store.head().await.expect("a head");
        eventually("all projections catch up", LONG, async || {
            let all = status::list(&self.read.pool, &self.store, self.log).await.expect("a list");
            all.len() == projections && all.iter().all(|it| head <= it.position)
        })
        .await;
    }
}

/// Chance that can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn person(n: u64) -> Uuid {
    Uuid::from_u128(0xA11CE + u128::from(n))
}

/// Whatever may happen in an evening, in an order that the dice say.
async fn evening(place: &Place, dice: &mut Dice) {
    for n in 0..PEOPLE {
        place.register(person(n)).await;
    }
    let mut left = vec![];
    for n in 0..120 {
        let (who, day) = (dice.below(PEOPLE), u8::try_from(1 + dice.below(9)).expect("a day"));
        let (user, suffix) = (person(who), n.to_string());
        match dice.below(8) {
            0 if !left.contains(&who) && left.len() < 3 => {
                left.push(who);
                place.erase(user).await;
            }
            0..=2 if !left.contains(&who) => place.log_in(user).await,
            3 => {
                let guest = GuestId(ids::new());
                place.hold_for(guest, day, &suffix).await;
                if dice.below(2) == 0 {
                    place.vault.destroy(&guest.stream(), None).await.expect("an erasure");
                    append(&place.store, &guest.stream(), 0, &GuestEvent::Erased {}).await;
                }
            }
            4 => {
                let (name, kind, surface) =
                    ("One".to_owned(), "padel".to_owned(), "clay".to_owned());
                let venue = "riverside".parse().expect("a venue");
                let added = CourtEvent::Added { venue, name, kind, surface, indoor: false };
                append(&place.store, &format!("court-C{n:03}"), 0, &added).await;
            }
            _ => {
                append(&place.store, &court_day(day), 0, &held(day, &suffix, 120)).await;
                let next = match dice.below(4) {
                    0 => released(day, &suffix),
                    _ => confirmed(day, &suffix),
                };
                append(&place.store, &court_day(day), 1, &next).await;
                if dice.below(3) == 0 && matches!(next, BookingEvent::Confirmed { .. }) {
                    append(&place.store, &court_day(day), 2, &cancelled(day, &suffix)).await;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shared_or_not_a_rebuild_comes_to_the_same() {
    let seed = u64::from_le_bytes(ids::new().as_bytes()[8..].try_into().expect("eight bytes"));
    for seed in [1, 2, seed] {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let place = Place::new().await;
        evening(&place, &mut dice).await;
        let shutdown = place.start(|it| it);
        place.caught_up(PROJECTIONS.len()).await;
        for name in PROJECTIONS {
            let workers = u8::try_from(2 + dice.below(7)).expect("a few");
            let rebuild = place.request(name, workers).await;
            place.switched(rebuild).await;
        }
        shutdown.cancel();
    }
}

/// Opens what is sealed, and does not commit until it is told to.
struct Gated {
    inner: Arc<dyn Projection>,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Gate {
    is_open: AtomicBool,
    opened: Notify,
    reached: Notify,
}

#[async_trait]
impl Projection for Gated {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn key<'a>(&self, event: &'a Recorded) -> Option<&'a str> {
        self.inner.key(event)
    }

    fn create(&self) -> &'static str {
        self.inner.create()
    }

    fn indexes(&self) -> &'static str {
        self.inner.indexes()
    }

    fn views(&self) -> &'static str {
        self.inner.views()
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        self.inner.apply(db, events).await?;
        let is_new = "SELECT current_schema() LIKE '%_b2'";
        let is_new: bool = sqlx::query_scalar(is_new).fetch_one(db).await?;
        let is_theirs = events.iter().any(|it| it.stream == format!("login-{}", person(0)));
        if is_new && is_theirs && !self.gate.is_open.load(Ordering::SeqCst) {
            self.gate.reached.notify_one();
            self.gate.opened.notified().await;
        }
        Ok(())
    }

    async fn forget(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        self.inner.forget(db, events).await
    }
}

/// The live build blanks what the new one has; but not what a worker has opened and not committed yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_erased_while_a_worker_has_their_words_in_hand_is_forgotten() {
    let place = Place::new().await;
    for n in 0..PEOPLE {
        place.log_in(person(n)).await;
    }
    let gate = Arc::new(Gate::default());
    let shutdown = place.start(|inner| match inner.name() {
        "logins" => Arc::new(Gated { inner, gate: Arc::clone(&gate) }),
        _ => inner,
    });
    place.caught_up(PROJECTIONS.len()).await;
    let rebuild = place.request("logins", 4).await;
    tokio::time::timeout(LONG, gate.reached.notified()).await.expect("it is opened");
    place.erase(person(0)).await;
    // More than is done at once at the end: the erasure is of a chunk that is shared.
    for n in 0..2 * u64::try_from(PACE.chunk).expect("few") {
        place.log_in(person(1 + n % (PEOPLE - 1))).await;
    }
    place.caught_up(PROJECTIONS.len()).await;
    gate.is_open.store(true, Ordering::SeqCst);
    gate.opened.notify_one();
    place.switched(rebuild).await;
    let ips = sqlx::query_scalar("SELECT ip FROM logins_v1 WHERE user_id = $1").bind(person(0));
    let ips: Vec<String> = ips.fetch_all(&place.read.pool).await.expect("rows");
    assert_eq!(ips, ["[erased]"]);
    shutdown.cancel();
}
