//! Kind → command, on one page. Whoever brings a timer (message, sweep, operator), this is what it ends in.
use std::sync::atomic::{AtomicBool, Ordering};

use access::maintenance::Maintenance;
use domain::bookings::{BookingCommand, BookingRejection, CourtDay, ExpiryCause};
use domain::ids::BookingId;
use domain::users::{ErasureCause, User, UserCommand, UserRejection};
use event_store::{ExecuteError, Executor, Metadata};
use jiff::Timestamp;
use runtime::Clock;
use sqlx::PgPool;

use super::metrics::TimerMetrics;
use super::reminders::{self, Ahead};
use super::rows::{self, ClosedBy};
use super::{Kind, Timer, moves};

const ACTOR: &str = "system:scheduler";

/// Ends what is over.
pub struct Commands {
    db: PgPool,
    executor: Executor,
    clock: Clock,
    metrics: TimerMetrics,
    maintenance: Maintenance,
    /// So that thousands of timers waiting for one store say so once.
    failing: AtomicBool,
}

/// What the stream that decides answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Over, by this command.
    Ended,
    /// Over by something before us. Nothing is left to do.
    AlreadyOver,
    /// The stream knows a later end. Come back then.
    NotDue { until: Timestamp },
    /// Nobody was asked: during a maintenance no hold ends.
    Paused,
}

/// No answer. What is due may or may not have been done; asking again is safe, and has to be done.
#[derive(Debug, thiserror::Error)]
#[error("there was no answer")]
pub struct NoAnswer(#[source] pub(super) Box<dyn std::error::Error + Send + Sync>);

impl Commands {
    pub fn new(
        db: PgPool,
        executor: Executor,
        clock: Clock,
        metrics: TimerMetrics,
        maintenance: Maintenance,
    ) -> Self {
        Self { db, executor, clock, metrics, maintenance, failing: AtomicBool::new(false) }
    }

    /// Sends the command of a timer. `transport` names who brought it, for the metrics.
    pub async fn send(
        &self,
        timer: &Timer,
        cause: ExpiryCause,
        transport: &'static str,
    ) -> Result<Answer, NoAnswer> {
        let at = self.clock.now();
        let answer = match &timer.kind {
            Kind::Hold { .. } if self.maintenance.is_on() => Ok(Answer::Paused),
            Kind::Hold { booking, generation } => {
                let (booking, generation) = (booking.clone(), *generation);
                let command = BookingCommand::Expire { booking, generation, cause, at };
                self.decide(timer, command, at).await
            }
            Kind::Miss { booking, .. } => {
                let command = BookingCommand::Miss { booking: booking.clone(), at };
                self.decide(timer, command, at).await
            }
            Kind::Move { booking, .. } => {
                let meta = |name: &str| {
                    let id = moves::step(timer.command_id(), name);
                    Metadata::new(id, at).correlation(timer.timer_id).actor(ACTOR)
                };
                moves::end(&self.executor, booking, meta).await
            }
            Kind::Unverified => self.give_up(timer, at).await,
            Kind::ReminderDay { booking, .. } => {
                self.remind(timer, booking, Ahead::Day, cause, at).await
            }
            Kind::ReminderHours { booking, .. } => {
                self.remind(timer, booking, Ahead::Hours, cause, at).await
            }
            Kind::Canary { .. } => self.arrive(timer, cause).await,
        };
        match &answer {
            Ok(Answer::Ended) => {
                let late = self.clock.now().duration_since(timer.due_at);
                self.metrics.ended(&timer.kind, cause, transport, late);
                self.note_recovery();
            }
            Ok(_) => self.note_recovery(),
            Err(error) => self.note_failure(error),
        }
        answer
    }

    /// The court-day decides.
    async fn decide(
        &self,
        timer: &Timer,
        command: BookingCommand,
        at: Timestamp,
    ) -> Result<Answer, NoAnswer> {
        let meta = Metadata::new(timer.command_id(), at).correlation(timer.timer_id).actor(ACTOR);
        match self.executor.execute::<CourtDay>(&timer.stream, command, &meta).await {
            Ok(done) if done.appended.is_empty() => Ok(Answer::AlreadyOver),
            Ok(_) => Ok(Answer::Ended),
            Err(ExecuteError::Rejected {
                rejection: BookingRejection::NotDue { due_at }, ..
            }) => Ok(Answer::NotDue { until: due_at }),
            Err(error) => Err(NoAnswer(error.into())),
        }
    }

    /// The account decides: proved in time, or erased already, it has nothing left to give up.
    async fn give_up(&self, timer: &Timer, at: Timestamp) -> Result<Answer, NoAnswer> {
        // The account does not know how long it has, so whoever fires this by hand is told here.
        if at < timer.due_at {
            return Ok(Answer::NotDue { until: timer.due_at });
        }
        let meta = Metadata::new(timer.command_id(), at).correlation(timer.timer_id).actor(ACTOR);
        let cause = ErasureCause::Unverified;
        let erase = UserCommand::RequestErasure { cause, reason: None };
        match self.executor.execute::<User>(&timer.stream, erase, &meta).await {
            Ok(done) if done.appended.is_empty() => Ok(Answer::AlreadyOver),
            Ok(_) => Ok(Answer::Ended),
            // Somebody made an admin of it, and has to take that back.
            Err(ExecuteError::Rejected { rejection: UserRejection::StillAdmin, .. }) => {
                Ok(Answer::AlreadyOver)
            }
            Err(error) => Err(NoAnswer(error.into())),
        }
    }

    /// The reminder's own row decides, which an end of the booking closes; whoever sends looks at the booking itself.
    async fn remind(
        &self,
        timer: &Timer,
        booking: &BookingId,
        ahead: Ahead,
        cause: ExpiryCause,
        at: Timestamp,
    ) -> Result<Answer, NoAnswer> {
        if at < timer.due_at {
            return Ok(Answer::NotDue { until: timer.due_at });
        }
        let intended = reminders::intend(&self.db, timer, (booking, ahead), by(cause), at).await;
        let was_first = intended.map_err(|error| NoAnswer(error.into()))?;
        Ok(if was_first { Answer::Ended } else { Answer::AlreadyOver })
    }

    /// The canary's row decides: nothing of it stands in the log.
    async fn arrive(&self, timer: &Timer, cause: ExpiryCause) -> Result<Answer, NoAnswer> {
        let closed = rows::close(&self.db, timer.timer_id, by(cause), self.clock.now()).await;
        let was_first = closed.map_err(|error| NoAnswer(error.into()))?;
        Ok(if was_first { Answer::Ended } else { Answer::AlreadyOver })
    }

    fn note_failure(&self, error: &NoAnswer) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            let error = error as &dyn std::error::Error;
            tracing::warn!(error, "what is due cannot be ended now; timers are kept");
        }
    }

    fn note_recovery(&self) {
        if self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!("what is due can be ended again");
        }
    }
}

/// Who found it over.
fn by(cause: ExpiryCause) -> ClosedBy {
    match cause {
        ExpiryCause::Sweep => ClosedBy::Sweep,
        ExpiryCause::Timer | ExpiryCause::Lazy => ClosedBy::Timer,
    }
}
