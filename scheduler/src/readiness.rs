//! What the scheduler needs, and what it can do without for a while.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use access::maintenance::Maintenance;
use async_trait::async_trait;
use runtime::follow::Progress;
use runtime::health::Check;
use sqlx::PgPool;

use crate::status;
use crate::timers::kind::ended_now;
use crate::timers::rabbitmq::RabbitTransport;

/// Whether a follower reads, and has read up to what there was when this process began.
pub(crate) struct FollowerCheck {
    pub name: &'static str,
    pub progress: Progress,
    pub caught_up: CaughtUp,
}

/// Set once, when the past is read.
#[derive(Clone, Default)]
pub(crate) struct CaughtUp(Arc<AtomicBool>);

impl CaughtUp {
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[async_trait]
impl Check for FollowerCheck {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn check(&self) -> Result<(), String> {
        let standing = self.progress.now();
        if standing.error.is_some() {
            return Err(format!("stands at {}; the log says before what", standing.position));
        }
        if !self.caught_up.0.load(Ordering::Relaxed) {
            return Err(format!("still reading the past, at {}", standing.position));
        }
        Ok(())
    }
}

/// Whether the broker can be reached. Without it holds are ended by the sweep, within ten seconds.
pub(crate) struct BrokerCheck {
    pub transport: Arc<RabbitTransport>,
}

#[async_trait]
impl Check for BrokerCheck {
    fn name(&self) -> &'static str {
        "broker"
    }

    fn is_needed(&self) -> bool {
        false
    }

    async fn check(&self) -> Result<(), String> {
        match (self.transport.publishes(), self.transport.consumes()) {
            (true, true) => Ok(()),
            (true, false) => Err("nothing can be consumed".to_owned()),
            (false, true) => Err("nothing can be published".to_owned()),
            (false, false) => Err("not connected".to_owned()),
        }
    }
}

/// Whether everything ends in time.
pub(crate) struct OverdueCheck {
    pub db: PgPool,
    pub maintenance: Maintenance,
}

/// What is promised even without a broker.
const PROMISE_SECONDS: f64 = 10.0;

#[async_trait]
impl Check for OverdueCheck {
    fn name(&self) -> &'static str {
        "timers"
    }

    fn is_needed(&self) -> bool {
        false
    }

    async fn check(&self) -> Result<(), String> {
        let overdue = status::overdue(&self.db, ended_now(&self.maintenance)).await;
        let overdue = overdue.map_err(|_| "cannot be counted".to_owned())?;
        if overdue.oldest_seconds <= PROMISE_SECONDS {
            return Ok(());
        }
        let (count, seconds) = (overdue.count, overdue.oldest_seconds);
        Err(format!("{count} overdue, the oldest by {seconds:.0} s"))
    }
}
