//! What holding a court writes, for those who write without deciding.
use domain::bookings::{BookedFor, BookingEvent, Held, Terms};
use domain::ids::{BookingId, CourtCode, UserId, VenueId};
use domain::money::Money;
use domain::players::PlayerEvent;
use domain::policies::Payment;
use event_store::Metadata;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The lease and the hold, as the product would write them.
pub fn events(
    venue: &VenueId,
    player: UserId,
    court: &CourtCode,
    starts_at: Timestamp,
    ends_at: Timestamp,
    meta: &Metadata,
) -> (PlayerEvent, BookingEvent) {
    let date = starts_at.to_zoned(TimeZone::UTC).date();
    let booking = BookingId::derive(date, court.clone(), meta.command);
    let expires_at = meta.at + 15.minutes();
    let lease = PlayerEvent::LeaseTaken {
        booking: booking.clone(),
        reference: booking.clone(),
        command: meta.command,
        venue: venue.clone(),
        until: expires_at + 1.minute(),
        at: meta.at,
    };
    let held = Held {
        reference: booking.clone(),
        booking,
        generation: 1,
        venue: venue.clone(),
        booked_for: BookedFor::Player { user: player },
        starts_at,
        ends_at,
        zone: "Etc/UTC".to_owned(),
        expires_at: Some(expires_at),
        price: Money { amount_minor: 2_400, currency: "EUR".to_owned() },
        terms: Terms { full_refund_hours: 24, late_refund_percent: 50 },
        payment: Payment::None,
        payment_extension_seconds: 600,
        moved_from: None,
        overridden: None,
        venue_revision: 2,
        court_revision: 1,
    };
    (lease, BookingEvent::Held(Box::new(held)))
}
