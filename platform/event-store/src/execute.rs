//! The one way events come to be: read, fold, decide, append at the revision read.
mod behind;
mod folded;
mod permit;
mod queues;
mod readings;

use std::sync::Arc;
use std::time::Duration;

use domain::decider::Decider;
use domain::stored::{StoredDecider, StoredEvent};
use traces::{Kind, Step};
use uuid::Uuid;

pub use permit::PermitError;

use self::readings::{Known, Order};

use crate::dice::Dice;
use crate::{
    AppendError, Appended, Expected, Hindrance, Metadata, NewEvent, Position, ReadError, Source,
    Store,
};

/// How often a command is decided before the caller is told that others are always faster.
const ATTEMPTS: u32 = 8;

/// How often an append is sent again when its answer did not come. The store knows the events by their ids, so
/// that a lost answer becomes a true one as soon as the store can be reached.
const REPEATS: u32 = 2;

/// Between attempts, in milliseconds: long enough for the winner of the race to be done, short for a person.
const PAUSE_MILLIS: std::ops::RangeInclusive<u64> = 1..=20;

/// How many events are read at once. A court's day has 20 to 200.
const PAGE: usize = 500;

/// Decides commands on streams. Cheap to clone; clones share the queues.
#[derive(Clone)]
pub struct Executor {
    store: Store,
    queues: Arc<queues::Queues>,
    folded: Arc<folded::Folded>,
    /// Those who only look, and what was seen last: apart from those who decide, who may keep their turn for long.
    lookers: Arc<queues::Queues>,
    looked_at: Arc<folded::Folded>,
    order: Arc<Order>,
}

/// What became of a command that was not refused.
#[derive(Debug)]
pub struct Done<D: Decider> {
    /// The state after the command.
    pub state: D::State,
    /// The stream's last revision; `None` if it has no event.
    pub revision: Option<u64>,
    /// A reader who has come this far sees what the command did.
    pub position: Position,
    /// What this call appended; empty if the command was already true.
    pub appended: Vec<D::Event>,
    /// The ids of the events in `appended`.
    pub event_ids: Vec<Uuid>,
}

impl<D: Decider> Done<D> {
    /// The id of the first event of this kind that this call appended.
    pub fn event_of(&self, is: impl Fn(&D::Event) -> bool) -> Option<Uuid> {
        let at = self.appended.iter().position(is)?;
        self.event_ids.get(at).copied()
    }
}

/// A stream's state, read and not changed.
#[derive(Debug)]
pub struct Loaded<D: Decider> {
    pub state: D::State,
    pub revision: Option<u64>,
}

/// What a command comes to on a state, if it is not refused.
enum Judged<D: Decider> {
    Already(Done<D>),
    New(Vec<D::Event>),
}

/// Why a command had no effect that we know of.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<R> {
    /// `position`: a reader who has come this far sees why.
    #[error("the command was refused")]
    Rejected { rejection: R, position: Position },
    /// Others were faster each time. Nothing happened; trying again later will do.
    #[error("other writers were faster {attempts} times")]
    Contended { attempts: u32 },
    /// Nothing was appended.
    #[error("the stream cannot be read")]
    Unreadable(#[source] ReadError),
    /// The store says why it takes nothing, and an operator has to mend it. Nothing was appended.
    #[error("{hindrance}")]
    Hindered {
        hindrance: Hindrance,
        #[source]
        source: Source,
    },
    /// Whether the events were recorded is not known. Repeating the command is safe.
    #[error("the outcome is not known")]
    OutcomeUnknown(#[source] Source),
    /// The store does not take these events, or an event of the stream has a shape this build does not know.
    #[error("an event does not have the shape it is stored in")]
    Codec(#[source] Source),
}

impl Executor {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            queues: Arc::default(),
            folded: Arc::default(),
            lookers: Arc::default(),
            looked_at: Arc::default(),
            order: Arc::default(),
        }
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Decides `command` on `stream` and records the outcome. Event ids are [`event_id`].
    pub async fn execute<D: StoredDecider>(
        &self,
        stream: &str,
        command: D::Command,
        meta: &Metadata,
    ) -> Result<Done<D>, ExecuteError<D::Rejection>> {
        let step = Step::inner("execute", Kind::Internal);
        step.say("stream.category", category(stream));
        let outcome = step.of(self.in_turn(stream, command, meta)).await;
        // A refusal is an answer.
        if outcome.as_ref().is_err_and(|it| !matches!(it, ExecuteError::Rejected { .. })) {
            step.failed();
        }
        outcome
    }

    async fn in_turn<D: StoredDecider>(
        &self,
        stream: &str,
        command: D::Command,
        meta: &Metadata,
    ) -> Result<Done<D>, ExecuteError<D::Rejection>> {
        let arrived = self.order.next();
        let Some(_turn) = self.queues.turn(stream).await else {
            return Err(ExecuteError::Contended { attempts: 0 });
        };
        let mut known: Known<D> = self.folded.take(stream).unwrap_or_default();
        let outcome = self.decide(stream, command, meta, arrived, &mut known).await;
        // Whoever lost every race may hold the state of a log that was restored meanwhile: folded anew next time.
        if !matches!(outcome, Err(ExecuteError::Contended { .. })) {
            remember(&self.folded, stream, known);
        }
        outcome
    }

    /// Decides on what the store held after the command `arrived`: `known` only spares folding what was folded before,
    /// and reading what was read since, so no outcome rests on a state that others had moved on from. It keeps what was
    /// read and nothing that was only sent: an append that another process had made already is answered with success,
    /// and its events may differ from ours.
    async fn decide<D: StoredDecider>(
        &self,
        stream: &str,
        command: D::Command,
        meta: &Metadata,
        arrived: u64,
        known: &mut Known<D>,
    ) -> Result<Done<D>, ExecuteError<D::Rejection>> {
        for attempt in 0..ATTEMPTS {
            if 0 < attempt {
                pause(meta.command, attempt).await;
            }
            let events = match self.judge(stream, command.clone(), arrived, known).await? {
                Judged::Already(done) => return Ok(done),
                Judged::New(events) => events,
            };
            let expected = known.loaded.expected();
            let step = Step::inner("append", Kind::Producer);
            let traced = step.trace().map(|it| Metadata { trace: Some(it), ..meta.clone() });
            let new = write(stream, expected, &events, traced.as_ref().unwrap_or(meta))
                .map_err(ExecuteError::Codec)?;
            // Whatever comes of it, the stream may have gone on.
            known.is_old();
            let appended = step.of(self.append(stream, expected, new.clone())).await;
            drop(step);
            self.forget_looks(stream).await;
            match appended {
                Ok(appended) => return Ok(known.loaded.copy().after(events, &new, appended)),
                Err(AppendError::Conflict { .. }) => {}
                Err(AppendError::Refused(why)) => return Err(ExecuteError::Codec(why.into())),
                Err(AppendError::Hindered { hindrance, source }) => {
                    return Err(ExecuteError::Hindered { hindrance, source });
                }
                Err(AppendError::Unavailable(source)) => {
                    return Err(ExecuteError::OutcomeUnknown(source));
                }
            }
        }
        Err(ExecuteError::Contended { attempts: ATTEMPTS })
    }

    /// Decides on what the store held after the command `arrived`, and records nothing.
    async fn judge<D: StoredDecider>(
        &self,
        stream: &str,
        command: D::Command,
        arrived: u64,
        known: &mut Known<D>,
    ) -> Result<Judged<D>, ExecuteError<D::Rejection>> {
        self.know(stream, arrived, known).await?;
        match D::decide(&known.loaded.state, command) {
            Ok(events) if events.is_empty() => {
                let position = self.seen(known).await?;
                Ok(Judged::Already(known.loaded.copy().unchanged(position)))
            }
            Ok(events) => Ok(Judged::New(events)),
            Err(rejection) => {
                let position = self.seen(known).await?;
                Err(ExecuteError::Rejected { rejection, position })
            }
        }
    }

    /// Folds a stream as it is now, and decides nothing. Who asks for a stream that is being read waits, and shares the
    /// next reading with all who came meanwhile.
    pub async fn load<D: StoredDecider>(&self, stream: &str) -> Result<Loaded<D>, ReadFailure> {
        let arrived = self.order.next();
        let _turn = self.lookers.turn(stream).await;
        let found = self.looked_at.take(stream);
        // From the beginning, unless somebody has just done that: a log can be restored.
        let mut known: Known<D> =
            found.filter(|it: &Known<D>| it.is_after(arrived)).unwrap_or_default();
        let outcome = self.know(stream, arrived, &mut known).await;
        let loaded = known.loaded.copy();
        remember(&self.looked_at, stream, known);
        outcome.map(|()| loaded)
    }

    /// Folds a stream as it was at most `age` ago, and never as it was before this process last wrote to it. For what
    /// many commands need and few change, and only where a decision may rest on something that old.
    pub async fn load_recent<D: StoredDecider>(
        &self,
        stream: &str,
        age: Duration,
    ) -> Result<Loaded<D>, ReadFailure> {
        let turn = self.lookers.turn(stream).await;
        if let Some(known) = self.looked_at.take::<Known<D>>(stream) {
            // What is not there yet may have come to be elsewhere.
            let is_good = known.loaded.revision.is_some() && known.is_younger(age);
            let loaded = is_good.then(|| known.loaded.copy());
            remember(&self.looked_at, stream, known);
            if let Some(loaded) = loaded {
                return Ok(loaded);
            }
        }
        drop(turn);
        self.load(stream).await
    }

    /// What is being read is waited for: it may have been read before this process wrote.
    async fn forget_looks(&self, stream: &str) {
        let _turn = self.lookers.turn(stream).await;
        self.looked_at.forget(stream);
    }

    /// Folds what the stream holds beyond `loaded`.
    async fn catch_up<D: StoredDecider>(
        &self,
        stream: &str,
        loaded: &mut Loaded<D>,
    ) -> Result<(), ReadFailure> {
        loop {
            let page =
                self.store.read_stream(stream, loaded.expected().next_revision(), PAGE).await?;
            let is_last = page.len() < PAGE;
            for it in page {
                let event = D::Event::read(&it.kind, &it.data)
                    .map_err(|it| ReadFailure::Codec(it.into()))?;
                loaded.state = D::evolve(std::mem::take(&mut loaded.state), event);
                loaded.revision = Some(it.revision);
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Appends, and asks again when the answer is lost. A conflict is an answer: the store has looked for these ids,
    /// and what is still under way can only conflict as well.
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let first = events.first().map(|it| it.id).unwrap_or_default();
        for attempt in 0..REPEATS {
            let sent = self.store.append(stream, expected, events.clone()).await;
            match if attempt == 0 { sent } else { sent.map_err(AppendError::after_a_lost_one) } {
                Err(AppendError::Unavailable(_)) => pause(first, attempt).await,
                known => return known,
            }
        }
        let sent = self.store.append(stream, expected, events).await;
        sent.map_err(AppendError::after_a_lost_one)
    }
}

impl<D: Decider> Default for Loaded<D> {
    /// The state before the first event.
    fn default() -> Self {
        Self { state: D::State::default(), revision: None }
    }
}

impl<D: Decider> Loaded<D> {
    fn expected(&self) -> Expected {
        self.revision.map_or(Expected::NoStream, Expected::Exact)
    }

    fn copy(&self) -> Self
    where
        D::State: Clone,
    {
        Self { state: self.state.clone(), revision: self.revision }
    }

    fn unchanged(self, position: Position) -> Done<D> {
        let Self { state, revision } = self;
        Done { state, revision, position, appended: Vec::new(), event_ids: Vec::new() }
    }

    fn after(self, events: Vec<D::Event>, new: &[NewEvent], appended: Appended) -> Done<D>
    where
        D::Event: Clone,
    {
        Done {
            state: events.iter().cloned().fold(self.state, D::evolve),
            revision: Some(appended.revision),
            position: appended.position,
            appended: events,
            event_ids: new.iter().map(|it| it.id).collect(),
        }
    }
}

fn remember<D: StoredDecider>(folded: &folded::Folded, stream: &str, known: Known<D>) {
    let size = D::size(&known.loaded.state).max(1);
    folded.put(stream, known, size);
}

/// The id of the event that `command` makes at `revision` of `stream`: the same however often it is sent.
///
/// UUIDv5 over the stream's name, a zero byte (which no name holds), the revision as eight bytes, most significant
/// first, and the command's id.
pub fn event_id(stream: &str, revision: u64, command: Uuid) -> Uuid {
    let mut name = Vec::with_capacity(stream.len() + 25);
    name.extend_from_slice(stream.as_bytes());
    name.push(0);
    name.extend_from_slice(&revision.to_be_bytes());
    name.extend_from_slice(command.as_bytes());
    Uuid::new_v5(&EVENT_IDS, &name)
}

/// Ours alone, drawn once. Other ids would follow from another, and repeated commands would no longer be known.
const EVENT_IDS: Uuid = Uuid::from_u128(0x572b_0b5f_c16b_48cc_b65f_daf3_e4f9_6075);

fn write<E: StoredEvent>(
    stream: &str,
    expected: Expected,
    events: &[E],
    meta: &Metadata,
) -> Result<Vec<NewEvent>, Source> {
    let revisions = expected.next_revision()..;
    let events = revisions.zip(events).map(|(revision, event)| {
        let (kind, data) = event.write()?;
        let id = event_id(stream, revision, meta.command);
        Ok(NewEvent { id, kind, data, meta: meta.clone() })
    });
    events.collect()
}

/// `courtday` of `courtday-7f…`: what kind of stream it is, and not whose.
fn category(stream: &str) -> String {
    stream.split('-').next().unwrap_or_default().to_owned()
}

/// Waits a moment that differs from command to command and from attempt to attempt, so that those who met once do not
/// meet again. Drawn from the command, not from chance: a simulation replays.
async fn pause(command: Uuid, attempt: u32) {
    let (high, low) = command.as_u64_pair();
    let seed = high ^ low ^ u64::from(attempt);
    let span = PAUSE_MILLIS.end() - PAUSE_MILLIS.start() + 1;
    let millis = PAUSE_MILLIS.start() + Dice::new(seed).below(span);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

impl<R> From<ReadFailure> for ExecuteError<R> {
    fn from(failure: ReadFailure) -> Self {
        match failure {
            ReadFailure::Store(error) => Self::Unreadable(error),
            ReadFailure::Codec(source) => Self::Codec(source),
        }
    }
}

/// Why a stream could not be folded.
#[derive(Debug, thiserror::Error)]
pub enum ReadFailure {
    #[error(transparent)]
    Store(#[from] ReadError),
    #[error("an event of the stream has a shape this build does not know")]
    Codec(#[source] Source),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_are_what_they_always_were() {
        let id = event_id("court-1-2026-03-01", 7, Uuid::from_u128(1));
        assert_eq!(id.to_string(), "558eac23-690d-5c50-933f-9a0b2a163909");
    }
}
