//! What the outbox tells an operator.
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use runtime::metrics::Metrics;

use super::texts::Instead;

/// Cheap to clone; clones count together.
#[derive(Clone)]
pub struct NoticeMetrics {
    ended: Family<Ended, Counter>,
    pub pending: Gauge,
    pub dead: Gauge,
    /// Taken by the provider of SMS.
    pub texted: Counter,
    mailed_instead: Family<Because, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Because {
    why: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    kind: String,
    state: &'static str,
}

impl NoticeMetrics {
    pub fn register(metrics: &Metrics) -> Self {
        let new = Self {
            ended: Family::default(),
            pending: Gauge::default(),
            dead: Gauge::default(),
            texted: Counter::default(),
            mailed_instead: Family::default(),
        };
        // An alert asks for their increase, which needs something to increase from.
        for why in Instead::NAMES {
            drop(new.mailed_instead.get_or_create(&Because { why }));
        }
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
        registry.register("sms_sent", "SMS that the provider took", new.texted.clone());
        registry.register(
            "sms_mailed_instead",
            "Messages that were wanted by SMS and went by mail, by why",
            new.mailed_instead.clone(),
        );
        new
    }

    pub(super) fn mailed_instead(&self, why: Instead) {
        self.mailed_instead.get_or_create(&Because { why: why.name() }).inc();
    }

    pub(super) fn ended(&self, kind: &str, state: &'static str) {
        self.ended.get_or_create(&Ended { kind: kind.to_owned(), state }).inc();
    }
}
