use std::time::Duration;

/// So many requests of one kind in a window. They come back one by one, not all at its end (GCRA).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// As `RateLimit-Policy` names it.
    pub name: &'static str,
    pub quota: u32,
    pub window: Duration,
}

/// What came of asking for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub policy: Policy,
    pub allowed: bool,
    pub remaining: u32,
    /// Until the quota is whole again.
    pub reset: Duration,
    /// Until one more is allowed; zero if one is now.
    pub wait: Duration,
}

impl Policy {
    /// What one request costs: the time in which it comes back.
    pub fn cost(&self) -> Duration {
        self.window / self.quota.max(1)
    }

    /// `ahead` is how far from now the bucket is whole again.
    pub(super) fn verdict(&self, allowed: bool, ahead: Duration) -> Verdict {
        let cost = self.cost();
        let left = self.window.saturating_sub(ahead);
        let remaining = left.as_nanos() / cost.as_nanos().max(1);
        Verdict {
            policy: *self,
            allowed,
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX).min(self.quota),
            reset: ahead,
            wait: (ahead + cost).saturating_sub(self.window),
        }
    }
}
