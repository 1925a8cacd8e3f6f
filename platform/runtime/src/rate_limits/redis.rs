//! The one file that knows Redis.
use std::time::Duration;

use async_trait::async_trait;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script};
use secrecy::{ExposeSecret, SecretString};

use super::{Buckets, BucketsAway, Policy, Verdict};

/// Shared by all instances that use one Redis.
pub struct RedisBuckets {
    connection: ConnectionManager,
    take: Script,
}

/// Begins every key: others may share the server.
const PREFIX: &[u8] = b"courtside:rate:";
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether this is a URL that can be used.
pub fn is_url(url: &SecretString) -> bool {
    url.expose_secret().starts_with("redis://") && Client::open(url.expose_secret()).is_ok()
}

impl RedisBuckets {
    /// Connects when first used, and again whenever the server comes back.
    pub fn new(url: &SecretString) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1);
        let client = Client::open(url.expose_secret())?;
        let connection = ConnectionManager::new_lazy_with_config(client, config)?;
        Ok(Self { connection, take: Script::new(include_str!("take.lua")) })
    }
}

#[async_trait]
impl Buckets for RedisBuckets {
    async fn take(&self, bucket: &[u8], policy: &Policy) -> Result<Verdict, BucketsAway> {
        let key = [PREFIX, bucket].concat();
        let (allowed, ahead): (bool, u64) = self
            .take
            .key(key)
            .arg(micros(policy.cost()))
            .arg(micros(policy.window))
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(|it| BucketsAway(it.into()))?;
        Ok(policy.verdict(allowed, Duration::from_micros(ahead)))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
