use std::sync::PoisonError;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

/// What operators see of erasures.
#[derive(Clone, Default)]
pub struct ErasureMetrics {
    pub pending: Gauge,
    pub erased: Counter,
}

impl ErasureMetrics {
    pub fn register(metrics: &runtime::metrics::Metrics) -> Self {
        let it = Self::default();
        let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(
            "erasures_pending",
            "People whose erasure was asked for and is not finished",
            it.pending.clone(),
        );
        registry.register("erasures", "People who were erased", it.erased.clone());
        it
    }
}
