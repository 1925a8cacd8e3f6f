//! What this service counts, by the names its users know. `prometheus-client` appends `_total` to counters.
use std::sync::PoisonError;

use domain::notices::Delivery;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::time::Instant;

#[derive(Clone)]
pub struct Metrics {
    pub registrations: Outcomes,
    pub logins: Outcomes,
    pub bookings_created: Counter,
    pub bookings_create_latency_ms: Histogram,
    pub sms_reports: SmsReports,
}

/// What the SMS provider said became of messages.
#[derive(Clone, Default)]
pub struct SmsReports(Family<Reported, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reported {
    status: &'static str,
}

/// How often something worked, how often not, and how long it took either way.
#[derive(Clone)]
pub struct Outcomes {
    success: Counter,
    failure: Counter,
    duration_ms: Histogram,
}

/// Milliseconds. A password costs tens of them by intent; nothing waits longer than a request may take.
const BUCKETS: [f64; 12] =
    [1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0, 10_000.0];

impl Metrics {
    pub fn register(metrics: &runtime::metrics::Metrics, hashes: Counter) -> Self {
        let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let it = Self {
            registrations: Outcomes::register(&mut registry, "auth_registration", "registrations"),
            logins: Outcomes::register(&mut registry, "auth_login", "logins"),
            bookings_created: Counter::default(),
            bookings_create_latency_ms: Histogram::new(BUCKETS),
            sms_reports: SmsReports::default(),
        };
        // An alert asks for their increase, which needs something to increase from.
        for status in [Delivery::Delivered, Delivery::Failed, Delivery::Undelivered] {
            drop(it.sms_reports.0.get_or_create(&Reported { status: status.name() }));
        }
        registry.register(
            "sms_reports",
            "What the SMS provider said became of a message, by status",
            it.sms_reports.0.clone(),
        );
        registry.register("password_hashes", "Passwords hashed, to check or to keep them", hashes);
        registry.register("bookings_created", "Places held", it.bookings_created.clone());
        registry.register(
            "bookings_create_latency_ms",
            "Time it took to hold a place, in milliseconds",
            it.bookings_create_latency_ms.clone(),
        );
        it
    }
}

impl SmsReports {
    pub fn count(&self, status: Delivery) {
        self.0.get_or_create(&Reported { status: status.name() }).inc();
    }
}

impl Outcomes {
    fn register(registry: &mut Registry, name: &str, what: &str) -> Self {
        let it = Self {
            success: Counter::default(),
            failure: Counter::default(),
            duration_ms: Histogram::new(BUCKETS),
        };
        registry.register(
            format!("{name}_success"),
            format!("Successful {what}"),
            it.success.clone(),
        );
        registry.register(format!("{name}_failure"), format!("Failed {what}"), it.failure.clone());
        registry.register(
            format!("{name}_duration_ms"),
            format!("Time that {what} took, in milliseconds"),
            it.duration_ms.clone(),
        );
        it
    }

    pub fn observe<T, E>(&self, began: Instant, result: &Result<T, E>) {
        match result {
            Ok(_) => self.success.inc(),
            Err(_) => self.failure.inc(),
        };
        self.duration_ms.observe(millis_since(began));
    }
}

pub fn millis_since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1_000.0
}
