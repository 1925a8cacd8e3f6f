//! Events that cannot be applied, and what becomes of them.
//!
//! 1. A batch that fails is tried again, then in halves, until the culprit is alone. It is tried a few times more.
//! 2. Then it is parked with its key. What comes later of the same key waits behind it; all else goes on, and so does what an
//!    erasure asks for, wherever it waits.
//! 3. An operator has it tried again, or gives it up: an event on the projection's own stream, which the build meets
//!    like any other and acts on in that very transaction.
//!
//! **Invariant:** events of one key are applied in their order, or not at all; none is passed over in silence.
pub(crate) mod fault;
mod rows;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::projections::{ProjectionEvent, ProjectionState, stream};
use event_store::execute::ReadFailure;
use event_store::{Executor, Position, Recorded};
use runtime::causes;
use runtime::follow::FollowError;
use sqlx::{Acquire, PgConnection};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::builds::Build;
use crate::projection::{Projection, apply, read, unfit};

use fault::{Fault, fault};

pub(crate) use rows::forget_others;

/// Attempts at one event, with the follower's waits in between: a second or two, for what mends itself.
const ATTEMPTS: u32 = 5;
/// So many culprits are no accident of single events: the projection waits as a whole, for somebody to look.
const MOST_KEYS: usize = 100;

/// What the follower of one build knows about its failures.
pub(crate) struct Parking {
    projection: Arc<dyn Projection>,
    build: Build,
    executor: Executor,
    /// Of the projection itself.
    stream: String,
    /// The last batch failed: this one is taken apart if it does too.
    is_careful: AtomicBool,
    attempts: Mutex<BTreeMap<Position, u32>>,
    /// What the transaction in hand has parked, to be said once it is committed.
    unsaid: Mutex<Vec<Culprit>>,
    skipped: OnceCell<Mutex<BTreeSet<Uuid>>>,
}

/// How to go about events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    /// All at once, and no second thought.
    Plain,
    /// In halves, where it fails.
    Halving,
    /// The same, and what fails again is parked at once: an operator has asked.
    Asked,
}

/// A parked event, for the log's line about it.
struct Culprit {
    position: Position,
    event: Uuid,
    kind: String,
    key: String,
    why: String,
}

/// There is more wrong than an event.
#[derive(Debug, thiserror::Error)]
#[error("{MOST_KEYS} keys have parked events already; what is wrong here is not one event")]
struct TooMany(#[source] FollowError);

/// The events of a projection that operators have given up.
pub(crate) async fn skipped(
    executor: &Executor,
    projection: &str,
) -> Result<BTreeSet<Uuid>, FollowError> {
    match executor.load::<ProjectionState>(&stream(projection)).await {
        Ok(loaded) => Ok(loaded.state.skipped),
        Err(ReadFailure::Store(error)) => Err(error.into()),
        Err(ReadFailure::Codec(error)) => Err(unfit(0, error)),
    }
}

impl Parking {
    pub fn new(projection: Arc<dyn Projection>, build: Build, executor: Executor) -> Self {
        let stream = stream(projection.name());
        Self {
            projection,
            build,
            executor,
            stream,
            is_careful: AtomicBool::new(false),
            attempts: Mutex::default(),
            unsaid: Mutex::default(),
            skipped: OnceCell::new(),
        }
    }

    /// Applies a batch to the build that was entered, apart from what cannot be applied or has to wait behind what is
    /// parked of these `keys`.
    pub async fn apply(
        &self,
        db: &mut PgConnection,
        events: &[Recorded],
        keys: BTreeSet<String>,
    ) -> Result<(), FollowError> {
        self.unsaid().clear();
        let outcome = self.apply_around_answers(db, events, keys).await;
        match &outcome {
            Ok(()) => {
                self.is_careful.store(false, Ordering::Relaxed);
                let last = events.last().map_or(0, |it| it.position);
                self.attempts().retain(|position, _| last < *position);
            }
            Err(error) => {
                let is_event = fault(error) == Fault::Event;
                self.is_careful.fetch_or(is_event, Ordering::Relaxed);
            }
        }
        outcome
    }

    async fn apply_around_answers(
        &self,
        db: &mut PgConnection,
        events: &[Recorded],
        mut keys: BTreeSet<String>,
    ) -> Result<(), FollowError> {
        let is_careful = self.is_careful.load(Ordering::Relaxed);
        let care = if is_careful { Care::Halving } else { Care::Plain };
        let mut rest = events;
        while let Some(at) = rest.iter().position(|it| it.stream == self.stream) {
            self.settle(db, &rest[..at], &mut keys, care).await?;
            self.answer(db, &rest[at], &mut keys).await?;
            // It is an event like any other, too: whoever lists what operators did lists it.
            self.settle(db, &rest[at..=at], &mut keys, care).await?;
            rest = &rest[at + 1..];
        }
        self.settle(db, rest, &mut keys, care).await
    }

    /// Does what an operator has said about a parked event.
    async fn answer(
        &self,
        db: &mut PgConnection,
        event: &Recorded,
        keys: &mut BTreeSet<String>,
    ) -> Result<(), FollowError> {
        let about = match read(event)? {
            ProjectionEvent::RetryRequested { event, .. } => event,
            ProjectionEvent::Skipped { event, .. } => {
                self.skipped().await?.insert(event);
                event
            }
            ProjectionEvent::RebuildRequested { .. }
            | ProjectionEvent::DifferencesAccepted { .. }
            | ProjectionEvent::Switched { .. }
            | ProjectionEvent::Aborted { .. }
            | ProjectionEvent::Paused { .. }
            | ProjectionEvent::Resumed {}
            | ProjectionEvent::DropOldRequested {} => return Ok(()),
        };
        let (key, events) = rows::release(db, &self.build, about).await?;
        let Some(key) = key else { return Ok(()) };
        keys.remove(&key);
        let Build { projection, number } = &self.build;
        // Their positions lie behind what listeners have: whoever listens begins anew.
        raise_epochs(db, projection).await?;
        tracing::info!(projection, build = number, key, events = events.len(), "taken up again");
        self.settle(db, &events, keys, Care::Asked).await
    }

    /// Applies what can be applied, and parks the rest.
    async fn settle(
        &self,
        db: &mut PgConnection,
        events: &[Recorded],
        keys: &mut BTreeSet<String>,
        care: Care,
    ) -> Result<(), FollowError> {
        let mut parts = vec![Cow::Borrowed(events)];
        while let Some(part) = parts.pop() {
            let ready = self.ready(db, part, keys).await?;
            if ready.is_empty() {
                continue;
            }
            if care == Care::Plain {
                self.put(db, &ready, care).await?;
                continue;
            }
            let Err(error) = self.attempt(db, &ready, care).await else { continue };
            if fault(&error) != Fault::Event {
                return Err(error);
            }
            if let [culprit] = &*ready {
                self.judge(db, culprit, error, keys, care).await?;
            } else {
                let (first, second) = ready.split_at(ready.len() / 2);
                parts.push(Cow::Owned(second.to_vec()));
                parts.push(Cow::Owned(first.to_vec()));
            }
        }
        Ok(())
    }

    /// Applies events, or nothing.
    async fn attempt(
        &self,
        db: &mut PgConnection,
        events: &[Recorded],
        care: Care,
    ) -> Result<(), FollowError> {
        let mut inner = db.begin().await?;
        match self.put(&mut inner, events, care).await {
            Ok(()) => Ok(inner.commit().await?),
            Err(error) => {
                inner.rollback().await?;
                Err(error)
            }
        }
    }

    /// Applies events, and says so to those who listen.
    async fn put(
        &self,
        db: &mut PgConnection,
        events: &[Recorded],
        care: Care,
    ) -> Result<(), FollowError> {
        if care != Care::Asked {
            self.projection.announce(db, self.build.number, events).await?;
        }
        apply(db, self.projection.as_ref(), events).await?;
        self.projection.inspect(db, events).await
    }

    /// Those that may be applied now. What was given up is left out, and what waits for another is parked behind it.
    async fn ready<'a>(
        &self,
        db: &mut PgConnection,
        events: Cow<'a, [Recorded]>,
        keys: &BTreeSet<String>,
    ) -> Result<Cow<'a, [Recorded]>, FollowError> {
        let skipped = self.given_up().await?;
        if keys.is_empty() && skipped.is_empty() {
            return Ok(events);
        }
        let mut ready = Vec::with_capacity(events.len());
        let mut waiting = vec![];
        for event in events.iter().filter(|it| !skipped.contains(&it.id)) {
            match self.projection.key(event) {
                Some(key) if keys.contains(key) => waiting.push((event, key.to_owned())),
                _ => ready.push(event.clone()),
            }
        }
        if !waiting.is_empty() {
            self.park(db, &waiting, None).await?;
        }
        Ok(Cow::Owned(ready))
    }

    /// Puts events aside. Whom they erase is forgotten all the same: what was written of them before is not to be read for as
    /// long as something waits. Once applied, they do it again, and come to the same.
    async fn park(
        &self,
        db: &mut PgConnection,
        events: &[(&Recorded, String)],
        why: Option<&str>,
    ) -> Result<(), FollowError> {
        rows::add(db, &self.build, events, why).await?;
        let events: Vec<Recorded> = events.iter().map(|(event, _)| (*event).clone()).collect();
        let mut inner = db.begin().await?;
        match self.projection.forget(&mut inner, &events).await {
            Ok(()) => Ok(inner.commit().await?),
            Err(error) => {
                inner.rollback().await?;
                // One that cannot be read lies aside now, where operators see it, or will be the next that does.
                if fault(&error) == Fault::Event { Ok(()) } else { Err(error) }
            }
        }
    }

    /// Parks an event that cannot be applied, if that has been tried often enough; else it is the error, again.
    async fn judge(
        &self,
        db: &mut PgConnection,
        culprit: &Recorded,
        error: FollowError,
        keys: &mut BTreeSet<String>,
        care: Care,
    ) -> Result<(), FollowError> {
        let again = care != Care::Asked && self.count(culprit.position) < ATTEMPTS;
        let key = match self.projection.key(culprit) {
            Some(key) if !again => key.to_owned(),
            _ => return Err(at(culprit.position, error)),
        };
        if MOST_KEYS <= keys.len() {
            return Err(unfit(culprit.position, TooMany(error)));
        }
        let why = causes(&error);
        self.park(db, &[(culprit, key.clone())], Some(&why)).await?;
        keys.insert(key.clone());
        let Recorded { position, id: event, kind, .. } = culprit.clone();
        self.unsaid().push(Culprit { position, event, kind, key, why });
        Ok(())
    }

    /// Says what was parked, now that it is.
    pub fn committed(&self) {
        let Build { projection, number } = &self.build;
        for Culprit { position, event, kind, key, why } in self.unsaid().drain(..) {
            tracing::error!(projection, build = number, position, id = %event, kind, key, why, "parked");
        }
    }

    fn unsaid(&self) -> MutexGuard<'_, Vec<Culprit>> {
        self.unsaid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, position: Position) -> u32 {
        let mut attempts = self.attempts();
        let count = attempts.entry(position).or_default();
        *count += 1;
        *count
    }

    fn attempts(&self) -> MutexGuard<'_, BTreeMap<Position, u32>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What operators have given up, as far as this follower has come.
    pub async fn given_up(&self) -> Result<BTreeSet<Uuid>, FollowError> {
        Ok(self.skipped().await?.clone())
    }

    /// Read once: what is skipped later, this follower meets itself.
    async fn skipped(&self) -> Result<MutexGuard<'_, BTreeSet<Uuid>>, FollowError> {
        let load = async || skipped(&self.executor, self.projection.name()).await.map(Mutex::new);
        let skipped = self.skipped.get_or_try_init(load).await?;
        Ok(skipped.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Has listeners begin anew who were told something of a projection's rows: by its own changes, or, of the catalogue, by
/// those of `availability`, which are told to whom the court's row says.
///
/// First the locks, as whoever applies a batch takes them: what is told in a batch under way is told before.
async fn raise_epochs(db: &mut PgConnection, projection: &str) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/parking/lock_told.sql", projection).fetch_all(&mut *db).await?;
    sqlx::query_file!("src/parking/raise_epochs.sql", projection).execute(db).await?;
    Ok(())
}

/// Keeps the event that a rebuild failed at, for operators to see and to give up.
pub(crate) async fn note(
    db: &mut PgConnection,
    build: &Build,
    culprit: &Recorded,
    why: &str,
) -> Result<(), FollowError> {
    let key = culprit.stream.clone();
    rows::add(db, build, &[(culprit, key)], Some(why)).await
}

/// Applies events, or nothing.
pub(crate) async fn attempt(
    db: &mut PgConnection,
    projection: &dyn Projection,
    events: &[Recorded],
) -> Result<(), FollowError> {
    let mut inner = db.begin().await?;
    match apply(&mut inner, projection, events).await {
        Ok(()) => Ok(inner.commit().await?),
        Err(error) => {
            inner.rollback().await?;
            Err(error)
        }
    }
}

/// Says which event it is that a batch of one event failed at.
fn at(position: Position, error: FollowError) -> FollowError {
    match error {
        FollowError::Event { error, .. } => FollowError::Event { position, error },
        error => unfit(position, error),
    }
}
