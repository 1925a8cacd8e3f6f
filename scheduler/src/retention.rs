//! Where an attempt under a name that nobody has came from is nobody's business after ninety days: the day's key goes.
//!
//! The keys first, then, when no process has one in memory any more, the event at which projections blank what they
//! show. Each is already so when it is done twice, and a process that dies in between is followed by the next round.
use std::time::Duration;

use domain::retention::{Retention as Ended, RetentionCommand, STREAM};
use event_store::{Executor, Metadata};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use runtime::backoff::Backoff;
use runtime::{Clock, Shutdown, ids};
use vault::{LIVES_ON, Vault};

/// Ends what has been kept long enough. Any number of them may run.
pub struct Retention {
    pub executor: Executor,
    pub vault: Vault,
    pub clock: Clock,
}

/// Long enough to follow an attack up, and no longer.
const DAYS: i64 = 90;
/// Days end once a day; who starts late does not wait for the next.
const EVERY: Duration = Duration::from_hours(1);
/// What the subject of a day's key begins with.
const UNKNOWN: &str = "unknown-";

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Retention {
    pub async fn run(&self, shutdown: Shutdown) {
        let mut backoff = Backoff::up_to(EVERY);
        while !shutdown.is_cancelled() {
            let wait = match self.round().await {
                Ok(Some(rest)) => rest,
                Ok(None) => {
                    backoff.reset();
                    EVERY
                }
                Err(error) => {
                    tracing::warn!(
                        error = &*error as &dyn std::error::Error,
                        "old keys cannot be destroyed"
                    );
                    backoff.wait()
                }
            };
            let _ = tokio::time::timeout(wait, shutdown.cancelled()).await;
        }
    }

    /// Destroys what is old enough. Says how long to wait before what is destroyed can be recorded, if that is left.
    pub async fn round(&self) -> Result<Option<Duration>, Failure> {
        let now = self.clock.now();
        let before = last_kept(now);
        let end = format!("{UNKNOWN}{before}");
        for subject in self.vault.subjects_before(UNKNOWN, &end).await? {
            self.vault.destroy(&subject, None).await?;
        }
        let Some(destroyed_for) = self.vault.last_destroyed_before(UNKNOWN, &end).await? else {
            return Ok(None);
        };
        if destroyed_for < LIVES_ON {
            return Ok(Some(LIVES_ON.saturating_sub(destroyed_for)));
        }
        let meta = Metadata::new(ids::derive(ids::NAMESPACE, &["retention", &end]), now);
        let end = RetentionCommand::EndUnknownLogins { before };
        self.executor.execute::<Ended>(STREAM, end, &meta.actor("system:scheduler")).await?;
        Ok(None)
    }
}

/// The first day that is still kept.
fn last_kept(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date().saturating_sub(Span::new().days(DAYS))
}
