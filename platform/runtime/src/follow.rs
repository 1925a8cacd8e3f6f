//! The one loop that turns events into rows: a batch after the checkpoint, its rows, and the checkpoint, moved by
//! compare-and-set in the same transaction.
//!
//! A crash loses nothing and applies nothing twice, and two processes on the same batch do its work once.
mod checkpoint;
mod progress;

use std::time::{Duration, Instant};

use async_trait::async_trait;
use event_store::{LogId, Position, Recorded, Source, Store, Tail};
use sqlx::{PgPool, PgTransaction};
use traces::Step;

use crate::backoff::Backoff;
use crate::{Shutdown, postgres};

pub use progress::{Progress, Standing};

/// Something that follows the log and keeps rows in step with it.
#[async_trait]
pub trait Follower: Send + Sync {
    /// Names the checkpoint in table `checkpoints`.
    fn name(&self) -> &str;

    /// Writes what `events` mean. Called in order, inside the transaction that moves the checkpoint.
    async fn apply(
        &self,
        tx: &mut PgTransaction<'static>,
        events: &[Recorded],
    ) -> Result<(), FollowError>;

    /// Called once that transaction is committed: what may be said now was not certain before.
    fn committed(&self, _events: &[Recorded]) {}

    /// Called once what [`Self::apply`] refused is rolled back: what is said of it elsewhere waits for no lock of ours.
    async fn failed(&self, _events: &[Recorded], _error: &FollowError) {}
}

/// Why a batch was not applied. The checkpoint stays where it was.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error("the database refused a statement")]
    Database(#[from] sqlx::Error),
    #[error("the event store cannot be read")]
    Store(#[from] event_store::ReadError),
    /// Nothing is wrong, and nothing is to be applied for now.
    #[error("{0}")]
    Resting(String),
    #[error("the event at {position} cannot be applied")]
    Event {
        position: Position,
        #[source]
        error: Source,
    },
    /// A checkpoint of another log, or beyond this log's end: somebody restored or exchanged the store.
    #[error(
        "the checkpoint of {name} is of another log, or of what this one was before it was restored: \
         run `courtside projections reset`"
    )]
    AnotherLog { name: String },
}

impl FollowError {
    /// Says of an error which event it is about.
    pub fn at<E: Into<Source>>(position: Position) -> impl FnOnce(E) -> Self {
        move |error| Self::Event { position, error: error.into() }
    }
}

/// What a batch comes to, taken in one event after the other.
pub fn noted<N: Default>(
    events: &[Recorded],
    mut note: impl FnMut(&mut N, &Recorded) -> Result<(), Source>,
) -> Result<N, FollowError> {
    let mut noted = N::default();
    for it in events {
        note(&mut noted, it).map_err(FollowError::at(it.position))?;
    }
    Ok(noted)
}

/// The most events applied in one transaction.
pub const BATCH: usize = 5_000;
/// How long a follower sleeps without a wake-up before it looks by itself.
const PATIENCE: Duration = Duration::from_secs(1);
/// Rows and checkpoint are lost together, and read again: nothing here needs to wait for the disk.
const BEGIN: &str = "BEGIN; SET LOCAL synchronous_commit = off";
/// The longest wait between two attempts at what fails.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Of several processes one applies what comes, and the others would lose every race for it. Whoever lost looks after a while,
/// longer each time, whether the checkpoint still moves, and takes part again when it does not. This late at most, twice,
/// somebody takes over.
const STANDBY: Duration = Duration::from_millis(500);
/// At the log's end a follower rests as long as its last batch took, and not longer than this: events come to it together when
/// the machine is short of time, and one that comes alone is applied at once.
const REST: Duration = Duration::from_millis(100);
/// No batch takes so long while its server answers. Dropped, it comes to nothing, and is applied again.
const BATCH_PATIENCE: Duration = Duration::from_mins(2);
/// Only a person mends a checkpoint of another log: it is said again now and then, and not every second.
const ANOTHER_LOG: Duration = Duration::from_secs(30);

/// Follows until `shutdown`, applying what comes and trying again with backoff what fails.
///
/// An event that cannot be applied is never passed over: everything before it is applied, and the follower stands in
/// front of it, saying so, until somebody mends the event's rows or a build that knows it takes over.
pub async fn follow(
    db: PgPool,
    tail: Tail,
    log: LogId,
    follower: &dyn Follower,
    shutdown: Shutdown,
) {
    follow_and_tell(db, tail, log, follower, &Progress::default(), shutdown).await;
}

/// Follows as [`follow`] does, and keeps `progress` up to date for whoever looks.
pub async fn follow_and_tell(
    db: PgPool,
    tail: Tail,
    log: LogId,
    follower: &dyn Follower,
    progress: &Progress,
    shutdown: Shutdown,
) {
    let (mut backoff, mut standby) = (Backoff::up_to(LONGEST_WAIT), Backoff::up_to(STANDBY));
    let mut known = Known::Nothing;
    while !shutdown.is_cancelled() {
        let began = Instant::now();
        let step = advance(&db, &tail, log, follower, known);
        let stepped = postgres::in_time(BATCH_PATIENCE, step).await;
        let took = began.elapsed();
        known = match &stepped {
            Ok(Advance { events: 1.., position, .. }) => Known::Ours(*position),
            Ok(Advance { raced: true, position, .. }) => Known::Others(*position),
            // Asked anew whenever there is time for it: somebody may have set it back.
            _ => Known::Nothing,
        };
        progress.note(follower.name(), &stepped);
        let waiting = async {
            match stepped {
                Ok(Advance { raced: true, .. }) => tokio::time::sleep(standby.wait()).await,
                Ok(Advance { events: 0, position, .. }) => tail.changed(position, PATIENCE).await,
                Ok(Advance { events, .. }) => {
                    standby.reset();
                    if events < BATCH {
                        tokio::time::sleep(took.min(REST)).await;
                    }
                }
                Err(FollowError::AnotherLog { .. }) => tokio::time::sleep(ANOTHER_LOG).await,
                Err(_) => return tokio::time::sleep(backoff.wait()).await,
            }
            backoff.reset();
        };
        // Between two batches nothing is half done, so this is where it ends.
        shutdown.run_until_cancelled(waiting).await;
    }
}

/// Applies one batch and returns how many events it had; 0 when there were none or somebody else applied them.
pub async fn step(
    db: &PgPool,
    store: &Store,
    log: LogId,
    follower: &dyn Follower,
) -> Result<usize, FollowError> {
    Ok(advance(db, &Tail::new(store.clone()), log, follower, Known::Nothing).await?.events)
}

/// What is known of the checkpoint before a step.
#[derive(Clone, Copy)]
enum Known {
    /// Our own last batch ended here. Should the checkpoint have been moved since, the next one is not applied.
    Ours(Position),
    /// Somebody else moves it, and it was here.
    Others(Position),
    Nothing,
}

/// What one step came to.
struct Advance {
    /// How many were applied, here and now.
    events: usize,
    position: Position,
    /// Somebody else moves the checkpoint.
    raced: bool,
}

async fn advance(
    db: &PgPool,
    tail: &Tail,
    log: LogId,
    follower: &dyn Follower,
    known: Known,
) -> Result<Advance, FollowError> {
    let (from, events) = if let Known::Ours(from) = known {
        (from, tail.read(from, BATCH).await?)
    } else {
        let from = checkpoint::read(db, log, follower.name()).await?;
        if matches!(known, Known::Others(before) if before != from) {
            return Ok(Advance { events: 0, position: from, raced: true });
        }
        (from, tail.read_anew(from, BATCH).await?)
    };
    if events.is_empty() {
        // A log that is shorter than what was read of it is another log, or an older copy of this one.
        if 0 < from && tail.head().await? < from {
            return Err(FollowError::AnotherLog { name: follower.name().to_owned() });
        }
        return Ok(Advance { events: 0, position: from, raced: false });
    }
    let mut batch = events.as_slice();
    loop {
        let step = step_of(follower, batch);
        // Boxed: a process has a dozen followers in one future.
        let applied = step.of(Box::pin(apply(db, log, follower, from, batch))).await;
        if applied.as_ref().is_err_and(|it| !matches!(it, FollowError::Resting(_))) {
            step.failed();
        }
        drop(step);
        match applied {
            // What comes before the culprit need not wait for it.
            Err(FollowError::Event { position, error }) => {
                let good = batch.iter().take_while(|it| it.position < position).count();
                if good == 0 || good == batch.len() {
                    return Err(FollowError::Event { position, error });
                }
                batch = &batch[..good];
            }
            Err(error) => return Err(error),
            Ok(None) => return Ok(Advance { events: 0, position: from, raced: true }),
            Ok(Some(position)) => {
                return Ok(Advance { events: batch.len(), position, raced: false });
            }
        }
    }
}

/// One for the batch, linked to the trace of each event that has one.
fn step_of(follower: &dyn Follower, events: &[Recorded]) -> Step {
    let step = Step::for_all(events.iter().filter_map(|it| it.meta.trace.as_deref()), "follow");
    step.say("follower", follower.name().to_owned());
    step.say("events", i64::try_from(events.len()).unwrap_or(i64::MAX));
    step
}

/// Rows and checkpoint in one transaction; `None` if the checkpoint was no longer where it was read.
async fn apply(
    db: &PgPool,
    log: LogId,
    follower: &dyn Follower,
    from: Position,
    events: &[Recorded],
) -> Result<Option<Position>, FollowError> {
    let Some(last) = events.last() else { return Ok(None) };
    let mut tx = db.begin_with(BEGIN).await?;
    // First, so that of two followers one waits here for the other's end and then does nothing. Whoever waits for the
    // new position is woken at the commit.
    if !checkpoint::advance(&mut tx, log, follower.name(), from, last.position).await? {
        tx.rollback().await?;
        return Ok(None);
    }
    if let Err(error) = follower.apply(&mut tx, events).await {
        // Where that fails, the server may keep the locks for a while, and whoever says why would wait for them.
        if tx.rollback().await.is_ok() {
            follower.failed(events, &error).await;
        }
        return Err(error);
    }
    tx.commit().await?;
    follower.committed(events);
    Ok(Some(last.position))
}
