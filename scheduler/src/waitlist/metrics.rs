use std::sync::PoisonError;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

/// What operators see of waitlists.
#[derive(Clone, Default)]
pub struct WaitlistMetrics {
    pub lists: Gauge,
    pub offers: Counter,
    pub lapsed: Counter,
}

impl WaitlistMetrics {
    pub fn register(metrics: &runtime::metrics::Metrics) -> Self {
        let it = Self::default();
        let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(
            "waitlist_lists",
            "Venues' days that somebody waits for",
            it.lists.clone(),
        );
        registry.register("waitlist_offers", "Places that were offered", it.offers.clone());
        registry.register(
            "waitlist_offers_lapsed",
            "Offers that nobody answered in time",
            it.lapsed.clone(),
        );
        it
    }
}
