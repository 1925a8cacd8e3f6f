//! Rows of table `erasures` → the steps of each.
use std::time::Duration;

use jiff::SignedDuration;
use runtime::backoff::Backoff;
use runtime::{Clock, Shutdown};
use sqlx::PgPool;

use super::metrics::ErasureMetrics;
use super::person::Person;
use super::reconcile::reconcile;
use super::rows::{self, Asked};
use super::steps::{Leaving, Left, NotErased, Steps};
use crate::rounds;

/// Erases whoever is to be erased. Any number of workers may run on one table.
pub struct Worker {
    pub db: PgPool,
    pub clock: Clock,
    pub steps: Steps,
    pub metrics: ErasureMetrics,
}

/// All that is claimed is worked on at once, so that no claim runs out while its row waits for its turn.
const AT_ONCE: u8 = 4;
/// Shorter than a claim: whoever takes longer leaves the row alone before another one may take it.
const GIVE_UP: Duration = Duration::from_secs(25);
/// So many failures in a row are worth an operator's look; it is tried again all the same.
const ALARMING: i32 = 10;
/// Until a hold that is being made, or a move, has come to its end.
const SETTLES: SignedDuration = SignedDuration::from_secs(2);

impl Worker {
    pub async fn run(&self, shutdown: Shutdown) {
        self.reconcile(&shutdown).await;
        while !shutdown.is_cancelled() {
            let round = rounds::in_time(self.round()).await;
            let wait = rounds::wait_after("erasures cannot be worked on", round);
            let _ = tokio::time::timeout(wait, shutdown.cancelled()).await;
        }
    }

    /// Once, at the start: a vault that was restored may know less than the log.
    async fn reconcile(&self, shutdown: &Shutdown) {
        let mut backoff = Backoff::up_to(Duration::from_secs(30));
        while !shutdown.is_cancelled() {
            match reconcile(&self.db, &self.steps.vault).await {
                Ok(0) => return,
                Ok(count) => {
                    tracing::warn!(
                        count,
                        "people who were erased had keys again; they are destroyed"
                    );
                    return;
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(
                        error,
                        "whether everybody who was erased still is cannot be seen"
                    );
                }
            }
            let _ = tokio::time::timeout(backoff.wait(), shutdown.cancelled()).await;
        }
    }

    /// Works on what is due, at most one batch, and returns how many there were.
    pub async fn round(&self) -> Result<usize, sqlx::Error> {
        let claimed = rows::claim(&self.db, self.clock.now(), AT_ONCE.into()).await?;
        let count =
            rounds::settle(claimed, AT_ONCE.into(), |it| async move { self.settle(&it).await })
                .await?;
        if let Ok(pending) = rows::count(&self.db).await {
            self.metrics.pending.set(pending);
        }
        Ok(count)
    }

    async fn settle(&self, asked: &Asked) -> Result<(), sqlx::Error> {
        let person = asked.person();
        let who = person.stream();
        let (event, at) = (asked.event_id, self.clock.now());
        let steps = async {
            match person {
                Person::User(user) => self.steps.take(Leaving { user, event, at }).await,
                Person::Guest(guest) => self.steps.take_of_guest(guest, event, at).await,
            }
        };
        let Ok(taken) = tokio::time::timeout(GIVE_UP, steps).await else {
            tracing::warn!(%who, "an erasure takes long; it goes on");
            return Ok(());
        };
        match taken {
            Ok(Left::Nothing) => {
                self.metrics.erased.inc();
                tracing::info!(%who, "erased");
                rows::done(&self.db, person).await
            }
            Ok(Left::Wait(rest)) => self.postpone(asked, signed(rest)).await,
            Err(NotErased::Unsettled(booking)) => {
                tracing::debug!(%who, %booking, "an erasure waits for a booking");
                self.postpone(asked, SETTLES).await
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                if asked.attempts == ALARMING {
                    tracing::error!(error, %who, "an erasure does not come to its end");
                } else {
                    tracing::warn!(error, %who, "an erasure has not come to its end");
                }
                Ok(())
            }
        }
    }

    async fn postpone(&self, asked: &Asked, by: SignedDuration) -> Result<(), sqlx::Error> {
        rows::postpone(&self.db, asked.person(), self.clock.now() + by).await
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
