use std::sync::PoisonError;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

/// What operators see of closures.
#[derive(Clone, Default)]
pub struct ClosureMetrics {
    pub pending: Gauge,
    pub blocked: Counter,
    pub lifted: Counter,
}

impl ClosureMetrics {
    pub fn register(metrics: &runtime::metrics::Metrics) -> Self {
        let it = Self::default();
        let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(
            "closures_pending",
            "Court-days that a closed day or a retired court may concern",
            it.pending.clone(),
        );
        registry.register(
            "closures_blocked",
            "Court-days blocked because their day is closed or their court retired",
            it.blocked.clone(),
        );
        registry.register(
            "closures_lifted",
            "Such blocks that were lifted again",
            it.lifted.clone(),
        );
        it
    }
}
