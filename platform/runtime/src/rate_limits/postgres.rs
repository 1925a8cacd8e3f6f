use std::time::Duration;

use async_trait::async_trait;
use sqlx::PgPool;

use super::{Buckets, BucketsAway, Policy, Verdict};

/// Shared by all instances that use one edge database.
pub struct PostgresBuckets(pub PgPool);

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

    async fn prune(&self) -> Result<(), BucketsAway> {
        let pruned = sqlx::query_file!("src/rate_limits/prune.sql").execute(&self.0).await;
        pruned.map(|_| ()).map_err(|it| BucketsAway(it.into()))
    }
}
