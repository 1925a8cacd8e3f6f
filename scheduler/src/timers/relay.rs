//! Table → transport: fresh holds of a carried duration at once, every other timer in its last seconds.
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use jiff::SignedDuration;
use runtime::backoff::Backoff;
use runtime::{Clock, Shutdown};
use sqlx::PgPool;
use uuid::Uuid;

use super::rows::{self, Claimed, Publishable};
use super::transport::{Delay, DelayTransport};

/// Hands timers on. Any number of relays may run on one table.
pub struct Relay {
    pub db: PgPool,
    pub transport: Arc<dyn DelayTransport>,
    pub clock: Clock,
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
/// Rows of one round, and so the most messages that wait for their confirmation at once.
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
        first: super::transport::NotArmed,
    },
}

impl Relay {
    pub async fn run(&self, shutdown: Shutdown) {
        let mut backoff = Backoff::up_to(LONGEST_WAIT);
        let mut failing = false;
        while !shutdown.is_cancelled() {
            let wait = match self.round().await {
                Ok(published) => {
                    backoff.reset();
                    failing = false;
                    if published == BATCH { Duration::ZERO } else { PATIENCE }
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

    /// Hands on what can be handed on now, at most one batch, and returns how many.
    pub async fn round(&self) -> Result<usize, RelayError> {
        let now = self.clock.now();
        let carried: Vec<i64> =
            self.transport.carried_seconds().iter().copied().map(i64::from).collect();
        let which = Publishable {
            due_after: now - OVERDUE,
            due_before: now + NEARLY_DUE,
            armed_after: now - FRESH,
            carried_seconds: &carried,
        };
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let claimed = rows::claim_publishable(&self.db, now, &which, limit).await?;
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
        let mut refused: Vec<Uuid> = Vec::new();
        let mut first = None;
        for (timer, outcome) in outcomes {
            match outcome {
                Ok(()) => published.push(timer),
                Err(error) => {
                    refused.push(timer);
                    first.get_or_insert(error);
                }
            }
        }
        rows::mark_published(&self.db, &published, self.clock.now()).await?;
        match first {
            None => Ok(count),
            Some(first) => {
                rows::mark_unpublished(&self.db, &refused).await?;
                Err(RelayError::NotArmed { failed: refused.len(), first })
            }
        }
    }

    async fn publish(&self, claimed: Claimed) -> (Uuid, Result<(), super::transport::NotArmed>) {
        let Claimed { timer, armed_at } = claimed;
        let now = self.clock.now();
        // Asked again now: the claim may have waited for a slow database.
        let delay = match u32::try_from(timer.due_at.duration_since(armed_at).as_secs()) {
            Ok(whole) if now < armed_at + FRESH && now + NEARLY_DUE < timer.due_at => {
                Delay::WholeSeconds(whole)
            }
            _ => Delay::None,
        };
        (timer.timer_id, self.transport.arm(&timer, delay).await)
    }
}
