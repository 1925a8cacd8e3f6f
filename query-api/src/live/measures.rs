use std::sync::PoisonError;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use runtime::metrics::Metrics;

/// What is measured of listeners. Cheap to clone; all clones count together.
#[derive(Clone, Default)]
pub struct Measures {
    pub listeners: Gauge,
    pub messages: Counter,
    pub snapshots: Counter,
    pub dropped: Counter,
    pub refused: Counter,
}

impl Measures {
    pub fn register(metrics: &Metrics) -> Self {
        let it = Self::default();
        let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(
            "live_listeners",
            "Who listens to a venue's day at this process",
            it.listeners.clone(),
        );
        registry.register(
            "live_messages",
            "Changes sent to listeners, each as often as it was sent",
            it.messages.clone(),
        );
        registry.register(
            "live_snapshots",
            "Whole days sent to listeners that begin or cannot be continued",
            it.snapshots.clone(),
        );
        registry.register(
            "live_dropped",
            "Listeners let go because they did not keep up",
            it.dropped.clone(),
        );
        registry.register(
            "live_refused",
            "Listeners turned away because there are too many",
            it.refused.clone(),
        );
        it
    }
}
