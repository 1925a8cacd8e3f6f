use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

/// What operators see of the login audit's log.
#[derive(Clone, Default)]
pub struct AuditMetrics {
    pub size: Gauge,
    pub signed: Gauge,
    pub lag_seconds: Gauge<f64, AtomicU64>,
    pub recorded: Counter,
}

impl AuditMetrics {
    pub fn register(metrics: &runtime::metrics::Metrics) -> Self {
        let it = Self::default();
        let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register("audit_log_size", "Records in this year's log", it.size.clone());
        registry.register(
            "audit_log_signed_size",
            "Records that the last checkpoint signs",
            it.signed.clone(),
        );
        registry.register(
            "audit_log_lag_seconds",
            "Time since every audited event was last seen to be recorded",
            it.lag_seconds.clone(),
        );
        registry.register("audit_records", "Records appended", it.recorded.clone());
        it
    }
}
