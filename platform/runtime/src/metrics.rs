//! The process's metrics, in the OpenMetrics text format.
use std::sync::{Arc, Mutex};

use prometheus_client::registry::Registry;

/// Everything that is counted. Cheap to clone.
#[derive(Clone, Default)]
pub struct Metrics {
    pub registry: Arc<Mutex<Registry>>,
}
