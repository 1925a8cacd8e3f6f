//! What happened, as programs outside are told of it: ids alone, so that nothing personal leaves and nothing that was told
//! is out of date. Whoever needs more asks for it.
use jiff::civil::Date;
use serde::Serialize;

use crate::bookings::{self, BookingEvent};
use crate::courts::CourtEvent;
use crate::ids::{BlockId, BookingId, CourtCode, VenueId};
use crate::stored::StoredEvent;
use crate::venues::VenueEvent;

/// An event of a court-day, a court or a venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The event's name without its version: what it means never changes.
    pub kind: &'static str,
    pub data: Subject,
}

/// What a change is about, and the place of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Subject {
    Booking { booking: BookingId, court: CourtCode, date: Date },
    Block { block: BlockId, court: CourtCode, date: Date },
    Court { court: CourtCode },
    Venue { venue: VenueId },
}

/// What the names of those streams begin with whose events are told.
pub const STREAMS: [&str; 3] = ["courtday", "court", "venue"];

/// Every kind there is, in the order of their names.
pub const KINDS: [&str; 31] = [
    "booking.cancelled",
    "booking.checked-in",
    "booking.confirmed",
    "booking.expired",
    "booking.held",
    "booking.hold-extended",
    "booking.missed",
    "booking.move-abandoned",
    "booking.moved",
    "booking.payment-received",
    "booking.payment-started",
    "booking.refund-required",
    "booking.refund-settled",
    "booking.refund-withdrawn",
    "booking.reinstated",
    "booking.released",
    "court.added",
    "court.described",
    "court.priced",
    "court.retired",
    "court.returned",
    "courtday.blocked",
    "courtday.unblocked",
    "venue.closed-on",
    "venue.hours-lifted-on",
    "venue.hours-set",
    "venue.hours-set-on",
    "venue.opened",
    "venue.policy-set",
    "venue.renamed",
    "venue.reopened-on",
];

impl Change {
    /// The change that a stored event is to the outside. None is what it is told nothing of: what concerns people, what is
    /// ours alone, and what a newer build wrote.
    pub fn of(stream: &str, name: &str, data: &[u8]) -> Result<Option<Self>, serde_json::Error> {
        let Some(kind) = kind(name) else { return Ok(None) };
        Ok(subject(stream, name, data)?.map(|data| Self { kind, data }))
    }
}

fn kind(name: &str) -> Option<&'static str> {
    let (kind, _version) = name.rsplit_once(".v")?;
    KINDS.iter().find(|it| **it == kind).copied()
}

fn subject(stream: &str, name: &str, data: &[u8]) -> Result<Option<Subject>, serde_json::Error> {
    if let Some((court, date)) = bookings::court_day(stream) {
        if !BookingEvent::knows(name) {
            return Ok(None);
        }
        let event = BookingEvent::read(name, data)?;
        Ok(match event {
            BookingEvent::Blocked { block, .. } | BookingEvent::Unblocked { block } => {
                Some(Subject::Block { block, court, date })
            }
            other => {
                other.booking().cloned().map(|booking| Subject::Booking { booking, court, date })
            }
        })
    } else if let Some(court) = stream.strip_prefix("court-").and_then(|it| it.parse().ok()) {
        Ok(CourtEvent::knows(name).then_some(Subject::Court { court }))
    } else if let Some(venue) = stream.strip_prefix("venue-").and_then(|it| it.parse().ok()) {
        Ok(VenueEvent::knows(name).then_some(Subject::Venue { venue }))
    } else {
        Ok(None)
    }
}
