//! Table → transport: fresh holds of a carried duration at once, every other timer in its last seconds.
use std::sync::Arc;
use std::time::Duration;

use access::maintenance::Maintenance;
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use runtime::backoff::Backoff;
use runtime::{Clock, Shutdown};
use sqlx::PgPool;
use traces::Step;
use uuid::Uuid;

use super::kind::ended_now;
use super::rows::{self, Claimed};
use super::transport::{Delay, DelayTransport, NotArmed};
use crate::rounds;

/// Hands timers on. Any number of relays may run on one table.
pub struct Relay {
    pub db: PgPool,
    pub transport: Arc<dyn DelayTransport>,
    pub clock: Clock,
    pub maintenance: Maintenance,
}

/// How often the table is asked. A fresh hold has to be seen well within [`FRESH`].
const PATIENCE: Duration = Duration::from_millis(200);
/// A queue of `s` seconds keeps a message for `s − 1`, counted from the publish. Published later than a second into
/// the hold it would come too late; this leaves a fifth of that second for the way.
const FRESH: SignedDuration = SignedDuration::from_millis(800);
/// What has less time than this goes straight to the consumer. Less than the two seconds at which the consumer gives
/// a timer back, by more than two machines' clocks may differ, or one message would go round between them.
const NEARLY_DUE: SignedDuration = SignedDuration::from_millis(1_500);
/// From here on it is the sweep's; both at once would only fight over rows.
pub(super) const OVERDUE: SignedDuration = SignedDuration::from_secs(3);
/// Rows of one claim, and the most messages that wait for their confirmation at once.
const BATCH: usize = 500;
/// The longest wait for a broker that does not answer; the sweep ends holds meanwhile.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Why a round was cut short.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error("the read database refused a statement")]
    Database(#[from] sqlx::Error),
    /// The rows are free again.
    #[error("{failed} timers were not taken")]
    NotArmed {
        failed: usize,
        #[source]
        first: NotArmed,
    },
}

impl Relay {
    pub async fn run(&self, shutdown: Shutdown) {
        let mut backoff = Backoff::up_to(LONGEST_WAIT);
        let mut failing = false;
        while !shutdown.is_cancelled() {
            let wait = match rounds::in_time(self.round()).await {
                Ok(published) => {
                    backoff.reset();
                    failing = false;
                    if published < BATCH { PATIENCE } else { Duration::ZERO }
                }
                Err(error) => {
                    if !failing {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "timers wait in the table"
                        );
                    }
                    failing = true;
                    backoff.wait()
                }
            };
            let _ = tokio::time::timeout(wait, shutdown.cancelled()).await;
        }
    }

    /// Hands on what can be handed on now, at most one batch of each, and returns how many.
    pub async fn round(&self) -> Result<usize, RelayError> {
        let now = self.clock.now();
        let carried: Vec<i64> =
            self.transport.carried_seconds().iter().copied().map(i64::from).collect();
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let due = (now - OVERDUE, now + NEARLY_DUE);
        let kinds = ended_now(&self.maintenance);
        let mut claimed = rows::claim_nearly_due(&self.db, kinds, now, due, limit).await?;
        if !carried.is_empty() {
            let fresh = rows::claim_fresh(&self.db, kinds, now, now - FRESH, &carried, limit);
            claimed.extend(fresh.await?);
        }
        if claimed.is_empty() {
            return Ok(0);
        }
        let count = claimed.len();
        let outcomes: Vec<_> = futures::stream::iter(claimed)
            .map(|it| self.publish(it))
            .buffer_unordered(BATCH)
            .collect()
            .await;

        let mut published: Vec<Uuid> = Vec::with_capacity(count);
        let mut waiting: Vec<Uuid> = Vec::new();
        let (mut failed, mut first) = (0, None);
        for (timer, outcome) in outcomes {
            match outcome {
                Ok(true) => published.push(timer),
                Ok(false) => waiting.push(timer),
                Err(error) => {
                    waiting.push(timer);
                    failed += 1;
                    first.get_or_insert(error);
                }
            }
        }
        rows::mark_published(&self.db, &published, self.clock.now()).await?;
        rows::mark_unpublished(&self.db, &waiting).await?;
        first.map_or(Ok(count), |first| Err(RelayError::NotArmed { failed, first }))
    }

    /// `false`: the timer has to wait in the table after all.
    async fn publish(&self, claimed: Claimed) -> (Uuid, Result<bool, NotArmed>) {
        let timer = &claimed.timer;
        let outcome = match delay(&claimed, self.clock.now()) {
            Some(delay) => {
                let trace = claimed.trace.as_deref();
                let step = Step::after(trace, "publish timer", traces::Kind::Producer);
                step.say("timer.kind", timer.kind.name());
                let armed = step.of(self.transport.arm(timer, delay)).await;
                if armed.is_err() {
                    step.failed();
                }
                armed.map(|()| true)
            }
            None => Ok(false),
        };
        (timer.timer_id, outcome)
    }
}

/// How a timer goes out now. `None`: it was fresh when it was claimed and is not any more, on a slow machine; sent
/// straight, it would come back at once.
fn delay(claimed: &Claimed, now: Timestamp) -> Option<Delay> {
    let Claimed { timer, armed_at, .. } = claimed;
    if timer.due_at <= now + NEARLY_DUE {
        return Some(Delay::None);
    }
    // Rounded as the claim does.
    let whole = (timer.due_at.duration_since(*armed_at).as_millis() + 500) / 1000;
    let is_fresh = now < *armed_at + FRESH;
    is_fresh.then_some(Delay::WholeSeconds(u32::try_from(whole).ok()?))
}
