use std::sync::PoisonError;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

/// What operators see of leases.
#[derive(Clone, Default)]
pub struct LeaseMetrics {
    pub pending: Gauge,
    pub mended: Counter,
}

impl LeaseMetrics {
    pub fn register(metrics: &runtime::metrics::Metrics) -> Self {
        let it = Self::default();
        let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(
            "leases_pending",
            "Bookings whose player's lease may have to follow",
            it.pending.clone(),
        );
        registry.register(
            "leases_mended",
            "Leases that the scheduler made follow, and no command had",
            it.mended.clone(),
        );
        it
    }
}
