//! Where somebody logged in from is nobody's business for ever: under a name that nobody has, after ninety days the day's
//! key goes; on an account, so long after a quarter as the settings say, the person's key of that quarter.
//!
//! The keys first, then, when no process has one in memory any more, the event at which projections blank what they
//! show. Each is already so when it is done twice, and a process that dies in between is followed by the next round.
pub mod metrics;

use std::time::Duration;

use domain::logins::{quarter, quarter_begins};
use domain::retention::{Retention as Ended, RetentionCommand, STREAM};
use event_store::{Executor, Metadata};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use runtime::backoff::Backoff;
use runtime::{Clock, Shutdown, ids};
use vault::{LIVES_ON, Vault, VaultError};

use metrics::RetentionMetrics;

use crate::rounds;

/// Ends what has been kept long enough. Any number of them may run.
pub struct Retention {
    pub executor: Executor,
    pub vault: Vault,
    pub clock: Clock,
    /// How many days what is sealed under a quarter's key is kept, from the quarter's end.
    pub days: u32,
    pub metrics: RetentionMetrics,
}

/// Long enough to follow an attack up, and no longer.
const UNKNOWN_DAYS: u32 = 90;
/// Days end once a day; who starts late does not wait for the next.
const EVERY: Duration = Duration::from_hours(1);
/// What the subject of a day's key begins with.
const UNKNOWN: &str = "unknown-";
/// Keys looked for at once. Each is destroyed by itself: an end that is interrupted goes on where it was.
const BATCH: i64 = 1_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Retention {
    pub async fn run(&self, shutdown: Shutdown) {
        let mut backoff = Backoff::up_to(EVERY);
        while !shutdown.is_cancelled() {
            let Some(done) = shutdown.run_until_cancelled(rounds::in_time(self.round())).await
            else {
                return;
            };
            let wait = match done {
                Ok(Some(rest)) => rest,
                Ok(None) => {
                    backoff.reset();
                    self.metrics.ran_at(self.clock.now());
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
        let ended = self.executor.load::<Ended>(STREAM).await?.state;
        let now = self.clock.now();
        let unknown = self.end_days(&ended, now).await?;
        let quarters = self.end_quarters(&ended, now).await?;
        Ok(unknown.max(quarters))
    }

    async fn end_days(&self, ended: &Ended, now: Timestamp) -> Result<Option<Duration>, Failure> {
        let before = day(now, UNKNOWN_DAYS).max(ended.unknown_before.unwrap_or(Date::MIN));
        let end = format!("{UNKNOWN}{before}");
        for subject in self.vault.subjects_before(UNKNOWN, &end).await? {
            self.vault.destroy(&subject, None).await?;
            self.metrics.destroyed.inc();
        }
        let destroyed_for = self.vault.last_destroyed_before(UNKNOWN, &end).await?;
        self.record(destroyed_for, RetentionCommand::EndUnknownLogins { before }, now).await
    }

    async fn end_quarters(
        &self,
        ended: &Ended,
        now: Timestamp,
    ) -> Result<Option<Duration>, Failure> {
        let before = self.kept_from(ended, now);
        destroy_quarters(&self.vault, before, || {
            self.metrics.destroyed.inc();
        })
        .await?;
        let destroyed_for = self.vault.last_part_destroyed_before(&quarter(before)).await?;
        self.record(destroyed_for, RetentionCommand::EndLogins { before }, now).await
    }

    /// The first day that is still kept: it begins a quarter. What the log says has ended stays so, whatever the settings
    /// say today, and whatever a restored vault knows again.
    pub fn kept_from(&self, ended: &Ended, now: Timestamp) -> Date {
        quarter_begins(day(now, self.days)).max(ended.before.unwrap_or(Date::MIN))
    }

    /// Once nobody can open it any more. Where there was no key there is nothing to blank.
    async fn record(
        &self,
        destroyed_for: Option<Duration>,
        end: RetentionCommand,
        now: Timestamp,
    ) -> Result<Option<Duration>, Failure> {
        let Some(destroyed_for) = destroyed_for else { return Ok(None) };
        if destroyed_for < LIVES_ON {
            return Ok(Some(LIVES_ON.saturating_sub(destroyed_for)));
        }
        // The same for every scheduler: the second one finds its command done.
        let name = match end {
            RetentionCommand::EndUnknownLogins { before } => format!("{UNKNOWN}{before}"),
            RetentionCommand::EndLogins { before } => quarter(before),
        };
        let meta = Metadata::new(ids::derive(ids::NAMESPACE, &["retention", &name]), now);
        self.executor.execute::<Ended>(STREAM, end, &meta.actor("system:scheduler")).await?;
        Ok(None)
    }
}

/// Destroys everybody's keys of quarters that ended before this day, and returns how many; `destroyed` is told of each.
pub async fn destroy_quarters(
    vault: &Vault,
    before: Date,
    mut destroyed: impl FnMut(),
) -> Result<usize, VaultError> {
    let (end, mut count) = (quarter(before), 0);
    loop {
        let subjects = vault.parts_before(&end, BATCH).await?;
        if subjects.is_empty() {
            return Ok(count);
        }
        for subject in &subjects {
            vault.destroy(subject, None).await?;
            destroyed();
        }
        count += subjects.len();
    }
}

fn day(now: Timestamp, days_ago: u32) -> Date {
    now.to_zoned(TimeZone::UTC).date().saturating_sub(Span::new().days(i64::from(days_ago)))
}
