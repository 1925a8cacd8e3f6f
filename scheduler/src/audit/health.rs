//! Whether what is audited is recorded in time, and what is recorded is signed.
use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use runtime::Clock;
use runtime::health::Check;
use tokio::sync::watch;

/// How one of the two loops is doing.
#[derive(Clone, Debug)]
pub struct Standing {
    /// When it last had nothing left to do.
    pub well_at: Timestamp,
    /// What keeps it from going on.
    pub error: Option<String>,
}

/// Written by the loops, read by probes.
#[derive(Clone, Debug)]
pub struct Standings {
    pub recording: watch::Sender<Standing>,
    pub signing: watch::Sender<Standing>,
    /// What keeps checkpoints from being copied, by where to.
    pub outside: watch::Sender<BTreeMap<&'static str, String>>,
}

#[derive(Clone)]
pub struct AuditCheck {
    pub clock: Clock,
    pub standings: Standings,
}

/// What is promised of a record: it is in the log within a minute.
const PROMISE: SignedDuration = SignedDuration::from_mins(1);

impl Standings {
    pub fn begin(now: Timestamp) -> Self {
        let standing = || watch::Sender::new(Standing { well_at: now, error: None });
        Self { recording: standing(), signing: standing(), outside: watch::Sender::default() }
    }
}

#[async_trait]
impl Check for AuditCheck {
    fn name(&self) -> &'static str {
        "audit_log"
    }

    /// Logins go on without it, and nothing is lost: it is recorded later.
    fn is_needed(&self) -> bool {
        false
    }

    async fn check(&self) -> Result<(), String> {
        let now = self.clock.now();
        for (what, it) in
            [("recorded", &self.standings.recording), ("signed", &self.standings.signing)]
        {
            let it = it.borrow().clone();
            let late = now.duration_since(it.well_at);
            if PROMISE < late {
                let why = it.error.map(|it| format!(": {it}")).unwrap_or_default();
                return Err(format!("nothing was {what} for {} s{why}", late.as_secs()));
            }
        }
        match self.standings.outside.borrow().first_key_value() {
            Some((to, why)) => Err(format!("the {to} has no copy of the last checkpoint: {why}")),
            None => Ok(()),
        }
    }
}
