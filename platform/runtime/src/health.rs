//! Liveness and readiness.
use std::sync::Arc;

use async_trait::async_trait;

/// Something a role needs.
#[async_trait]
pub trait Check: Send + Sync {
    /// `event_store`, `read_database`, …
    fn name(&self) -> &'static str;
    async fn check(&self) -> Result<(), String>;
}

/// What `/health/ready` asks.
#[derive(Clone, Default)]
pub struct Health {
    pub checks: Vec<Arc<dyn Check>>,
}

impl Health {
    #[must_use]
    pub fn with(mut self, check: impl Check + 'static) -> Self {
        self.checks.push(Arc::new(check));
        self
    }
}
