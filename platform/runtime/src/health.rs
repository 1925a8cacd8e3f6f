//! Liveness and readiness.
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use event_store::Store;
use futures::future::join_all;
use jiff::SignedDuration;
use serde::Serialize;
use sqlx::PgPool;

use crate::{Clock, Shutdown};

/// Something a role needs.
#[async_trait]
pub trait Check: Send + Sync {
    /// `event_store`, `read_database`, …
    fn name(&self) -> &'static str;

    /// Whether the role is of no use without it. What it can do without for a while degrades it.
    fn is_needed(&self) -> bool {
        true
    }

    /// What is wrong, in words that everybody may read: no addresses, no names of accounts.
    async fn check(&self) -> Result<(), String>;
}

/// What `/health/ready` asks.
#[derive(Clone, Default)]
pub struct Health {
    pub checks: Vec<Arc<dyn Check>>,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its key, where findings are written out.
    #[serde(skip)]
    pub name: &'static str,
    pub ok: bool,
    #[serde(skip)]
    pub is_needed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A probe waits no longer than this, so neither does a check.
const PATIENCE: Duration = Duration::from_secs(2);
/// Beyond this the correction is no longer one of drift: something is wrong with this machine's clock.
pub const MAX_SKEW: SignedDuration = SignedDuration::from_millis(500);

impl Health {
    #[must_use]
    pub fn with(mut self, check: impl Check + 'static) -> Self {
        self.checks.push(Arc::new(check));
        self
    }

    /// Runs all checks at once, each at most two seconds.
    pub async fn findings(&self) -> Vec<Finding> {
        join_all(self.checks.iter().map(|it| find(it.as_ref()))).await
    }
}

async fn find(check: &dyn Check) -> Finding {
    let outcome = tokio::time::timeout(PATIENCE, check.check()).await;
    let outcome = outcome.unwrap_or_else(|_| Err("no answer in time".to_owned()));
    let (name, is_needed) = (check.name(), check.is_needed());
    Finding { name, ok: outcome.is_ok(), is_needed, detail: outcome.err() }
}

/// Whether a database answers.
pub struct PostgresCheck {
    pub name: &'static str,
    pub pool: PgPool,
}

#[async_trait]
impl Check for PostgresCheck {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn check(&self) -> Result<(), String> {
        match sqlx::query("SELECT 1").execute(&self.pool).await {
            Ok(_) => Ok(()),
            Err(error) => Err(away(&error, "the database does not answer")),
        }
    }
}

/// Whether the event store answers.
pub struct StoreCheck {
    pub store: Store,
}

#[async_trait]
impl Check for StoreCheck {
    fn name(&self) -> &'static str {
        "event_store"
    }

    async fn check(&self) -> Result<(), String> {
        match self.store.head().await {
            Ok(_) => Ok(()),
            Err(error) => Err(away(&error, "the event store does not answer")),
        }
    }
}

/// Whether this machine's clock is near the database's.
pub struct ClockCheck {
    pub clock: Clock,
}

#[async_trait]
impl Check for ClockCheck {
    fn name(&self) -> &'static str {
        "clock"
    }

    async fn check(&self) -> Result<(), String> {
        let skew = self.clock.skew();
        if skew.abs() <= MAX_SKEW {
            return Ok(());
        }
        Err(format!("{} ms off the database's clock", skew.as_millis()))
    }
}

/// Whether this process takes on anything new: one that ends is in nobody's way for its last seconds.
pub struct EndingCheck {
    pub ending: Shutdown,
}

#[async_trait]
impl Check for EndingCheck {
    fn name(&self) -> &'static str {
        "process"
    }

    async fn check(&self) -> Result<(), String> {
        if self.ending.is_cancelled() { Err("ending".to_owned()) } else { Ok(()) }
    }
}

/// The cause is for the log; a probe comes every few seconds, and so it is not worth a warning each time.
fn away(error: &(dyn std::error::Error + 'static), what: &str) -> String {
    tracing::debug!(error, "not ready");
    what.to_owned()
}
