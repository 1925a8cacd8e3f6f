use std::time::Duration;

use async_trait::async_trait;
use sqlx::PgPool;

use super::{Buckets, BucketsAway, Policy, Verdict};
use crate::Shutdown;

/// Shared by all instances that use one edge database.
pub struct PostgresBuckets(pub PgPool);

const PRUNE_EVERY: Duration = Duration::from_mins(1);

#[async_trait]
impl Buckets for PostgresBuckets {
    async fn take(&self, bucket: &[u8], policy: &Policy) -> Result<Verdict, BucketsAway> {
        let (cost, window) = (policy.cost().as_secs_f64(), policy.window.as_secs_f64());
        let row = sqlx::query_file!("src/rate_limits/take.sql", bucket, cost, window)
            .fetch_one(&self.0)
            .await
            .map_err(|it| BucketsAway(it.into()))?;
        let ahead = Duration::try_from_secs_f64(row.ahead).unwrap_or_default();
        Ok(policy.verdict(row.allowed, ahead))
    }
}

/// Takes out, every minute, what is whole again. Any number of processes may.
pub async fn prune(edge: PgPool, shutdown: Shutdown) {
    while tokio::time::timeout(PRUNE_EVERY, shutdown.cancelled()).await.is_err() {
        if let Err(error) = sqlx::query_file!("src/rate_limits/prune.sql").execute(&edge).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "no bucket was pruned");
        }
    }
}
