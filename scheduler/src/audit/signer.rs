//! What has been recorded → signed checkpoints.
//!
//! Each goes on from the last one: its tree's edge, which has the root that was signed, and the leaves behind it. What it
//! signs is therefore consistent with what it signed before, whatever became of the leaves in front.
use std::collections::BTreeMap;
use std::sync::Arc;

use audit::edge::Edge;
use audit::tlog::{self, Checkpoint, Signer as Key};
use domain::audit::{AuditEvent, checkpoint_stream, log_stream};
use domain::stored::StoredEvent;
use event_store::{Executor, Expected, Metadata, StreamEvent};
use jiff::{SignedDuration, Timestamp};
use runtime::{Clock, ids};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;

use super::outside::{Newest, SignedCheckpoint};
use super::place::{newest_year, record};
use super::{AuditError, broken};

/// Signs what has grown. Any number may run on one log.
pub struct Signer {
    executor: Executor,
    clock: Clock,
    seeds: Seeds,
    /// The year follows.
    origin: String,
    signed: BTreeMap<i16, Signed>,
    newest: watch::Sender<Newest>,
}

/// What keys are made of.
#[derive(Clone)]
pub struct Seeds {
    pub key: SecretString,
    /// The key that this one takes over from, or that will take over from it: both sign.
    pub also: Option<SecretString>,
}

/// What was signed of a year, and read behind it.
struct Signed {
    key: Key,
    /// Of the last checkpoint's event.
    expected: Expected,
    /// The records it signs, and since when.
    size: u64,
    at: Timestamp,
    /// As far as records were read.
    edge: Edge,
}

/// How much there is of the newest year, and how much of it is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    pub recorded: u64,
    pub signed: u64,
}

/// A checkpoint every so many records, and at the latest so long after the last one.
const RECORDS: u64 = 256;
const EVERY: SignedDuration = SignedDuration::from_secs(10);

/// Records read at once.
const PAGE: usize = 256;

impl Signer {
    pub fn new(executor: Executor, clock: Clock, seeds: Seeds, origin: String) -> Self {
        let (signed, newest) = (BTreeMap::new(), watch::Sender::default());
        Self { executor, clock, seeds, origin, signed, newest }
    }

    /// The newest checkpoint of each year, as soon as it is in the log.
    pub fn newest(&self) -> watch::Receiver<Newest> {
        self.newest.subscribe()
    }

    /// The key that signs a year's log.
    pub fn key(&self, year: i16) -> Result<Key, AuditError> {
        key(&self.origin, year, &self.seeds)
    }

    /// Signs what is due: of the newest year, and of the one before, whose last records may have come just before it ended.
    pub async fn step(&mut self) -> Result<Sizes, AuditError> {
        let newest = newest_year(self.executor.store(), self.clock.now()).await?;
        let Some(newest) = newest else { return Ok(Sizes::default()) };
        self.signed.retain(|year, _| *year + 1 >= newest);
        self.of_year(newest - 1).await?;
        self.of_year(newest).await
    }

    /// What went wrong is read again from the beginning: from the last checkpoint.
    async fn of_year(&mut self, year: i16) -> Result<Sizes, AuditError> {
        let mut signed = match self.signed.remove(&year) {
            Some(signed) => signed,
            None => self.last(year).await?,
        };
        self.read_on(year, &mut signed).await?;
        let now = self.clock.now();
        let grown = signed.edge.size() - signed.size;
        if RECORDS <= grown || (0 < grown && EVERY <= now.duration_since(signed.at)) {
            self.sign(year, &mut signed, now).await?;
        }
        let sizes = Sizes { recorded: signed.edge.size(), signed: signed.size };
        self.signed.insert(year, signed);
        Ok(sizes)
    }

    /// The last checkpoint of a year, if it is one that this key signed and that fits what it says.
    async fn last(&self, year: i16) -> Result<Signed, AuditError> {
        let (key, stream) = (self.key(year)?, checkpoint_stream(year));
        let last = self.executor.store().read_stream_backwards(&stream, None, 1).await?;
        let Some(last) = last.into_iter().next() else {
            let (expected, edge) = (Expected::NoStream, Edge::default());
            return Ok(Signed { key, expected, size: 0, at: Timestamp::MIN, edge });
        };
        let (edge, note) = edge_of(&stream, &last, &key)?;
        self.tell(year, edge.size(), note);
        let expected = Expected::Exact(last.revision);
        Ok(Signed { key, expected, size: edge.size(), at: last.meta.at, edge })
    }

    async fn read_on(&self, year: i16, signed: &mut Signed) -> Result<(), AuditError> {
        let stream = log_stream(year);
        loop {
            let page = self.executor.store().read_stream(&stream, signed.edge.size(), PAGE).await?;
            for event in &page {
                if event.revision != signed.edge.size() {
                    return Err(broken(
                        &stream,
                        format!("revision {} is missing", signed.edge.size()),
                    ));
                }
                signed.edge.push(tlog::leaf(record(&stream, event)?.as_bytes()));
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    async fn sign(&self, year: i16, signed: &mut Signed, now: Timestamp) -> Result<(), AuditError> {
        let (stream, edge) = (checkpoint_stream(year), &signed.edge);
        let (origin, size) = (origin(&self.origin, year), edge.size());
        let note = signed.key.sign(&Checkpoint { origin, size, root: edge.root() });
        let note = note.map_err(|it| broken(&stream, it.to_string()))?;
        let edge = edge.hashes().iter().copied().map(tlog::text).collect();
        let event = AuditEvent::CheckpointSigned { size, note: note.clone(), edge };
        let meta = Metadata::new(ids::new(), now).actor("system:audit");
        let appended =
            self.executor.append_behind(&stream, signed.expected, &[(event, meta)]).await?;
        signed.expected = Expected::Exact(appended.revision);
        (signed.size, signed.at) = (size, now);
        self.tell(year, size, note);
        Ok(())
    }

    fn tell(&self, year: i16, size: u64, note: String) {
        self.newest.send_modify(|it| {
            it.insert(year, Arc::new(SignedCheckpoint { year, size, note }));
        });
    }
}

/// What the log of a year is called.
pub fn origin(origin: &str, year: i16) -> String {
    format!("{origin}/{year}")
}

/// The key that signs a year's log.
pub fn key(name: &str, year: i16, seeds: &Seeds) -> Result<Key, AuditError> {
    let origin = origin(name, year);
    let key = Key::new(&origin, seeds.key.expose_secret());
    let key = match &seeds.also {
        Some(also) => key.and_then(|it| it.and(&origin, also.expose_secret())),
        None => key,
    };
    key.map_err(|it| broken(&checkpoint_stream(year), it.to_string()))
}

/// The edge that a checkpoint was signed over; an error where signature, size and edge do not belong together.
fn edge_of(stream: &str, event: &StreamEvent, key: &Key) -> Result<(Edge, String), AuditError> {
    let wrong = |what: &str| broken(stream, format!("revision {}: {what}", event.revision));
    let read = AuditEvent::read(&event.kind, &event.data);
    let Ok(AuditEvent::CheckpointSigned { size, note, edge }) = read else {
        return Err(wrong("it is not a checkpoint"));
    };
    let Ok(opened) = key.open(note.as_bytes()) else {
        return Err(wrong("AUDIT_KEY and AUDIT_ORIGIN are not those it was signed with"));
    };
    let hashes: Option<Vec<_>> = edge.iter().map(|it| tlog::hash(it)).collect();
    let edge = hashes.and_then(|it| Edge::new(size, it));
    edge.filter(|it| it.size() == opened.size && it.root() == opened.root)
        .map(|it| (it, note))
        .ok_or_else(|| wrong("its edge has not the root that is signed"))
}
