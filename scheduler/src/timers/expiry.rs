//! The one command that every timer ends in.
use std::sync::atomic::{AtomicBool, Ordering};

use domain::bookings::{BookingCommand, BookingRejection, CourtDay, ExpiryCause};
use event_store::{ExecuteError, Executor, Metadata};
use jiff::Timestamp;
use runtime::Clock;

use super::Timer;
use super::metrics::TimerMetrics;

/// Ends holds whose time is over.
pub struct Expiry {
    executor: Executor,
    clock: Clock,
    metrics: TimerMetrics,
    /// So that thousands of timers waiting for one store say so once.
    failing: AtomicBool,
}

/// What the court-day answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This generation is over, by us or by something before us. Nothing is left to do.
    Over,
    /// The court-day knows a later end. Come back then.
    NotDue { expires_at: Timestamp },
}

/// No answer. The hold may or may not have been ended; asking again is safe, and has to be done.
#[derive(Debug, thiserror::Error)]
#[error("the court-day gave no answer")]
pub struct NoAnswer(#[source] pub ExecuteError<BookingRejection>);

impl Expiry {
    pub fn new(executor: Executor, clock: Clock, metrics: TimerMetrics) -> Self {
        Self { executor, clock, metrics, failing: AtomicBool::new(false) }
    }

    /// Sends the command. `transport` names who brought the timer, for the metrics.
    pub async fn expire(
        &self,
        timer: &Timer,
        cause: ExpiryCause,
        transport: &'static str,
    ) -> Result<Answer, NoAnswer> {
        let at = self.clock.now();
        let command = BookingCommand::Expire {
            booking: timer.booking.clone(),
            generation: timer.generation,
            cause,
            at,
        };
        let meta = Metadata::new(timer.command_id(), at)
            .correlation(timer.timer_id)
            .actor("system:scheduler");
        match self.executor.execute::<CourtDay>(&timer.stream, command, &meta).await {
            Ok(done) => {
                self.note_recovery();
                if !done.appended.is_empty() {
                    self.metrics.expired(
                        cause,
                        transport,
                        self.clock.now().duration_since(timer.due_at),
                    );
                }
                Ok(Answer::Over)
            }
            Err(ExecuteError::Rejected {
                rejection: BookingRejection::NotDue { due_at }, ..
            }) => {
                self.note_recovery();
                Ok(Answer::NotDue { expires_at: due_at })
            }
            Err(error) => {
                self.note_failure(&error);
                Err(NoAnswer(error))
            }
        }
    }

    fn note_failure(&self, error: &ExecuteError<BookingRejection>) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            let error = error as &dyn std::error::Error;
            tracing::warn!(error, "holds cannot be ended now; their timers are kept");
        }
    }

    fn note_recovery(&self) {
        if self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!("holds can be ended again");
        }
    }
}
