//! Events to begin with.
use domain::bookings::{
    BlockCause, BookedFor, BookingEvent, CancelCause, ExpiryCause, ExtensionCause, Held, Terms,
};
use domain::ids::BlockId;
use domain::money::Money;
use domain::stored::StoredEvent;
use event_store::{Expected, Metadata, NewEvent, Recorded, Store};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub const PLAYER: Uuid = Uuid::from_u128(0xA11CE);

/// So many minutes after the first of March 2026, 08:00.
pub fn t(minutes: i64) -> Timestamp {
    let zero: Timestamp = "2026-03-01T08:00:00Z".parse().expect("a time");
    zero + SignedDuration::from_mins(minutes)
}

/// As people and JSON write it.
pub fn at(minutes: i64) -> String {
    t(minutes).to_string().replace('Z', "+00:00")
}

/// A log, written line by line: stream, event, minute.
#[derive(Default)]
pub struct Log(pub Vec<Recorded>);

impl Log {
    pub fn with(mut self, stream: &str, minute: i64, event: &impl StoredEvent) -> Self {
        let (kind, data) = event.write().expect("an event can be written");
        self.push(stream, minute, kind, data);
        self
    }

    pub fn with_kind(mut self, stream: &str, minute: i64, kind: &str, data: &str) -> Self {
        self.push(stream, minute, kind.to_owned(), data.as_bytes().to_vec());
        self
    }

    fn push(&mut self, stream: &str, minute: i64, kind: String, data: Vec<u8>) {
        let position = self.0.len() as u64 + 1;
        self.0.push(Recorded {
            position,
            stream: stream.to_owned(),
            revision: self.0.iter().filter(|it| it.stream == stream).count() as u64,
            id: Uuid::from_u128(position.into()),
            kind,
            data,
            meta: Metadata::new(Uuid::from_u128(position.into()), t(minute)).actor("user:somebody"),
        });
    }
}

/// Appends an event at the end of a stream and returns its position.
pub async fn append(store: &Store, stream: &str, minute: i64, event: &impl StoredEvent) -> u64 {
    let (kind, data) = event.write().expect("an event can be written");
    append_kind(store, stream, minute, &kind, data).await
}

pub async fn append_kind(
    store: &Store,
    stream: &str,
    minute: i64,
    kind: &str,
    data: Vec<u8>,
) -> u64 {
    let last = store.read_stream_backwards(stream, None, 1).await.expect("the stream can be read");
    let expected = last.first().map_or(Expected::NoStream, |it| Expected::Exact(it.revision));
    let id = runtime::ids::new();
    let meta = Metadata::new(id, t(minute));
    let event = NewEvent { id, kind: kind.to_owned(), data, meta };
    store.append(stream, expected, vec![event]).await.expect("the event is taken").position
}

/// A hold of an hour on court 7FK2 from 10:00 on the service day `day` of March.
pub fn held(day: u8, suffix: &str, starts_at: i64) -> BookingEvent {
    held_again(day, suffix, starts_at, 1)
}

pub fn held_again(day: u8, suffix: &str, starts_at: i64, generation: u32) -> BookingEvent {
    let booking = id(day, suffix).parse().expect("a booking id");
    BookingEvent::Held(Box::new(Held {
        reference: id(day, suffix).parse().expect("a booking id"),
        booking,
        generation,
        venue: "riverside".parse().expect("a venue"),
        booked_for: BookedFor::Player { user: domain::ids::UserId(PLAYER) },
        starts_at: t(starts_at),
        ends_at: t(starts_at + 60),
        zone: "Europe/Berlin".to_owned(),
        expires_at: Some(t(15 * i64::from(generation))),
        price: Money { amount_minor: 2400, currency: "EUR".to_owned() },
        terms: Terms { full_refund_hours: 24, late_refund_percent: 50 },
        payment: domain::policies::Payment::None,
        payment_extension_seconds: 600,
        moved_from: None,
        overridden: None,
        venue_revision: 2,
        court_revision: 1,
    }))
}

pub fn confirmed(day: u8, suffix: &str) -> BookingEvent {
    BookingEvent::Confirmed { booking: parsed(day, suffix), payment_reference: None }
}

pub fn expired(day: u8, suffix: &str) -> BookingEvent {
    BookingEvent::Expired { booking: parsed(day, suffix), generation: 1, cause: ExpiryCause::Timer }
}

pub fn released(day: u8, suffix: &str) -> BookingEvent {
    BookingEvent::Released { booking: parsed(day, suffix) }
}

pub fn cancelled(day: u8, suffix: &str) -> BookingEvent {
    let refund = Money { amount_minor: 1200, currency: "EUR".to_owned() };
    BookingEvent::Cancelled { booking: parsed(day, suffix), refund, cause: CancelCause::Player }
}

pub fn extended(day: u8, suffix: &str, expires_at: i64) -> BookingEvent {
    let booking = parsed(day, suffix);
    let cause = ExtensionCause::Payment;
    BookingEvent::HoldExtended { booking, generation: 2, expires_at: t(expires_at), cause }
}

pub fn reinstated(day: u8, suffix: &str, starts_at: i64, generation: u32) -> BookingEvent {
    let (starts_at, ends_at) = (t(starts_at), t(starts_at + 60));
    let booking = parsed(day, suffix);
    BookingEvent::Reinstated { booking, generation, starts_at, ends_at, reason: None }
}

pub fn moved(day: u8, suffix: &str, to: &str) -> BookingEvent {
    BookingEvent::Moved { booking: parsed(day, suffix), to: parsed(day, to) }
}

pub fn checked_in(day: u8, suffix: &str) -> BookingEvent {
    BookingEvent::CheckedIn { booking: parsed(day, suffix) }
}

pub fn blocked(block: u128, starts_at: i64, minutes: i64) -> BookingEvent {
    let (starts_at, ends_at) = (t(starts_at), t(starts_at + minutes));
    let (block, cause) = (BlockId(Uuid::from_u128(block)), BlockCause::Rain);
    BookingEvent::Blocked { block, starts_at, ends_at, cause, reason: None }
}

pub fn unblocked(block: u128) -> BookingEvent {
    BookingEvent::Unblocked { block: BlockId(Uuid::from_u128(block)) }
}

pub fn court_day(day: u8) -> String {
    format!("courtday-7FK2-2026-03-{day:02}")
}

pub fn id(day: u8, suffix: &str) -> String {
    format!("2026-03-{day:02}-7FK2-{suffix:0>8}")
}

fn parsed(day: u8, suffix: &str) -> domain::ids::BookingId {
    id(day, suffix).parse().expect("a booking id")
}
