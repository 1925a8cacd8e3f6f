//! However many workers share a rebuild, it comes to the same as what is live, and forgets whoever is erased meanwhile.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::bookings::BookingEvent;
use domain::courts::CourtEvent;
use domain::guests::GuestEvent;
use domain::ids::GuestId;
use domain::projections::PROJECTIONS;
use event_store::Recorded;
use projector::projection::Projection;
use runtime::follow::FollowError;
use runtime::ids;
use sqlx::PgConnection;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::given::{append, cancelled, confirmed, court_day, held, released};
use crate::place::{PACE, Place};

const LONG: Duration = Duration::from_mins(1);
const PEOPLE: u64 = 6;

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
