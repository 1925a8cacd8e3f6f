//! How much one address, one person or one identifier may ask for, counted by all instances together.
//!
//! In the edge database, or in Redis if `RATE_LIMIT_REDIS_URL` names one. While that is away each process counts for
//! itself, with its share of the quota: limits are for comfort, and what must be exact (the lockout) is in the log.
mod layer;
mod local;
mod policy;
mod postgres;
pub mod redis;

use std::net::IpAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use sha2::{Digest, Sha256};

use crate::comfort::{Comfort, Missed};
use crate::metrics::Metrics;
use crate::problem::QUOTA_EXCEEDED;
use crate::{Problem, Settings, Shutdown};

pub(crate) use layer::{Limiting, limit};
use local::LocalBuckets;
pub use policy::{Policy, Verdict};
pub use postgres::PostgresBuckets;
pub use redis::RedisBuckets;

/// Where buckets are counted together.
#[async_trait]
pub trait Buckets: Send + Sync {
    /// Takes one out of a bucket, if it is there: at once, whoever else takes.
    async fn take(&self, bucket: &[u8], policy: &Policy) -> Result<Verdict, BucketsAway>;

    /// Takes out what is whole again, where that does not go by itself.
    async fn prune(&self) -> Result<(), BucketsAway> {
        Ok(())
    }
}

/// The shared buckets do not answer.
#[derive(Debug, thiserror::Error)]
#[error("the shared rate limits are away")]
pub struct BucketsAway(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Cheap to clone; all clones count together.
#[derive(Clone)]
pub struct RateLimits(Arc<Shared>);

struct Shared {
    buckets: Box<dyn Buckets>,
    local: LocalBuckets,
    comfort: Comfort,
    policies: Policies,
    refused: Family<Refused, Counter>,
    counted_alone: Counter,
}

struct Policies {
    address: Policy,
    sign_in: Policy,
    identifier: Policy,
    person: Policy,
    export: Policy,
    message: Policy,
    reminder: Policy,
    sms: Policy,
    sms_in_all: Policy,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    policy: &'static str,
}

/// A limiter that is slower than this costs more than it saves,
const PATIENCE: Duration = Duration::from_millis(500);
/// and having failed it is left alone for a while.
const REST: Duration = Duration::from_secs(2);
const PRUNE_EVERY: Duration = Duration::from_mins(1);
/// Nobody needs their own data more often, and each of them is everything.
const EXPORTS_AN_HOUR: u32 = 10;
/// More from one venue, or from all of them together, nobody reads.
const MESSAGES_AN_HOUR: u32 = 10;
/// Of one desk; what time brings about is not counted.
const REMINDERS_AN_HOUR: u32 = 10;

impl RateLimits {
    pub fn new(buckets: Box<dyn Buckets>, settings: &Settings, metrics: &Metrics) -> Self {
        let factor = settings.rate_limit_factor();
        let settings = &settings.rate_limits;
        let scaled = |quota: u32| quota.saturating_mul(factor);
        let each = |name, quota| Policy { name, quota: scaled(quota), window: settings.window };
        let hour = Duration::from_hours(1);
        let hourly = |name, quota| Policy { name, quota: scaled(quota), window: hour };
        let shared = Shared {
            buckets,
            local: LocalBuckets::new(settings.expected_instances),
            comfort: Comfort::new(PATIENCE, REST),
            policies: Policies {
                address: each("address", settings.requests),
                sign_in: each("sign-in", settings.sign_ins),
                person: each("person", settings.requests),
                identifier: hourly("identifier", settings.identifiers),
                export: hourly("export", EXPORTS_AN_HOUR),
                message: hourly("message", MESSAGES_AN_HOUR),
                reminder: hourly("reminder", REMINDERS_AN_HOUR),
                sms: hourly("sms", settings.sms),
                sms_in_all: hourly("sms-in-all", settings.sms_in_all),
            },
            refused: Family::default(),
            counted_alone: Counter::default(),
        };
        let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register("rate_limit_refused", "Requests over a quota", shared.refused.clone());
        registry.register(
            "rate_limit_counted_alone",
            "Requests counted by this process for itself, because the shared buckets were away",
            shared.counted_alone.clone(),
        );
        drop(registry);
        Self(Arc::new(shared))
    }

    /// Any request of one address: a v4 address, or what one customer has of v6, a /64.
    pub async fn address(&self, address: IpAddr) -> Verdict {
        self.take(&self.0.policies.address, &network(address)).await
    }

    /// A request with a password or a mailed code, of one address.
    pub async fn sign_in(&self, address: IpAddr) -> Verdict {
        self.take(&self.0.policies.sign_in, &network(address)).await
    }

    /// A command of somebody who is logged in, wherever it comes from.
    pub async fn person(&self, id: uuid::Uuid) -> Result<(), Problem> {
        over(self.take(&self.0.policies.person, id.as_bytes()).await)
    }

    /// An attempt under one identifier, somebody's or not: this bounds what a name can cost.
    pub async fn identifier(&self, keyed_hash: &str) -> Result<(), Problem> {
        over(self.take(&self.0.policies.identifier, keyed_hash.as_bytes()).await)
    }

    /// Everything that is kept of somebody, for themselves.
    pub async fn export(&self, id: uuid::Uuid) -> Result<(), Problem> {
        over(self.take(&self.0.policies.export, id.as_bytes()).await)
    }

    /// A reminder that somebody at a desk asks for.
    pub async fn reminder(&self, id: uuid::Uuid) -> Result<(), Problem> {
        over(self.take(&self.0.policies.reminder, id.as_bytes()).await)
    }

    /// A message to one person, by whichever way; `Err` says how long to wait.
    pub async fn message(&self, person: &str) -> Result<(), Duration> {
        let verdict = self.take(&self.0.policies.message, person.as_bytes()).await;
        if verdict.allowed { Ok(()) } else { Err(verdict.wait) }
    }

    /// An SMS to one person, beside what [`Self::message`] counts; whether there is one left for them, and in all.
    pub async fn sms(&self, person: &str) -> bool {
        self.take(&self.0.policies.sms, person.as_bytes()).await.allowed
            && self.take(&self.0.policies.sms_in_all, b"").await.allowed
    }

    async fn take(&self, policy: &Policy, of: &[u8]) -> Verdict {
        let bucket = Sha256::new().chain_update(policy.name).chain_update(b"\0").chain_update(of);
        let bucket = bucket.finalize();
        let verdict = if let Some(verdict) = self.take_shared(&bucket, policy).await {
            verdict
        } else {
            self.0.counted_alone.inc();
            self.0.local.take(&bucket, policy)
        };
        if !verdict.allowed {
            self.0.refused.get_or_create(&Refused { policy: policy.name }).inc();
        }
        verdict
    }

    async fn take_shared(&self, bucket: &[u8], policy: &Policy) -> Option<Verdict> {
        match self.0.comfort.ask(self.0.buckets.take(bucket, policy)).await {
            Ok(verdict) => Some(verdict),
            Err(Missed::Failed { error, first: true }) => {
                let error = &*error as &dyn std::error::Error;
                tracing::warn!(error, "every process counts for itself until they are back");
                None
            }
            Err(_) => None,
        }
    }

    /// Takes out, every minute, what is whole again. Any number of processes may.
    pub async fn prune(self, shutdown: Shutdown) {
        while tokio::time::timeout(PRUNE_EVERY, shutdown.cancelled()).await.is_err() {
            if let Err(error) = self.0.buckets.prune().await {
                tracing::debug!(error = &error as &dyn std::error::Error, "no bucket was pruned");
            }
        }
    }
}

fn over(verdict: Verdict) -> Result<(), Problem> {
    if verdict.allowed { Ok(()) } else { Err(exceeded(&verdict)) }
}

fn exceeded(verdict: &Verdict) -> Problem {
    let Policy { name, quota, window } = verdict.policy;
    let detail = format!("at most {quota} in {} s ({name})", window.as_secs());
    Problem::new(QUOTA_EXCEEDED, detail).retry_after(seconds(verdict.wait).max(1))
}

/// Rounded up: who comes back then is let in.
fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX)
}

/// What is counted as one client.
fn network(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(it) => it.octets().to_vec(),
        IpAddr::V6(it) => it.octets()[..8].to_vec(),
    }
}
