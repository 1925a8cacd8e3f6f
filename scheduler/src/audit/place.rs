//! Where the log has come: found in the log itself.
use audit::record::Record;
use domain::audit::{AuditEvent, log_stream};
use domain::stored::StoredEvent;
use event_store::{Expected, Position, Store, StreamEvent};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::{AuditError, broken};

/// Behind what the next leaf stands, and which events come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Year and revision of the last record, if there is one.
    pub last: Option<(i16, u64)>,
    /// Everything audited up to here is recorded.
    pub after: Position,
}

/// No log of a Courtside is older.
const FIRST_YEAR: i16 = 2020;

/// Events read at once on the way to the last record's source.
const PAGE: usize = 500;

/// The year of a time, as the log counts them: in UTC.
pub(super) fn year(at: Timestamp) -> i16 {
    at.to_zoned(TimeZone::UTC).year()
}

/// The newest year that has a record. Clocks of others may be a little ahead at its end.
pub(super) async fn newest_year(store: &Store, now: Timestamp) -> Result<Option<i16>, AuditError> {
    for year in (FIRST_YEAR..=year(now).saturating_add(1)).rev() {
        if !store.read_stream(&log_stream(year), 0, 1).await?.is_empty() {
            return Ok(Some(year));
        }
    }
    Ok(None)
}

/// The bytes of a record's event.
pub(super) fn record(stream: &str, event: &StreamEvent) -> Result<String, AuditError> {
    match AuditEvent::read(&event.kind, &event.data) {
        Ok(AuditEvent::Recorded { record }) => Ok(record),
        _ => Err(broken(stream, format!("revision {} is not a record", event.revision))),
    }
}

/// The last record, and what it is of.
struct Last {
    place: (i16, u64),
    source: Uuid,
    time: Timestamp,
}

/// Reads the last record, and follows the log silently from a little before it until its source has passed by.
pub(super) async fn find(store: &Store, now: Timestamp) -> Result<Place, AuditError> {
    let Some(last) = last(store, now).await? else {
        return Ok(Place { last: None, after: 0 });
    };
    let after = store.position_at(last.time).await?;
    behind(store, &last, after).await?.ok_or_else(|| {
        let what = format!("event {} of its last record is not in the log", last.source);
        broken(&log_stream(last.place.0), what)
    })
}

/// The same for whoever was at a place `before`, and was overtaken: what others recorded since is near, and what a time says
/// is minutes of the log away from it.
pub(super) async fn find_again(
    store: &Store,
    before: Place,
    now: Timestamp,
) -> Result<Place, AuditError> {
    if let Some(last) = last(store, now).await?
        && let Some(place) = behind(store, &last, before.after).await?
    {
        return Ok(place);
    }
    find(store, now).await
}

async fn last(store: &Store, now: Timestamp) -> Result<Option<Last>, AuditError> {
    let Some(year) = newest_year(store, now).await? else { return Ok(None) };
    let stream = log_stream(year);
    let last = store.read_stream_backwards(&stream, None, 1).await?;
    let last = last.first().ok_or_else(|| broken(&stream, "its end is not there any more"))?;
    let read = Record::read(record(&stream, last)?.as_bytes())
        .map_err(|error| broken(&stream, format!("revision {}: {error}", last.revision)))?;
    Ok(Some(Last { place: (year, last.revision), source: read.event_id, time: read.time }))
}

/// Follows the log from there until the source of the last record has passed by; `None` if it does not.
async fn behind(
    store: &Store,
    last: &Last,
    mut after: Position,
) -> Result<Option<Place>, AuditError> {
    loop {
        let page = store.read_all(after, PAGE).await?;
        if let Some(it) = page.iter().find(|it| it.id == last.source) {
            return Ok(Some(Place { last: Some(last.place), after: it.position }));
        }
        let Some(end) = page.last() else { return Ok(None) };
        after = end.position;
    }
}

impl Place {
    /// The year that a record of `at` belongs to: its own, but never one before the last record's.
    pub fn year_of(&self, at: Timestamp) -> i16 {
        self.last.map_or(year(at), |it| it.0.max(year(at)))
    }

    /// Behind what the first record of `year` stands.
    pub fn expected(&self, year: i16) -> Expected {
        match self.last {
            Some((last, revision)) if last == year => Expected::Exact(revision),
            _ => Expected::NoStream,
        }
    }
}
