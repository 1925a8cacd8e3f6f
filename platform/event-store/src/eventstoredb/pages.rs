//! Reading, a page at a time: every call is bounded in events and in time.
use std::sync::{Arc, Mutex, PoisonError};

use eventstore::{
    Error, Position as Place, ReadAllOptions, ReadStreamOptions, RecordedEvent, StreamPosition,
};

use super::client::{Connection, Failure};
use super::events::{is_system, of_all, of_stream, original};
use crate::{Position, ReadError, Recorded, StreamEvent};

/// The server counts in signed numbers: from here on it has no events, and other uses for the numbers.
pub(super) const COUNTABLE: u64 = i64::MAX as u64;

/// The most events in one call, and the fewest of the log, where the server's own stand between ours.
const PAGE: usize = 500;
const LEAST: usize = 32;

#[derive(Clone)]
pub(super) struct Pages {
    connection: Arc<Connection>,
    looked: Arc<Mutex<Option<Looked>>>,
}

/// How far the log was looked through behind the last of our events: the server's own may be many there, and every
/// follower that has caught up would read them again each time it looks.
#[derive(Clone, Copy)]
struct Looked {
    /// Where the last of our events stands, up to `until`.
    ours: Position,
    until: Place,
}

/// What was read from a cursor on.
struct Stretch {
    /// Whose event stands at the cursor itself; none if there is no event.
    begins: Option<By>,
    found: Vec<Recorded>,
    reached: Cursor,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Us,
    TheServer,
}

/// Where reading of the log goes on. Moves over the server's own events too.
#[derive(Clone, Copy)]
pub(super) struct Cursor(Option<Place>);

impl Cursor {
    pub(super) fn after(position: Position) -> Self {
        Self((0 < position).then_some(Place { commit: position, prepare: position }))
    }

    fn commit(self) -> Position {
        self.0.map_or(0, |it| it.commit)
    }
}

impl Pages {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection, looked: Arc::default() }
    }

    /// Returns our events behind the cursor, and the cursor behind all events looked at.
    pub(super) async fn all(
        &self,
        cursor: Cursor,
        limit: usize,
    ) -> Result<(Vec<Recorded>, Cursor), ReadError> {
        if limit == 0 {
            return Ok((Vec::new(), cursor));
        }
        let place = cursor.commit();
        let looked = self.looked().filter(|it| it.ours == place || it.until.commit == place);
        if let Some(it) = looked {
            let stretch = self.stretch(Cursor(Some(it.until)), limit).await?;
            if stretch.begins.is_some() {
                return Ok(self.note(stretch, Some(it.ours)));
            }
            // Not the log that was looked through: an older copy of it was put back.
            self.forget();
        }
        let stretch = self.stretch(cursor, limit).await?;
        // A place that somebody made up, or one of the server's own, is not where an event of ours stands.
        let ours = (place == 0 || stretch.begins == Some(By::Us)).then_some(place);
        Ok(self.note(stretch, ours))
    }

    /// Reads on from the cursor.
    async fn stretch(&self, mut cursor: Cursor, limit: usize) -> Result<Stretch, ReadError> {
        let mut begins = None;
        let mut found = Vec::new();
        while found.len() < limit && cursor.commit() < COUNTABLE {
            // One more, because the server begins with the event at the cursor.
            let count = (limit - found.len()).clamp(LEAST, PAGE) + 1;
            let from = cursor.0.map_or(StreamPosition::Start, StreamPosition::Position);
            let options = ReadAllOptions::default().position(from).forwards().max_count(count);
            let page = self.page_of_all(options).await?;
            let is_last = page.len() < count;
            for event in page {
                let by = if is_ours(&event) { By::Us } else { By::TheServer };
                if event.position.commit <= cursor.commit() {
                    begins = begins.or(Some(by));
                    continue;
                }
                if found.len() == limit {
                    return Ok(Stretch { begins, found, reached: cursor });
                }
                cursor = Cursor(Some(event.position));
                if by == By::Us {
                    found.push(of_all(event)?);
                }
            }
            if is_last {
                break;
            }
        }
        Ok(Stretch { begins, found, reached: cursor })
    }

    /// Returns our events before `before`, newest first.
    pub(super) async fn all_backwards(
        &self,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, ReadError> {
        let mut found = Vec::new();
        let before = before.filter(|it| *it < COUNTABLE);
        let mut place = before.map(|it| Place { commit: it, prepare: it });
        while found.len() < limit && place.is_none_or(|it| 0 < it.commit) {
            let count = (limit - found.len()).clamp(LEAST, PAGE) + 1;
            let from = place.map_or(StreamPosition::End, StreamPosition::Position);
            let options = ReadAllOptions::default().position(from).backwards().max_count(count);
            let page = self.page_of_all(options).await?;
            let is_last = page.len() < count;
            for event in page {
                if place.is_some_and(|it| it.commit <= event.position.commit) {
                    continue;
                }
                place = Some(event.position);
                if found.len() < limit && is_ours(&event) {
                    found.push(of_all(event)?);
                }
            }
            if is_last {
                break;
            }
        }
        Ok(found)
    }

    /// The place of our last event: looked for from where the log was looked through, if that is near the end.
    pub(super) async fn head(&self) -> Result<Position, ReadError> {
        if let Some(it) = self.looked() {
            let (found, _) = self.all(Cursor::after(it.ours), LEAST).await?;
            if found.len() < LEAST
                && let Some(it) = self.looked()
            {
                return Ok(it.ours);
            }
        }
        let last = self.all_backwards(None, 1).await?;
        let head = last.first().map_or(0, |it| it.position);
        // So that next time it is known.
        self.all(Cursor::after(head), LEAST).await?;
        Ok(head)
    }

    /// Remembers how far a stretch went behind the last of our events, which is in it, or is `ours`.
    fn note(&self, stretch: Stretch, ours: Option<Position>) -> (Vec<Recorded>, Cursor) {
        let Stretch { found, reached, .. } = stretch;
        let ours = found.last().map(|it| it.position).or(ours);
        if let Some((ours, until)) = ours.zip(reached.0) {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever reads the log from its beginning takes nothing from those who are at its end.
            if looked.is_none_or(|it| it.until.commit <= until.commit) {
                *looked = Some(Looked { ours, until });
            }
        }
        (found, reached)
    }

    fn looked(&self) -> Option<Looked> {
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self) {
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) async fn stream(
        &self,
        stream: &str,
        mut from: u64,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        let mut found: Vec<StreamEvent> = Vec::new();
        while found.len() < limit && from < COUNTABLE {
            let count = (limit - found.len()).min(PAGE);
            let options =
                ReadStreamOptions::default().position(StreamPosition::Position(from)).forwards();
            let page = self.page_of_stream(stream, options.max_count(count)).await?;
            let is_last = page.len() < count;
            found.extend(page);
            if is_last {
                break;
            }
            from = found.last().map_or(COUNTABLE, |it| it.revision + 1);
        }
        Ok(found)
    }

    pub(super) async fn stream_backwards(
        &self,
        stream: &str,
        from: Option<u64>,
        limit: usize,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        let mut found: Vec<StreamEvent> = Vec::new();
        let mut next = match from {
            // What a server does who is asked to begin behind the end is not written anywhere.
            Some(from) if 0 < limit => match self.last_revision(stream).await? {
                Some(last) => StreamPosition::Position(from.min(last)),
                None => return Ok(found),
            },
            _ => StreamPosition::End,
        };
        while found.len() < limit {
            let count = (limit - found.len()).min(PAGE);
            let options = ReadStreamOptions::default().position(next).backwards();
            let page = self.page_of_stream(stream, options.max_count(count)).await?;
            let is_last = page.len() < count;
            found.extend(page);
            match found.last() {
                Some(oldest) if !is_last && 0 < oldest.revision => {
                    next = StreamPosition::Position(oldest.revision - 1);
                }
                _ => break,
            }
        }
        Ok(found)
    }

    async fn last_revision(&self, stream: &str) -> Result<Option<u64>, ReadError> {
        let options = ReadStreamOptions::default().position(StreamPosition::End).backwards();
        let last = self.page_of_stream(stream, options.max_count(1)).await?;
        Ok(last.first().map(|it| it.revision))
    }

    async fn page_of_all(&self, options: ReadAllOptions) -> Result<Vec<RecordedEvent>, ReadError> {
        let request = |client: eventstore::Client| {
            let options = options.clone();
            async move { gather(client.read_all(&options).await?).await }
        };
        let page = self.connection.call(request).await.map_err(unavailable)?;
        page.into_iter().map(original).collect()
    }

    async fn page_of_stream(
        &self,
        stream: &str,
        options: ReadStreamOptions,
    ) -> Result<Vec<StreamEvent>, ReadError> {
        let request = |client: eventstore::Client| {
            let options = options.clone();
            async move { gather(client.read_stream(stream, &options).await?).await }
        };
        match self.connection.call(request).await {
            Ok(page) => page.into_iter().map(|it| of_stream(original(it)?)).collect(),
            Err(Failure::Client(Error::ResourceNotFound)) => Ok(Vec::new()),
            Err(failure) => Err(unavailable(failure)),
        }
    }
}

async fn gather(
    mut stream: eventstore::ReadStream,
) -> eventstore::Result<Vec<eventstore::ResolvedEvent>> {
    let mut events = Vec::new();
    while let Some(event) = stream.next().await? {
        events.push(event);
    }
    Ok(events)
}

fn is_ours(event: &RecordedEvent) -> bool {
    !is_system(&event.stream_id) && !is_system(&event.event_type)
}

pub(super) fn unavailable(failure: Failure) -> ReadError {
    match failure.hindrance() {
        Some(hindrance) => ReadError::Hindered { hindrance, source: failure.into() },
        None => ReadError::Unavailable(failure.into()),
    }
}
