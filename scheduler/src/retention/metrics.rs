use std::sync::PoisonError;

use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

/// What operators see of keys whose time has come.
#[derive(Clone, Default)]
pub struct RetentionMetrics {
    last_run: Gauge,
    pub(super) destroyed: Counter,
}

impl RetentionMetrics {
    pub fn register(metrics: &runtime::metrics::Metrics) -> Self {
        let it = Self::default();
        let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(
            "retention_last_run_timestamp_seconds",
            "When everything that had been kept long enough was last destroyed and recorded; 0 before the first time",
            it.last_run.clone(),
        );
        registry.register(
            "retention_keys_destroyed",
            "Keys of days and quarters that were destroyed because their time had come",
            it.destroyed.clone(),
        );
        it
    }

    /// So many keys have been destroyed since the process began.
    pub fn destroyed(&self) -> u64 {
        self.destroyed.get()
    }

    pub(super) fn ran_at(&self, now: Timestamp) {
        self.last_run.set(now.as_second());
    }
}
