//! Whether a place can be sold at all, and what is written down when it is.
use super::super::{BookedFor, BookingRejection as R, Held, Holder, Place, Terms};
use super::refunds;
use crate::policies::{self, Refusal};
use crate::sealed::Sealed;

/// Two hundred years: no service date is that far ahead.
const NEVER_IN_FULL_HOURS: u32 = 200 * 366 * 24;

/// The rules of sale. A reason overrides the advance limit, and nothing else.
pub(super) fn check(place: &Place, overridden: Option<&Sealed>) -> Result<(), R> {
    let Place { venue, court, starts_at, ends_at, at, .. } = place;
    match policies::check_court(venue, court, *starts_at, *ends_at, *at) {
        Err(Refusal::TooFarAhead { .. }) if overridden.is_some() => {}
        answer => answer?,
    }
    // The id names the stream, and the stream is the lock: a booking under another day's id would not be seen by
    // those it overlaps. Seen from the day the id names, the place lies outside the hours.
    let date = place.booking.date();
    if policies::service_date(&place.venue, place.starts_at) == date {
        return Ok(());
    }
    Err(policies::outside(policies::open_hours(&place.venue, date)).into())
}

/// A place that somebody takes for the first time.
pub(super) fn sold(place: Place, by: Holder) -> Held {
    let policy = &place.venue.policy;
    let terms = Terms {
        full_refund_hours: policy.full_refund_hours,
        late_refund_percent: policy.late_refund_percent,
    };
    let (payment, payment_extension_seconds) = (policy.payment, policy.payment_extension_seconds);
    let expires_at = policies::expires_at(policy, place.starts_at, place.at);
    let (booked_for, expires_at, overridden) = match by {
        Holder::Player(user) => (BookedFor::Player { user }, Some(expires_at), None),
        Holder::Desk { booked_for, overridden } => (booked_for, None, overridden),
    };
    Held {
        reference: place.booking.clone(),
        booking: place.booking.clone(),
        generation: 1,
        price: place.court.prices.price(&place.venue, place.starts_at, place.ends_at),
        venue: place.court.venue.clone(),
        booked_for,
        starts_at: place.starts_at,
        ends_at: place.ends_at,
        zone: place.venue.zone.clone(),
        expires_at,
        terms,
        payment,
        payment_extension_seconds,
        moved_from: None,
        overridden,
        venue_revision: place.venue_revision,
        court_revision: place.court_revision,
    }
}

/// A place that a booking moves to: at that place's price, on the terms it was first made under.
pub(super) fn moved_to(place: Place, from: &Held, overridden: Option<Sealed>) -> Held {
    let mut terms = from.terms.clone();
    // Or whoever is too late for a full refund would move far ahead first, and cancel there. Where the desk says why,
    // nobody loses by the move.
    if overridden.is_none() && refunds::percent(from, place.at) < 100 {
        terms.full_refund_hours = NEVER_IN_FULL_HOURS;
    }
    let by = Holder::Desk { booked_for: from.booked_for.clone(), overridden };
    Held {
        reference: from.reference.clone(),
        terms,
        payment: from.payment,
        payment_extension_seconds: from.payment_extension_seconds,
        moved_from: Some(from.booking.clone()),
        ..sold(place, by)
    }
}

impl Held {
    /// Whether only a payment confirms it. What costs nothing cannot be paid.
    pub fn has_to_be_paid(&self) -> bool {
        self.payment == policies::Payment::Required && self.price.amount_minor > 0
    }
}
