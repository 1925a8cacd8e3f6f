//! What is measured here.
use std::sync::PoisonError;

use event_store::Position;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use runtime::metrics::Metrics;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Of {
    pub projection: &'static str,
}

/// Cheap to clone; all clones count together.
#[derive(Clone, Default)]
pub(crate) struct Measures {
    pub position: Family<Of, Gauge>,
    pub lag: Family<Of, Gauge>,
    pub applied: Family<Of, Counter>,
    pub waiting: Family<Of, Gauge>,
    pub parked: Family<Of, Gauge>,
    pub behind: Family<Of, Gauge>,
    pub overlaps: Counter,
}

impl Measures {
    pub fn register(metrics: &Metrics) -> Self {
        let it = Self::default();
        let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(
            "projection_position",
            "The position in the log that the live build has come to",
            it.position.clone(),
        );
        registry.register(
            "projection_lag_events",
            "How far the live build is behind the end of the log",
            it.lag.clone(),
        );
        registry.register(
            "projection_applied_events",
            "Events that this process has applied to live builds",
            it.applied.clone(),
        );
        registry.register(
            "projection_waiting",
            "1 while the live build waits before an event it cannot apply",
            it.waiting.clone(),
        );
        registry.register(
            "projection_parked_events",
            "Events that the live build could not apply and has put aside",
            it.parked.clone(),
        );
        registry.register(
            "projection_parked_behind_events",
            "Events that wait behind a parked one of the same key",
            it.behind.clone(),
        );
        registry.register(
            "overlap_violations",
            "Live bookings found to overlap another of their court",
            it.overlaps.clone(),
        );
        it
    }

    pub fn stands(&self, projection: &'static str, position: Position, head: Position) {
        let of = Of { projection };
        self.position.get_or_create(&of).set(position.cast_signed());
        self.lag.get_or_create(&of).set(head.saturating_sub(position).cast_signed());
    }

    pub fn parks(&self, projection: &'static str, parked: i64, behind: i64) {
        let of = Of { projection };
        self.parked.get_or_create(&of).set(parked);
        self.behind.get_or_create(&of).set(behind);
    }

    pub fn applied(&self, projection: &'static str, events: usize) {
        let of = Of { projection };
        self.applied.get_or_create(&of).inc_by(events as u64);
    }

    /// As the build's row says: whoever else applies what this process could not ends the waiting for both.
    pub fn waits(&self, projection: &'static str, is_waiting: bool) {
        self.waiting.get_or_create(&Of { projection }).set(i64::from(is_waiting));
    }
}
