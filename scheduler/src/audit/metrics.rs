use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

/// What operators see of the login audit's log.
#[derive(Clone, Default)]
pub struct AuditMetrics {
    pub size: Gauge,
    pub signed: Gauge,
    pub lag_seconds: Gauge<f64, AtomicU64>,
    pub oldest_seconds: Gauge<f64, AtomicU64>,
    recorded: Family<Of, Counter>,
    copied: Family<To, Gauge>,
}

/// The event's stored name without its version, so that an alert outlives the next one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    event: String,
}

/// Where checkpoints are copied to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct To {
    to: &'static str,
}

/// What alerts ask the increase of: from no line at all to one is none, so these lines are there from the beginning.
const FROM_ZERO: [&str; 4] =
    ["login.failed", "login.locked", "session.reuse-detected", "user.role-changed"];

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
        registry.register(
            "audit_oldest_unrecorded_seconds",
            "Age of the oldest audited event that was seen and is not recorded; promised to stay under 60",
            it.oldest_seconds.clone(),
        );
        registry.register(
            "audit_copied_size",
            "Records that the last checkpoint copied there signs",
            it.copied.clone(),
        );
        registry.register(
            "audit_records",
            "Records appended, by the event they are of",
            it.recorded.clone(),
        );
        for event in FROM_ZERO {
            it.recorded.get_or_create(&Of { event: event.to_owned() }).inc_by(0);
        }
        it
    }

    /// One more record of an event with this stored name.
    pub fn recorded(&self, kind: &str) {
        let name = kind.rsplit_once(".v").map_or(kind, |it| it.0);
        self.recorded.get_or_create(&Of { event: name.to_owned() }).inc();
    }

    pub(super) fn copied(&self, to: &'static str, size: u64) {
        self.copied.get_or_create(&To { to }).set(size.cast_signed());
    }
}
