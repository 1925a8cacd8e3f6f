//! Deliveries → receivers → log. The order is everything: looked up, sent, noted as accepted, recorded, closed.
//!
//! **Invariant:** a worker killed between the receiver's acceptance and the note of it may send once more, under the same
//! `webhook-id`. Nothing else that was taken is sent twice.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use access::standard_webhooks::WebhookSecrets;
use domain::deliveries::{self, Delivery, DeliveryCommand, DeliveryRejection};
use domain::webhooks::{self, StopCause, WebhookCommand, WebhookRejection, Webhooks};
use event_store::{ExecuteError, Executor, Metadata};
use http::StatusCode;
use jiff::SignedDuration;
use runtime::{Clock, Shutdown, ids};
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::metrics::WebhookMetrics;
use super::rows::{self, Attempt, DELIVERED, Endpoint, GIVEN_UP, Pending};
use super::sender::{Answer, Message, Sender};
use crate::rounds;

/// Tells webhooks what is due. Any number of workers may run on one table.
pub struct Worker {
    pub db: PgPool,
    pub executor: Executor,
    pub clock: Clock,
    pub secrets: WebhookSecrets,
    pub sender: Sender,
    pub metrics: WebhookMetrics,
}

const ACTOR: &str = "system:scheduler";
/// To one webhook. All that is claimed is sent at once, so that no lease runs out while its row waits for its turn.
const AT_ONCE: u8 = 4;
/// How often it is asked what waits longest.
const MEASURE_EVERY: Duration = Duration::from_secs(15);
/// Before something that was not tried for a reason of ours is looked at again.
const SOON: SignedDuration = SignedDuration::from_secs(5);
/// For so long after a rotation the secret before signs, too.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// Waits after the first attempt, the second, and so on, in seconds; then it is given up. Three days in all: a weekend.
const WAITS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// What a round made of one row.
enum Outcome {
    Ended(&'static str, Attempt),
    Later(SignedDuration, Attempt),
}

impl Worker {
    /// Each webhook is worked on by itself: one that is slow holds up nobody else.
    pub async fn run(self: Arc<Self>, shutdown: Shutdown) {
        let mut working: JoinSet<Uuid> = JoinSet::new();
        let mut busy = BTreeSet::new();
        let mut measured = None;
        while !shutdown.is_cancelled() {
            if measured.is_none_or(|it: Instant| MEASURE_EVERY <= it.elapsed()) {
                measured = Some(Instant::now());
                self.measure().await;
            }
            let due = rows::due(&self.db, self.clock.now()).await;
            let begun = due.map(|due| {
                for it in due {
                    if busy.insert(it.webhook) {
                        let (me, shutdown) = (Arc::clone(&self), shutdown.clone());
                        working.spawn(async move { me.work_by_itself(it, shutdown).await });
                    }
                }
                0
            });
            let wait = rounds::wait_after(COMPLAINT, begun);
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
                Some(ended) = working.join_next() => match ended {
                    Ok(webhook) => { busy.remove(&webhook); }
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
            }
        }
        // What is on its way is not torn off: it would be sent once more.
        while working.join_next().await.is_some() {}
    }

    /// Works on what is due, a few to each webhook, and returns how many there were.
    pub async fn round(&self, shutdown: &Shutdown) -> Result<usize, sqlx::Error> {
        let mut count = 0;
        for it in rows::due(&self.db, self.clock.now()).await? {
            count += self.work(&it, shutdown).await?;
        }
        Ok(count)
    }

    /// Sees what waits longest.
    pub async fn measure(&self) {
        match rows::oldest(&self.db).await {
            Ok(oldest) => {
                let now = self.clock.now();
                let age = oldest.map_or(0, |it| now.duration_since(it).as_secs());
                self.metrics.oldest_seconds.set(age.max(0));
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(error, "deliveries cannot be counted");
            }
        }
    }

    async fn work_by_itself(&self, endpoint: Endpoint, shutdown: Shutdown) -> Uuid {
        let wait = rounds::wait_after(COMPLAINT, self.work(&endpoint, &shutdown).await);
        let _ = tokio::time::timeout(wait, shutdown.cancelled()).await;
        endpoint.webhook
    }

    async fn work(&self, endpoint: &Endpoint, shutdown: &Shutdown) -> Result<usize, sqlx::Error> {
        let now = self.clock.now();
        let claimed = rows::claim(&self.db, endpoint.webhook, now, AT_ONCE.into()).await?;
        rounds::settle(claimed, AT_ONCE.into(), |it| async move {
            let outcome = self.tell(endpoint, &it, shutdown).await;
            self.settle(&it, outcome).await
        })
        .await
    }

    async fn tell(&self, endpoint: &Endpoint, it: &Pending, shutdown: &Shutdown) -> Outcome {
        if shutdown.is_cancelled() {
            return untried(it, "the process ends");
        }
        match self.executor.load::<Delivery>(&deliveries::stream(it.delivery)).await {
            Ok(loaded) => {
                if let Some(ended) = loaded.state.ended {
                    let state = if ended.is_taken { DELIVERED } else { GIVEN_UP };
                    return Outcome::Ended(state, as_it_was(it, None));
                }
            }
            Err(_) => return untried(it, "the event store is away"),
        }
        if it.accepted_at.is_some() {
            let status = it.last_status.and_then(|it| u16::try_from(it).ok());
            return self.record(it, status.unwrap_or(StatusCode::OK.as_u16()), shutdown).await;
        }
        let answer = self.sender.send(&endpoint.url, &self.message(endpoint, it)).await;
        match answer {
            Answer::Taken(status) => {
                self.metrics.came("delivered");
                self.record(it, status.as_u16(), shutdown).await
            }
            Answer::Gone => {
                // First: whoever dies in between has it told once more, and answered so.
                if self.stop(it.webhook, StopCause::Gone).await.is_err() {
                    return untried(it, "the event store is away");
                }
                let why = "the receiver answered 410".to_owned();
                self.give_up(it, Some(StatusCode::GONE), why).await
            }
            Answer::Not { status, why, not_before } => {
                self.metrics.came("failed");
                let attempt = Attempt {
                    attempts: it.attempts.saturating_add(1),
                    status: status.map(|it| it.as_u16().into()),
                    why: Some(why.clone()),
                };
                match wait_after(attempt.attempts, it.delivery) {
                    Some(wait) => Outcome::Later(wait.max(not_before.unwrap_or_default()), attempt),
                    None => self.give_up_for_good(it, status, why).await,
                }
            }
        }
    }

    fn message<'a>(&self, endpoint: &Endpoint, it: &'a Pending) -> Message<'a> {
        let (id, sent) = (it.event.to_string(), self.clock.now());
        let newest = endpoint.generation.cast_unsigned();
        let is_new = |it: jiff_sqlx::Timestamp| sent < it.to_jiff() + OVERLAP;
        let before = endpoint.rotated_at.filter(|it| is_new(*it)).map(|_| newest.saturating_sub(1));
        let generations = std::iter::once(newest).chain(before);
        let signatures = self.secrets.signatures(it.webhook, generations, &id, sent, &it.body);
        Message { id, sent, signatures, body: &it.body }
    }

    /// The receiver has it.
    async fn record(&self, it: &Pending, status: u16, shutdown: &Shutdown) -> Outcome {
        let attempt = Attempt {
            attempts: it.attempts.saturating_add(1),
            status: Some(status.into()),
            why: None,
        };
        let (told, attempts) = (it.told(), attempt.attempts.cast_unsigned());
        let note = || async {
            rows::mark_accepted(&self.db, it.delivery, status, self.clock.now()).await.is_ok()
        };
        let append = || async {
            let appended =
                self.append(it, DeliveryCommand::Succeed { told, attempts, status }).await;
            if let Err(error) = &appended {
                let (error, delivery) = (error as &dyn std::error::Error, it.delivery);
                tracing::warn!(error, %delivery, "what a webhook took is not recorded yet");
            }
            appended.is_ok()
        };
        if rounds::record(shutdown, it.accepted_at.is_some(), note, append).await {
            return Outcome::Ended(DELIVERED, attempt);
        }
        let why = Some("taken, and not recorded yet".to_owned());
        Outcome::Later(SOON, Attempt { attempts: it.attempts, why, ..attempt })
    }

    /// After its last attempt. A receiver that has taken nothing in all that time is not one any more.
    async fn give_up_for_good(
        &self,
        it: &Pending,
        status: Option<StatusCode>,
        why: String,
    ) -> Outcome {
        let outcome = self.give_up(it, status, why).await;
        let ended = matches!(outcome, Outcome::Ended(..));
        let taken = rows::taken_since(&self.db, it.webhook, it.caused_at).await;
        if ended && matches!(taken, Ok(false)) {
            // Whoever is given up next tries this again.
            let _ = self.stop(it.webhook, StopCause::Failing).await;
        }
        outcome
    }

    async fn give_up(&self, it: &Pending, status: Option<StatusCode>, why: String) -> Outcome {
        let status = status.map(|it| it.as_u16());
        let attempts = it.attempts.saturating_add(1);
        let attempt = Attempt { attempts, status: status.map(Into::into), why: Some(why) };
        let (told, attempts) = (it.told(), attempts.cast_unsigned());
        match self.append(it, DeliveryCommand::GiveUp { told, attempts, status }).await {
            Ok(()) => {
                self.metrics.came("given_up");
                Outcome::Ended(GIVEN_UP, attempt)
            }
            Err(_) => untried(it, "the event store is away"),
        }
    }

    async fn append(
        &self,
        it: &Pending,
        command: DeliveryCommand,
    ) -> Result<(), ExecuteError<DeliveryRejection>> {
        let id = Uuid::new_v5(&it.delivery, b"end");
        let meta = Metadata::new(id, self.clock.now()).correlation(it.event).actor(ACTOR);
        let stream = deliveries::stream(it.delivery);
        self.executor.execute::<Delivery>(&stream, command, &meta).await?;
        Ok(())
    }

    /// A new id each time: the stream knows whether it is stopped.
    async fn stop(
        &self,
        webhook: Uuid,
        why: StopCause,
    ) -> Result<(), ExecuteError<WebhookRejection>> {
        let meta = Metadata::new(ids::new(), self.clock.now()).actor(ACTOR);
        let stop = WebhookCommand::Stop { webhook, why };
        let stopped = self.executor.execute::<Webhooks>(webhooks::STREAM, stop, &meta).await;
        match stopped {
            Ok(done) if done.appended.is_empty() => Ok(()),
            Ok(_) => {
                tracing::warn!(%webhook, why = why.name(), "a webhook is stopped");
                Ok(())
            }
            Err(error) => {
                let source = &error as &dyn std::error::Error;
                tracing::warn!(error = source, %webhook, "a webhook is not stopped yet");
                Err(error)
            }
        }
    }

    async fn settle(&self, it: &Pending, outcome: Outcome) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        match outcome {
            Outcome::Ended(state, attempt) => {
                rows::settle(&self.db, it, state, &attempt, now).await
            }
            Outcome::Later(wait, attempt) => {
                let (delivery, why) = (it.delivery, attempt.why.as_deref());
                tracing::info!(%delivery, why, attempts = attempt.attempts, "a delivery waits");
                rows::postpone(&self.db, it, &attempt, now + wait).await
            }
        }
    }
}

const COMPLAINT: &str = "webhooks cannot be told";

fn as_it_was(it: &Pending, why: Option<&str>) -> Attempt {
    let Pending { attempts, last_status: status, .. } = *it;
    Attempt { attempts, status, why: why.map(str::to_owned) }
}

/// The receiver was not asked, or has answered already: this was no attempt.
fn untried(it: &Pending, why: &str) -> Outcome {
    Outcome::Later(SOON, as_it_was(it, Some(why)))
}

/// After so many attempts; `None` where that was the last. A little longer for some than for others, so that what failed
/// together does not come back together.
fn wait_after(attempts: i32, delivery: Uuid) -> Option<SignedDuration> {
    let at = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let millis = WAITS.get(at)? * 1_000;
    let [first, ..] = delivery.into_bytes();
    Some(SignedDuration::from_millis(millis + millis * i64::from(first) / 2_560))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_for_three_days_and_end() {
        let wait = |attempts, first: u8| {
            let mut bytes = [0; 16];
            bytes[0] = first;
            wait_after(attempts, Uuid::from_bytes(bytes)).map(|it| it.as_secs())
        };
        let all: Vec<_> = (1..=10).map(|it| wait(it, 0)).collect();
        let hours = |it: i64| Some(it * 3_600);
        let expected = [
            Some(5),
            Some(300),
            Some(1_800),
            hours(2),
            hours(5),
            hours(10),
            hours(14),
            hours(20),
            hours(24),
            None,
        ];
        assert_eq!(all, expected);
        assert_eq!(wait(9, 255), Some(86_400 + 8_606), "a tenth more at most");
        assert_eq!(wait(0, 0), None);
    }
}
