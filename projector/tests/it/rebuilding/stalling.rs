//! A projection that stops where it is told to, and refuses what it is told to.
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use event_store::Recorded;
use projector::projection::Projection;
use runtime::follow::FollowError;
use sqlx::PgConnection;
use tokio::sync::Notify;

use super::NAME;

const GATED: &str = concat!(
    "SELECT pg_advisory_xact_lock_shared(42); ",
    include_str!("../../../src/bookings/views.sql")
);

const SLEEPY: &str =
    concat!(include_str!("../../../src/bookings/indexes.sql"), "SELECT pg_sleep(3600)");

/// Where a projector stops for ever, inside a transaction on a build that is not the live one.
#[derive(Clone, Copy, Debug)]
pub enum Stall {
    Never,
    /// Before it writes the rows of chunk n.
    Before(usize),
    /// When it has written them, and before it commits.
    After(usize),
    /// Like `After`, the whole thread with it, as a stopped process does; until it is thawed.
    Freeze(usize),
    /// When the rows are all there, and the indexes about to be.
    Indexes,
    /// When the rows are all there, and the views are about to be switched.
    Views,
    /// There too, until the gate is opened.
    Gate,
    /// At the nth refusal of an event, on whatever build.
    Refusal(usize),
    /// Nowhere; but until it is mended there is no room for a new build.
    Full,
    /// Nowhere; but what it does depends on everything before.
    Keyless,
}

pub const UNBOUND: Stall = Stall::Never;

/// The real projection of bookings, which stalls where it is told to.
pub struct Stalling {
    pub inner: Arc<dyn Projection>,
    pub stall: Stall,
    pub chunks: AtomicUsize,
    pub stalled: Arc<Notify>,
    pub ice: Arc<Mutex<()>>,
    pub refused: Refused,
    pub refusals: AtomicUsize,
}

/// Events that cannot be applied, as streams and revisions, until somebody mends them.
pub type Refused = Arc<Mutex<BTreeSet<(String, u64)>>>;

impl Stalling {
    /// Fails as a broken constraint does: nothing says which event it was.
    async fn refuse(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let is_refused = {
            let refused = self.refused.lock().expect("no test panics here");
            events.iter().any(|it| refused.contains(&(it.stream.clone(), it.revision)))
        };
        if !is_refused {
            return Ok(());
        }
        let count = self.refusals.fetch_add(1, Ordering::SeqCst) + 1;
        if matches!(self.stall, Stall::Refusal(n) if n == count) {
            self.for_ever().await;
        }
        sqlx::query("SELECT 1 / 0").execute(db).await?;
        Ok(())
    }

    fn is_mended(&self) -> bool {
        self.refused.lock().expect("no test panics here").is_empty()
    }

    async fn for_ever(&self) {
        self.stalled.notify_one();
        std::future::pending::<()>().await;
    }
}

#[async_trait]
impl Projection for Stalling {
    fn name(&self) -> &'static str {
        NAME
    }

    fn key<'a>(&self, event: &'a Recorded) -> Option<&'a str> {
        if matches!(self.stall, Stall::Keyless) { None } else { self.inner.key(event) }
    }

    fn create(&self) -> &'static str {
        self.inner.create()
    }

    fn indexes(&self) -> &'static str {
        match self.stall {
            Stall::Indexes => SLEEPY,
            _ => self.inner.indexes(),
        }
    }

    fn views(&self) -> &'static str {
        match self.stall {
            // Sleeps inside the transaction of the switch, in the database.
            Stall::Views => "SELECT pg_sleep(3600)",
            Stall::Gate => GATED,
            _ => self.inner.views(),
        }
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let is_live =
            "SELECT current_schema() = 'bookings_b' || build FROM builds WHERE state = 'live'";
        if sqlx::query_scalar(is_live).fetch_one(&mut *db).await? {
            self.inner.apply(db, events).await?;
            return self.refuse(db, events).await;
        }
        let chunk = self.chunks.fetch_add(1, Ordering::SeqCst) + 1;
        if matches!(self.stall, Stall::Before(n) if n == chunk) {
            self.for_ever().await;
        }
        self.inner.apply(db, events).await?;
        if matches!(self.stall, Stall::Full) && !self.is_mended() {
            let full =
                "DO $$ BEGIN RAISE 'No space left on device' USING ERRCODE = '53100'; END $$";
            sqlx::raw_sql(full).execute(&mut *db).await?;
        }
        self.refuse(db, events).await?;
        if matches!(self.stall, Stall::After(n) if n == chunk) {
            self.for_ever().await;
        }
        if matches!(self.stall, Stall::Freeze(n) if n == chunk) {
            self.stalled.notify_one();
            let _frozen = self.ice.lock();
        }
        Ok(())
    }
}
