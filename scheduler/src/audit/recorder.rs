//! Audited events → `audit.recorded`: the leaf's index is the event's revision, without a gap.
use audit::record::{Draft, Event};
use domain::audit::{AuditEvent, log_stream};
use event_store::{Executor, Metadata, Position, Recorded};
use jiff::Timestamp;
use runtime::Clock;
use vault::Vault;

use super::place::{self, Place};
use super::{AuditError, broken, persons};

/// Records what is audited, in the order of the log. Any number may run on one log.
pub struct Recorder {
    executor: Executor,
    vault: Vault,
    clock: Clock,
    /// Forgotten whenever anything went otherwise than it should: then it is found again,
    place: Option<Place>,
    /// from where it was before that.
    before: Option<Place>,
    oldest: Option<Timestamp>,
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// The stored names of what was recorded.
    pub recorded: Vec<String>,
    pub after: Position,
    pub caught_up: bool,
}

/// Events read at once.
const PAGE: usize = 500;
/// Records of one append: of the usual size they fill a third of what a store takes.
const AT_ONCE: usize = 200;
/// Beyond these bytes an append ends, so that large records fit as well: half of what a store takes.
const BYTES_AT_ONCE: usize = 400 * 1024;

/// A record on its way, with the place in the log of what it is of.
struct Line {
    kind: String,
    year: i16,
    position: Position,
    /// Of what it is of.
    at: Timestamp,
    bytes: usize,
    event: AuditEvent,
    meta: Metadata,
}

impl Recorder {
    pub fn new(executor: Executor, vault: Vault, clock: Clock) -> Self {
        Self { executor, vault, clock, place: None, before: None, oldest: None }
    }

    /// When the oldest audited event happened that was seen and is not recorded.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.oldest
    }

    /// Records what comes next, at most a page of the log.
    pub async fn step(&mut self) -> Result<Stepped, AuditError> {
        let (store, now) = (self.executor.store(), self.clock.now());
        let mut place = match (self.place.take(), self.before) {
            (Some(place), _) => place,
            (None, Some(before)) => place::find_again(store, before, now).await?,
            (None, None) => place::find(store, now).await?,
        };
        self.before = Some(place);
        let page = store.read_all(place.after, PAGE).await?;
        // A log that is shorter than what was read of it was restored: what is audited from here on is found anew.
        if page.is_empty() && 0 < place.after && store.head().await? < place.after {
            place = place::find(store, now).await?;
        }
        let (lines, unread) = self.lines(&place, &page).await;
        let stuck = unread.as_ref().map(|it| it.1);
        let mut left = lines.as_slice();
        for run in runs(&lines) {
            self.oldest = left.first().map(|it| it.at).or(stuck);
            self.append(&mut place, run).await?;
            left = left.get(run.len()..).unwrap_or_default();
        }
        self.oldest = stuck;
        // What came before an event that cannot be read need not wait for it.
        if let Some((error, _)) = unread {
            return Err(error);
        }
        place.after = page.last().map_or(place.after, |it| it.position);
        self.place = Some(place);
        let caught_up = page.len() < PAGE;
        let recorded = lines.into_iter().map(|it| it.kind).collect();
        Ok(Stepped { recorded, after: place.after, caught_up })
    }

    /// The records of a page, up to the first event that none can be made of.
    async fn lines(
        &self,
        place: &Place,
        page: &[Recorded],
    ) -> (Vec<Line>, Option<(AuditError, Timestamp)>) {
        let mut lines = Vec::new();
        let mut year = None;
        for event in page {
            match self.line(place, year, event).await {
                Ok(None) => {}
                Ok(Some(line)) => {
                    year = Some(line.year);
                    lines.push(line);
                }
                Err(error) => return (lines, Some((error, event.meta.at))),
            }
        }
        (lines, None)
    }

    async fn line(
        &self,
        place: &Place,
        before: Option<i16>,
        source: &Recorded,
    ) -> Result<Option<Line>, AuditError> {
        let Some(draft) = Draft::of(Event {
            stream: &source.stream,
            revision: source.revision,
            id: source.id,
            kind: &source.kind,
            data: &source.data,
            at: source.meta.at,
            request: source.meta.correlation,
            actor: source.meta.actor.as_deref(),
        })?
        else {
            return Ok(None);
        };
        let year = place.year_of(draft.time());
        let record = persons::finish(self.executor.store(), &self.vault, draft).await?;
        let record = record.write().map_err(|it| broken(&source.stream, it.to_string()))?;
        // The source is the command: whoever records it at the same place makes the same event.
        let meta = Metadata::new(source.id, self.clock.now()).causation(source.id);
        Ok(Some(Line {
            kind: source.kind.clone(),
            year: before.map_or(year, |it| it.max(year)),
            position: source.position,
            at: source.meta.at,
            bytes: record.len(),
            event: AuditEvent::Recorded { record },
            meta: meta.actor("system:audit"),
        }))
    }

    async fn append(&self, place: &mut Place, run: &[Line]) -> Result<(), AuditError> {
        let Some(last) = run.last() else { return Ok(()) };
        let expected = place.expected(last.year);
        let events: Vec<_> = run.iter().map(|it| (it.event.clone(), it.meta.clone())).collect();
        let stream = log_stream(last.year);
        let appended = self.executor.append_behind(&stream, expected, &events).await?;
        *place = Place { last: Some((last.year, appended.revision)), after: last.position };
        Ok(())
    }
}

/// Cuts lines into what one append takes: of one year, not too many, not too long.
fn runs(mut lines: &[Line]) -> Vec<&[Line]> {
    let mut runs = Vec::new();
    while let Some(first) = lines.first() {
        let mut bytes = 0;
        let fits = lines.iter().take(AT_ONCE).take_while(|it| {
            bytes += it.bytes;
            it.year == first.year && bytes <= BYTES_AT_ONCE
        });
        let (run, rest) = lines.split_at(fits.count().max(1));
        runs.push(run);
        lines = rest;
    }
    runs
}
