//! Where the log has come: found in the log itself.
use audit::record::Record;
use domain::audit::{AuditEvent, log_stream};
use domain::stored::StoredEvent;
use event_store::{Expected, Position, Store, StreamEvent};
use jiff::Timestamp;
use jiff::tz::TimeZone;

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

/// Reads the last record, and follows the log silently from a little before it until its source has passed by.
pub(super) async fn find(store: &Store, now: Timestamp) -> Result<Place, AuditError> {
    let Some(year) = newest_year(store, now).await? else {
        return Ok(Place { last: None, after: 0 });
    };
    let stream = log_stream(year);
    let last = store.read_stream_backwards(&stream, None, 1).await?;
    let last = last.first().ok_or_else(|| broken(&stream, "its end is not there any more"))?;
    let source = Record::read(record(&stream, last)?.as_bytes())
        .map_err(|error| broken(&stream, format!("revision {}: {error}", last.revision)))?;
    let mut after = store.position_at(source.time).await?;
    loop {
        let page = store.read_all(after, PAGE).await?;
        if let Some(it) = page.iter().find(|it| it.id == source.event_id) {
            return Ok(Place { last: Some((year, last.revision)), after: it.position });
        }
        let Some(end) = page.last() else {
            let what = format!("event {} of its last record is not in the log", source.event_id);
            return Err(broken(&stream, what));
        };
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
