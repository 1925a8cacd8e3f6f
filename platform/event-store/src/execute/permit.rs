//! A stream that asks another one before it records what it decided.
//!
//! The court-day is the lock on a place; whether a player may have one more is known to another stream. So the
//! court-day decides first, and only what it would record asks for leave, with its turn kept: whoever is refused costs
//! nobody an event, and nobody in this process overtakes meanwhile.
//!
//! **Invariant:** turns are entered in one order, so that nobody waits in a circle. A stream that gives leave is entered
//! from inside a turn of one that asks, or with no turn at all, and never asks itself.
use domain::stored::StoredDecider;

use super::readings::Known;
use super::{Done, ExecuteError, Executor, Judged, remember};
use crate::Metadata;

/// Why a command that needs leave had no effect that we know of.
#[derive(Debug, thiserror::Error)]
pub enum PermitError<R, E> {
    #[error(transparent)]
    Command(#[from] ExecuteError<R>),
    /// The stream would have recorded it; the other one gave no leave.
    #[error("leave was not given")]
    Denied(E),
}

impl Executor {
    /// Decides `command` as [`Executor::execute`] does, and awaits `ask` before anything is recorded. Neither future is
    /// begun for a command that is refused or already true.
    ///
    /// `give_back` is awaited, before the next one's turn, if leave was given and certainly nothing was recorded. What
    /// may have been recorded, or may be yet, keeps it; and so does whoever dies in between. Leave has to end by itself.
    pub async fn execute_permitted<D: StoredDecider, E>(
        &self,
        stream: &str,
        command: D::Command,
        meta: &Metadata,
        ask: impl Future<Output = Result<(), E>> + Send,
        give_back: impl Future<Output = ()> + Send,
    ) -> Result<Done<D>, PermitError<D::Rejection, E>> {
        let arrived = self.order.next();
        let Some(_turn) = self.queues.turn(stream).await else {
            return Err(ExecuteError::Contended { attempts: 0 }.into());
        };
        let mut known: Known<D> = self.folded.take(stream).unwrap_or_default();
        let judged = self.judge(stream, command.clone(), arrived, &mut known).await;
        let outcome = match judged {
            Ok(Judged::Already(done)) => Ok(done),
            Ok(Judged::New(_)) => match ask.await {
                // Judged anew: others may have written while leave was asked for.
                Ok(()) => {
                    known.is_old();
                    let outcome = self.decide(stream, command, meta, arrived, &mut known).await;
                    if outcome.as_ref().is_err_and(ExecuteError::is_without_effect) {
                        give_back.await;
                    }
                    outcome.map_err(PermitError::Command)
                }
                Err(denied) => Err(PermitError::Denied(denied)),
            },
            Err(error) => Err(error.into()),
        };
        if !matches!(outcome, Err(PermitError::Command(ExecuteError::Contended { .. }))) {
            remember(&self.folded, stream, known);
        }
        outcome
    }
}

impl<R> ExecuteError<R> {
    /// Nothing was recorded, and nothing is under way that could be yet.
    fn is_without_effect(&self) -> bool {
        match self {
            Self::Rejected { .. }
            | Self::Contended { .. }
            | Self::Unreadable(_)
            | Self::Codec(_) => true,
            // Before a hindrance was told, the same append may have been sent, and be late.
            Self::OutcomeUnknown(_) | Self::Hindered { .. } => false,
        }
    }
}
