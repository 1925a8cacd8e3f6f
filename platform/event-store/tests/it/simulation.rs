//! Many small worlds, each made of one seed: a failing seed replays exactly.
//!
//! The network is bad, the neighbours are quick, and every client repeats what was not answered. Whatever happens,
//! every stream tells a lawful story, and what was answered is true.
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::support::tickets::{Command, Event, Rejection, Tickets, told};
use event_store::hostile::Hostile;
use event_store::memory::MemoryStore;
use event_store::{Done, ExecuteError, Executor, Metadata, Recorded, Store};
use futures::future::join_all;
use jiff::Timestamp;
use uuid::Uuid;

type Answer = Result<Done<Tickets>, ExecuteError<Rejection>>;

/// As many worlds as a slow machine makes in some twenty seconds. One of them alone: see below.
const SEEDS: std::ops::Range<u64> = 0..4_000;
const STREAMS: u64 = 2;
const CLIENTS: u64 = 4;
const COMMANDS: u64 = 8;

/// What happened over all worlds. Worlds in which nothing goes wrong prove nothing.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    sold: usize,
    rejected: usize,
    unreadable: usize,
    unknown: usize,
    contended: usize,
    found: usize,
}

#[tokio::test(start_paused = true)]
async fn every_stream_tells_a_lawful_story_and_every_answer_is_true() {
    let mut tally = Tally::default();
    for seed in SEEDS {
        live(seed, &mut tally).await;
    }
    let Tally { sold, rejected, unreadable, unknown, contended, found } = tally;
    assert!(
        [sold, rejected, unreadable].iter().all(|it| 5_000 < *it),
        "a world too kind: {tally:?}"
    );
    assert!([unknown, found].iter().all(|it| 200 < *it), "a world too kind: {tally:?}");
    assert!(unknown < sold / 20, "answers that are lost are asked for again: {tally:?}");
    assert!(contended < sold / 1_000, "eight races are hardly ever lost to rivals: {tally:?}");
}

/// A failing seed, put here, is the whole story of its failure.
#[tokio::test(start_paused = true)]
async fn one_seed_is_one_world() {
    const SEED: u64 = 17;
    let mut tallies = [Tally::default(), Tally::default()];
    for tally in &mut tallies {
        live(SEED, tally).await;
    }
    let [first, again] = tallies;
    assert_eq!(first, again, "it replays");
}

/// Makes one world and lets everybody in it have their say.
async fn live(seed: u64, tally: &mut Tally) {
    let world = World::new(seed);
    let clients = (0..CLIENTS).map(|client| world.client(client));
    let answered: Vec<Answered> = join_all(clients).await.into_iter().flatten().collect();
    world.hostile.calm().await;
    world.judge(&answered, tally).await;
}

struct World {
    seed: u64,
    hostile: Arc<Hostile>,
    /// Two processes: they share the store and no queue.
    executors: [Executor; 2],
}

/// A command and the answer its client had in the end, with the tries that gave none.
struct Answered {
    stream: String,
    id: Uuid,
    command: Command,
    answer: Answer,
    tries: Vec<ExecuteError<Rejection>>,
}

impl World {
    fn new(seed: u64) -> Self {
        let inner: Store = Arc::new(MemoryStore::default());
        let hostile = Arc::new(Hostile::new(inner, seed).rival(rival));
        let store: Store = hostile.clone();
        Self { seed, hostile, executors: [Executor::new(store.clone()), Executor::new(store)] }
    }

    async fn client(&self, client: u64) -> Vec<Answered> {
        let mut answered = Vec::new();
        for n in 0..COMMANDS {
            let stream = format!("tickets-{}", self.hostile.roll(STREAMS));
            let id = Uuid::from_u128(u128::from(client << 32 | n) + 1);
            let command = command(client * COMMANDS + n, self.hostile.roll(u64::MAX));
            answered.push(self.ask(client, stream, id, command).await);
        }
        answered
    }

    /// Repeats a command, now here and now there, until there is an answer.
    async fn ask(&self, client: u64, stream: String, id: Uuid, command: Command) -> Answered {
        let meta = Metadata::new(id, Timestamp::UNIX_EPOCH);
        let mut tries = Vec::new();
        for attempt in client.. {
            let executor = &self.executors[usize::try_from(attempt % 2).unwrap()];
            let answer = executor.execute::<Tickets>(&stream, command, &meta).await;
            match answer {
                Ok(_) | Err(ExecuteError::Rejected { .. }) => {
                    return Answered { stream, id, command, answer, tries };
                }
                Err(ExecuteError::Codec(error)) => panic!("seed {}: {error}", self.seed),
                Err(none) => tries.push(none),
            }
        }
        unreachable!("the world is hostile, not dead");
    }

    async fn judge(&self, answered: &[Answered], tally: &mut Tally) {
        let seed = self.seed;
        let log = self.hostile.inner().read_all(0, usize::MAX).await.unwrap();
        for n in 0..STREAMS {
            let stream = format!("tickets-{n}");
            let story: Vec<Event> =
                log.iter().filter(|it| it.stream == stream).map(event).collect();
            told(&story).unwrap_or_else(|why| panic!("seed {seed}: {stream}: {why}"));
            tally.sold += story.iter().filter(|it| matches!(it, Event::Sold { .. })).count();
        }
        let mut by_command: BTreeMap<Uuid, Vec<&Recorded>> = BTreeMap::new();
        for recorded in &log {
            by_command.entry(recorded.meta.command).or_default().push(recorded);
        }
        for it in answered {
            let events = by_command.get(&it.id).map(Vec::as_slice).unwrap_or_default();
            it.judge(&log, events).unwrap_or_else(|why| panic!("seed {seed}: {}: {why}", it.id));
            tally.count(it, events);
        }
    }
}

impl Answered {
    /// Compares the answer with the log, and with all the events in it that stand under this command.
    fn judge(&self, log: &[Recorded], events: &[&Recorded]) -> Result<(), String> {
        if events.iter().any(|it| it.stream != self.stream) || !are_together(events) {
            return Err(format!("done twice: {events:?}"));
        }
        match &self.answer {
            Ok(done) => {
                let ids: Vec<_> = events.iter().map(|it| it.id).collect();
                if !done.event_ids.is_empty() && done.event_ids != ids {
                    return Err(format!("answered {:?}, but there stand {ids:?}", done.event_ids));
                }
                if let Some(last) = events.last()
                    && (done.position < last.position || done.revision < Some(last.revision))
                {
                    return Err(format!(
                        "answered {:?} at {}, before {last:?}",
                        done.revision, done.position
                    ));
                }
                let past = log
                    .iter()
                    .filter(|it| it.stream == self.stream && Some(it.revision) <= done.revision);
                let past: Vec<Event> = past.map(event).collect();
                let holds = match self.command {
                    Command::Sell { ticket } => done.state.contains_key(&ticket),
                    Command::Refund { ticket } => done.state.get(&ticket) == Some(&false),
                };
                if !holds || told(&past).as_ref() != Ok(&done.state) {
                    return Err(format!("answered {:?} after {past:?}", done.state));
                }
                Ok(())
            }
            Err(_) if events.is_empty() => Ok(()),
            Err(refused) => Err(format!("answered {refused}, but there stand {events:?}")),
        }
    }
}

impl Tally {
    fn count(&mut self, answered: &Answered, events: &[&Recorded]) {
        self.rejected += usize::from(answered.answer.is_err());
        for none in &answered.tries {
            match none {
                ExecuteError::Unreadable(_) => self.unreadable += 1,
                ExecuteError::OutcomeUnknown(_) => self.unknown += 1,
                _ => self.contended += 1,
            }
        }
        // Appended by a try whose outcome nobody heard of, and found by a later one.
        let unheard = answered.answer.as_ref().is_ok_and(|it| it.appended.is_empty());
        self.found += usize::from(unheard && !events.is_empty());
    }
}

/// Whether these are what one append left: side by side in one stream.
fn are_together(events: &[&Recorded]) -> bool {
    events.windows(2).all(|it| it[0].revision + 1 == it[1].revision)
}

fn event(recorded: &Recorded) -> Event {
    <Event as domain::stored::StoredEvent>::read(&recorded.kind, &recorded.data).unwrap()
}

/// Sells a ticket of his own, or gives back anybody's.
fn command(own: u64, roll: u64) -> Command {
    match roll % 5 {
        0..=2 => Command::Sell { ticket: own },
        _ => Command::Refund { ticket: roll / 5 % (own + 1) },
    }
}

/// Somebody in another process, whose network is fine.
async fn rival(store: Store, stream: String, roll: u64) {
    let meta = Metadata::new(Uuid::from_u128(u128::from(roll) << 64), Timestamp::UNIX_EPOCH);
    let command = command(1_000 + roll % 1_000, roll / 1_000);
    let _ = Executor::new(store).execute::<Tickets>(&stream, command, &meta).await;
}
