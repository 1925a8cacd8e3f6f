//! What operators see of webhooks.
use std::sync::PoisonError;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use runtime::metrics::Metrics;

/// Cheap to clone; clones count together.
#[derive(Clone, Default)]
pub struct WebhookMetrics {
    attempts: Family<Came, Counter>,
    pub oldest_seconds: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Came {
    outcome: &'static str,
}

impl WebhookMetrics {
    pub fn register(metrics: &Metrics) -> Self {
        let it = Self::default();
        for outcome in ["delivered", "failed", "given_up"] {
            drop(it.attempts.get_or_create(&Came { outcome }));
        }
        let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(
            "webhook_deliveries",
            "Attempts to tell a webhook something, by what came of them",
            it.attempts.clone(),
        );
        registry.register(
            "webhook_oldest_undelivered_seconds",
            "For how long what has waited longest has waited for a webhook that is not stopped",
            it.oldest_seconds.clone(),
        );
        it
    }

    pub(super) fn came(&self, outcome: &'static str) {
        self.attempts.get_or_create(&Came { outcome }).inc();
    }
}
