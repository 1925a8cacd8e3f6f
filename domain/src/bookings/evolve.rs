//! What each event means to the rules. Total: an event about a booking that was never held folds to nothing.
use super::{
    Blocked, Booking, BookingEvent as E, BookingState as S, CourtDay, ExtensionCause, Held, Paused,
    Payment, Refund,
};
use crate::ids::BookingId;

pub(super) fn evolve(mut day: CourtDay, event: E) -> CourtDay {
    let id = event.booking().cloned();
    match event {
        E::Held(held) => day.hold(*held),
        E::Blocked { block, starts_at, ends_at, cause, reason: _ } => {
            day.blocks.insert(block, Blocked { starts_at, ends_at, cause, lifted: false });
        }
        E::Unblocked { block } => {
            if let Some(block) = day.blocks.get_mut(&block) {
                block.lifted = true;
            }
        }
        event => {
            if let Some(booking) = id.and_then(|id| day.bookings.get_mut(&id)) {
                booking.evolve(event);
            }
        }
    }
    day
}

impl CourtDay {
    fn hold(&mut self, held: Held) {
        let id: BookingId = held.booking.clone();
        let booking = Booking {
            held,
            state: S::Held,
            payment_reference: None,
            paused: None,
            refund: None,
            payments: [].into(),
            payments_started: [].into(),
            abandoned: [].into(),
            was_confirmed: false,
        };
        self.bookings.insert(id, booking);
    }
}

impl Booking {
    pub(super) fn evolve(&mut self, event: E) {
        match event {
            E::HoldExtended { generation, expires_at, cause, .. } => {
                if let ExtensionCause::Maintenance { since } = cause
                    && self.paused.is_none_or(|it| it.since != since)
                {
                    self.paused = Some(Paused { since, expires_at: self.held.expires_at });
                }
                self.held.generation = generation;
                self.held.expires_at = Some(expires_at);
            }
            E::Reinstated { generation, .. } => {
                self.state = S::Held;
                self.held.generation = generation;
                self.held.expires_at = None;
                self.refund = None;
            }
            E::Confirmed { payment_reference, .. } => {
                self.state = S::Confirmed;
                self.was_confirmed = true;
                self.payment_reference = payment_reference;
            }
            E::Expired { .. } => self.state = S::Expired,
            E::Released { .. } => self.state = S::Released,
            E::Cancelled { refund, .. } => {
                self.state = S::Cancelled;
                self.refund = Some(refund);
            }
            E::Moved { to, .. } => self.state = S::Moved { to },
            E::MoveAbandoned { to, .. } => {
                self.abandoned.insert(to);
            }
            E::CheckedIn { .. } => self.state = S::CheckedIn,
            E::Missed { .. } => self.state = S::Missed,
            E::PaymentStarted { .. }
            | E::PaymentReceived { .. }
            | E::RefundRequired { .. }
            | E::RefundSettled { .. }
            | E::RefundWithdrawn { .. } => self.count(event),
            E::Held(_) | E::Blocked { .. } | E::Unblocked { .. } => {}
        }
    }

    /// Where the money is.
    fn count(&mut self, event: E) {
        match event {
            E::PaymentStarted { payment_reference, amount, .. } => {
                self.payments_started.insert(payment_reference, amount);
            }
            E::PaymentReceived { payment_reference, amount, method, .. } => {
                self.payments.insert(payment_reference, Payment { amount, method, refund: None });
            }
            E::RefundRequired { payment_reference, amount, why, .. } => {
                let refund = Some(Refund { amount: amount.clone(), why, settled: false });
                // Of money that never became the booking's own, this is the first that is heard.
                let method = super::PaymentMethod::Provider;
                let unheard = || Payment { amount, method, refund: None };
                self.payments.entry(payment_reference).or_insert_with(unheard).refund = refund;
            }
            E::RefundSettled { payment_reference, .. } => {
                let payment = self.payments.get_mut(&payment_reference);
                if let Some(refund) = payment.and_then(|it| it.refund.as_mut()) {
                    refund.settled = true;
                }
            }
            E::RefundWithdrawn { payment_reference, .. } => {
                if let Some(payment) = self.payments.get_mut(&payment_reference) {
                    payment.refund = None;
                }
            }
            _ => {}
        }
    }
}
