//! What the timers tell an operator.
use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use domain::bookings::ExpiryCause;
use jiff::SignedDuration;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use runtime::metrics::Metrics;

use super::kind::{KINDS, Kind};

/// Cheap to clone; clones count together.
#[derive(Clone)]
pub struct TimerMetrics {
    lateness: Family<Lateness, Histogram, fn() -> Histogram>,
    expired: Family<Cause, Counter>,
    ended: Family<Ended, Counter>,
    pub swept: Counter,
    pub poisoned: Counter,
    pub dead_letters: Gauge,
    pub canaries_lost: Counter,
    armed: Family<KindLabel, Gauge>,
    pub oldest_overdue_seconds: Gauge<f64, AtomicU64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Lateness {
    transport: &'static str,
    cause: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Cause {
    cause: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    kind: &'static str,
    cause: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

/// From a millisecond, which is the promise with the broker up, to the ten seconds that the sweep promises without.
const BUCKETS_SECONDS: [f64; 12] =
    [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 3.0, 10.0, 60.0];

impl TimerMetrics {
    pub fn register(metrics: &Metrics) -> Self {
        let new = Self {
            lateness: Family::new_with_constructor(|| Histogram::new(BUCKETS_SECONDS)),
            expired: Family::default(),
            ended: Family::default(),
            swept: Counter::default(),
            poisoned: Counter::default(),
            dead_letters: Gauge::default(),
            canaries_lost: Counter::default(),
            armed: Family::default(),
            oldest_overdue_seconds: Gauge::default(),
        };
        let mut registry =
            metrics.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        registry.register(
            "timer_lateness_seconds",
            "From the time something was over until that stood in the log; of canaries, until they came",
            new.lateness.clone(),
        );
        registry.register(
            "bookings_expired",
            "Holds ended by this process, by cause",
            new.expired.clone(),
        );
        registry.register(
            "timers_ended",
            "What this process ended in time, by kind and cause",
            new.ended.clone(),
        );
        registry.register("timers_swept", "Timers whose message never came", new.swept.clone());
        registry.register("timers_poisoned", "Messages that can never work", new.poisoned.clone());
        registry.register(
            "timers_dead_letters",
            "Messages that were given up; somebody should look at each",
            new.dead_letters.clone(),
        );
        registry.register("timers_armed", "What is awaited, by kind", new.armed.clone());
        registry.register(
            "timer_canaries_lost",
            "Canaries that did not come within three seconds of their time",
            new.canaries_lost.clone(),
        );
        registry.register(
            "timers_oldest_overdue_seconds",
            "For how long what is most overdue has been over and not ended",
            new.oldest_overdue_seconds.clone(),
        );
        new
    }

    /// Something of a kind was ended, so long after its time.
    pub(super) fn ended(
        &self,
        kind: &Kind,
        cause: ExpiryCause,
        transport: &'static str,
        late: SignedDuration,
    ) {
        let cause = match (kind, cause) {
            (Kind::Canary { .. }, _) => "canary",
            (_, ExpiryCause::Timer) => "timer",
            (_, ExpiryCause::Sweep) => "sweep",
            (_, ExpiryCause::Lazy) => "lazy",
        };
        if let Kind::Hold { .. } = kind {
            self.expired.get_or_create(&Cause { cause }).inc();
        }
        self.ended.get_or_create(&Ended { kind: kind.name(), cause }).inc();
        self.lateness.get_or_create(&Lateness { transport, cause }).observe(late.as_secs_f64());
    }

    /// How many wait, of each kind that this build knows.
    pub(super) fn armed(&self, counted: &BTreeMap<String, i64>) {
        for kind in KINDS {
            let count = counted.get(kind).copied().unwrap_or_default();
            self.armed.get_or_create(&KindLabel { kind }).set(count);
        }
    }
}
