use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::{Policy, Verdict};

type Keyed =
    RateLimiter<Vec<u8>, HashMapStateStore<Vec<u8>>, MonotonicClock, StateInformationMiddleware>;

/// This process's own buckets, for while the shared ones are away: each policy's quota divided by the instances that
/// are expected to count like this.
pub struct LocalBuckets {
    instances: u32,
    policies: Mutex<HashMap<&'static str, Keyed>>,
}

/// So many buckets are kept before those that are whole again are looked for.
const MANY: usize = 10_000;

impl LocalBuckets {
    pub fn new(instances: u32) -> Self {
        Self { instances, policies: Mutex::default() }
    }

    pub fn take(&self, bucket: &[u8], policy: &Policy) -> Verdict {
        let share = Policy { quota: (policy.quota / self.instances.max(1)).max(1), ..*policy };
        let mut policies = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        let keyed = policies.entry(policy.name).or_insert_with(|| keyed(&share));
        if MANY < keyed.len() {
            keyed.retain_recent();
            keyed.shrink_to_fit();
        }
        let cost = share.cost();
        match keyed.check_key(&bucket.to_vec()) {
            Ok(state) => {
                let left = cost * state.remaining_burst_capacity();
                share.verdict(true, share.window.saturating_sub(left))
            }
            Err(until) => {
                let wait = until.wait_time_from(MonotonicClock.now());
                share.verdict(false, (share.window + wait).saturating_sub(cost))
            }
        }
    }
}

fn keyed(policy: &Policy) -> Keyed {
    let burst = NonZeroU32::new(policy.quota).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(policy.cost().max(Duration::from_nanos(1)))
        .map_or(Quota::per_second(burst), |it| it.allow_burst(burst));
    let bare: RateLimiter<_, _, _> =
        RateLimiter::new(quota, HashMapStateStore::default(), MonotonicClock);
    bare.with_middleware()
}
