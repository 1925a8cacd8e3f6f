use jiff::{SignedDuration, Timestamp};

use super::super::{
    Booking, BookingEvent as E, BookingRejection as R, CancelCause, CourtDay, Held, RefundCause,
    rest_of,
};
use super::{Decision, known};
use crate::ids::BookingId;
use crate::money::Money;

/// Somebody has paid it back. Asked of the court-day the money came to, wherever its booking has moved since.
pub(super) fn settle(day: &CourtDay, id: BookingId, payment_reference: String) -> Decision {
    let payment = known(day, &id)?.payments.get(&payment_reference);
    let refund = payment.and_then(|it| it.refund.as_ref()).ok_or(R::UnknownRefund)?;
    if refund.settled {
        return Ok(vec![]);
    }
    let amount = refund.amount.clone();
    Ok(vec![E::RefundSettled { booking: id, payment_reference, amount }])
}

/// Ends a booking and gives back this share of what was paid, payment by payment. Where nothing was, `refund` says
/// what the share of the price would be.
pub(super) fn cancel(booking: &Booking, percent: u8, cause: CancelCause) -> Vec<E> {
    let id = &booking.held.booking;
    let mut events: Vec<E> = vec![];
    let mut sum = None;
    for (reference, payment) in booking.paid() {
        let amount = share(&payment.amount, percent);
        let paid_back: i64 = sum.unwrap_or_default();
        sum = Some(paid_back.saturating_add(amount.amount_minor));
        if amount.amount_minor > 0 {
            events.push(E::RefundRequired {
                booking: id.clone(),
                payment_reference: reference.clone(),
                amount,
                why: RefundCause::Cancelled,
            });
        }
    }
    let Money { currency, .. } = booking.held.price.clone();
    let refund = match sum {
        Some(amount_minor) => Money { amount_minor, currency },
        None => share(&booking.held.price, percent),
    };
    events.insert(0, E::Cancelled { booking: id.clone(), refund, cause });
    events
}

/// What a booking that is its owner's again takes back: what its cancellation would have paid back, and kept of what
/// has been paid back; or else the first payment that came too late.
pub(super) fn withdraw(booking: &Booking) -> Vec<E> {
    use RefundCause::{Cancelled, GivenBack, PlaceLost};
    let open = |causes: &'static [RefundCause]| {
        let open = booking.payments.iter().filter(|(_, it)| {
            it.refund.as_ref().is_some_and(|it| !it.settled && causes.contains(&it.why))
        });
        open.map(|(reference, _)| E::RefundWithdrawn {
            booking: booking.held.booking.clone(),
            payment_reference: reference.clone(),
        })
    };
    let own: Vec<E> = open(&[Cancelled]).chain(kept(booking)).collect();
    if own.is_empty() && booking.paid().next().is_none() {
        return open(&[PlaceLost, GivenBack]).take(1).collect();
    }
    own
}

/// What its cancellations kept of payments whose refunds have been paid out, each once.
fn kept(booking: &Booking) -> impl Iterator<Item = E> {
    booking.payments.iter().filter_map(move |(reference, payment)| {
        let refund = payment.refund.as_ref();
        let settled = refund.filter(|it| it.settled && it.why == RefundCause::Cancelled)?;
        let amount = payment.rest(settled)?;
        let payment_reference = rest_of(reference);
        let is_new = !booking.payments.contains_key(&payment_reference);
        is_new.then(|| E::PaymentReceived {
            booking: booking.held.booking.clone(),
            payment_reference,
            amount,
            method: payment.method,
            moved_from: Some(booking.held.booking.clone()),
        })
    })
}

/// By the terms it was held under, whatever the venue's policy says today.
pub(super) fn percent(held: &Held, at: Timestamp) -> u8 {
    let notice = held.starts_at.duration_since(at);
    let full = SignedDuration::from_hours(held.terms.full_refund_hours.into());
    if notice >= full { 100 } else { held.terms.late_refund_percent.min(100) }
}

/// Rounded up: half a cent is the player's. Never more than the whole.
fn share(whole: &Money, percent: u8) -> Money {
    let hundredfold = i128::from(whole.amount_minor) * i128::from(percent);
    let share = hundredfold / 100 + i128::from(hundredfold % 100 > 0);
    let amount_minor = i64::try_from(share).unwrap_or(whole.amount_minor);
    Money { amount_minor, currency: whole.currency.clone() }
}
