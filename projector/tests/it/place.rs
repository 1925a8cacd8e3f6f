//! A log with everything that a projection has keys for, and projectors of all projections.
use std::sync::Arc;
use std::time::Duration;

use domain::bookings::{BookedFor, BookingEvent, Held};
use domain::ids::{GuestId, SessionId};
use domain::logins::{LoginEvent, Origin};
use domain::projections::{How, ProjectionCommand, ProjectionState, stream};
use domain::sealed::Sealed;
use domain::users::{Role, UserEvent};
use event_store::memory::MemoryStore;
use event_store::{Executor, LogId, Metadata, Store};
use projector::projection::Projection;
use projector::{Pace, Projector, projections, status};
use prometheus_client::metrics::counter::Counter;
use runtime::{Shutdown, ids, migrations};
use testing::{Scratch, eventually};
use uuid::Uuid;
use vault::Vault;

use crate::given::{append, court_day, held, t};

const LONG: Duration = Duration::from_mins(1);
pub const PACE: Pace = Pace { chunk: 20, lease: Duration::from_secs(2) };

pub struct Place {
    pub read: Scratch,
    vault_db: Scratch,
    pub vault: Vault,
    pub store: Store,
    executor: Executor,
    log: LogId,
}

impl Place {
    pub async fn new() -> Self {
        let vault_db = Scratch::new(&vault::MIGRATOR).await;
        let vault = Vault::new(vault_db.pool.clone(), &"00".repeat(32).into()).expect("a key");
        let store: Store = Arc::new(MemoryStore::default());
        let read = Scratch::new(&migrations::READ).await;
        let executor = Executor::new(Arc::clone(&store));
        Self { read, vault_db, vault, store, executor, log: LogId(ids::new()) }
    }

    /// A projector, of projections that are wrapped or not.
    pub fn start(&self, wrap: impl Fn(Arc<dyn Projection>) -> Arc<dyn Projection>) -> Shutdown {
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

    pub async fn register(&self, user: Uuid) {
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

    pub async fn log_in(&self, user: Uuid) {
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

    pub async fn erase(&self, user: Uuid) {
        self.vault.destroy(&format!("user-{user}"), None).await.expect("an erasure");
        append(&self.store, &format!("user-{user}"), 0, &UserEvent::Erased {}).await;
    }

    pub async fn hold_for(&self, guest: GuestId, day: u8, suffix: &str) {
        let subject = guest.stream();
        let name = self.sealed(&subject, "name").await;
        let BookingEvent::Held(held) = held(day, suffix, 120) else { unreachable!("a hold") };
        let booked_for = BookedFor::Guest { guest, name, email: None, phone: None, notes: None };
        let held = BookingEvent::Held(Box::new(Held { booked_for, ..*held }));
        append(&self.store, &court_day(day), 0, &held).await;
    }

    pub async fn request(&self, name: &str, workers: u8) -> Uuid {
        let rebuild = ids::new();
        let how = How { workers, verifies: true };
        let request = ProjectionCommand::RequestRebuild { rebuild, how, accepts: false };
        self.command(name, request).await;
        rebuild
    }

    /// Gives a parked event up.
    pub async fn skip(&self, name: &str, event: Uuid) {
        let reason = "broken".to_owned();
        self.command(name, ProjectionCommand::Skip { event, reason, is_parked: true }).await;
    }

    async fn command(&self, name: &str, command: ProjectionCommand) {
        let meta = Metadata::new(ids::new(), t(0)).actor("user:42");
        let asked = self.executor.execute::<ProjectionState>(&stream(name), command, &meta).await;
        asked.expect("the command is taken");
    }

    /// Waits until a rebuild is switched to, which it is only if it is as the live build.
    pub async fn switched(&self, rebuild: Uuid) {
        eventually("the switch", LONG, async || {
            let it = status::rebuild(&self.read.pool, rebuild).await.expect("progress");
            let Some(it) = it else { return false };
            assert!(!["differs", "failed"].contains(&it.state.as_str()), "{it:?}");
            it.state == "switched"
        })
        .await;
    }

    pub async fn caught_up(&self, projections: usize) {
        let head = self.store.head().await.expect("a head");
        eventually("all projections catch up", LONG, async || {
            let all = status::list(&self.read.pool, &self.store, self.log).await.expect("a list");
            all.len() == projections && all.iter().all(|it| head <= it.position)
        })
        .await;
    }
}
