//! What the outbox tells an operator.
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use runtime::metrics::Metrics;

/// Cheap to clone; clones count together.
#[derive(Clone)]
pub struct NoticeMetrics {
    ended: Family<Ended, Counter>,
    pub pending: Gauge,
    pub dead: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    kind: String,
    state: &'static str,
}

impl NoticeMetrics {
    pub fn register(metrics: &Metrics) -> Self {
        let new =
            Self { ended: Family::default(), pending: Gauge::default(), dead: Gauge::default() };
        let mut registry =
            metrics.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        registry.register(
            "notices_ended",
            "Messages done with, by kind and by what became of them",
            new.ended.clone(),
        );
        registry.register("notices_pending", "Messages waiting to be sent", new.pending.clone());
        registry.register(
            "notices_dead",
            "Messages refused for good; somebody has to look",
            new.dead.clone(),
        );
        new
    }

    pub(super) fn ended(&self, kind: &str, state: &'static str) {
        self.ended.get_or_create(&Ended { kind: kind.to_owned(), state }).inc();
    }
}
