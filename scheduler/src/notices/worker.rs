//! Outbox → mail or SMS → log. The order is everything: looked up, sent, noted as accepted, recorded, closed.
//!
//! **Invariant:** a worker killed between the provider's acceptance and the note of it, or an answer lost there, may make a
//! second copy: a mail with the same `Message-ID`, an SMS only if the provider has not told of the first by then. Nothing
//! else sends twice.
use std::time::Duration;

use domain::notices::{self, Notice as Recorded, NoticeCommand};
use event_store::{ExecuteError, Executor, Metadata};
use jiff::SignedDuration;
use runtime::backoff::Backoff;
use runtime::rate_limits::RateLimits;
use runtime::{Clock, Shutdown};
use sqlx::PgPool;
use tokio::time::Instant;
use traces::{Kind, Step};
use uuid::Uuid;

use super::letters::{Letters, NoLetter, Subject};
use super::metrics::NoticeMetrics;
use super::rows::{self, End, Pending, Taken};
use super::texts::{Texts, Tried};
use crate::mail::{LETTER, Letter, Mailer, NotSent};
use crate::{rounds, status};

/// Sends what is pending. Any number of workers may run on one table.
pub struct Worker {
    pub db: PgPool,
    pub executor: Executor,
    pub clock: Clock,
    pub letters: Letters,
    /// `None`: there is no way to send. What is pending stays so, and the metric shows it.
    pub mailer: Option<Mailer>,
    /// `None`: what is wanted by SMS goes by mail.
    pub texts: Option<Texts>,
    pub limits: RateLimits,
    pub metrics: NoticeMetrics,
}

/// How often it is counted.
const MEASURE_EVERY: Duration = Duration::from_secs(5);
/// So many at once, and no more are claimed: a claim would run out while its row waits for its turn.
const AT_ONCE: u8 = 4;
/// The longest wait before a letter is tried again. It is tried until it is of no use any more.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
const MAIL: &str = "mail";

/// What a round made of one row.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Ended(End, Option<String>),
    Later(String),
    /// Not before so long.
    NotBefore(Duration, String),
}

impl Worker {
    pub async fn run(&self, shutdown: Shutdown) {
        if self.mailer.is_none() {
            tracing::warn!(
                "no mail is sent: set SMTP_URL; what has to be sent waits in the outbox"
            );
        }
        let mut measured = None;
        while !shutdown.is_cancelled() {
            if measured.is_none_or(|it: Instant| MEASURE_EVERY <= it.elapsed()) {
                measured = Some(Instant::now());
                if let Err(error) = self.measure().await {
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "the outbox cannot be counted"
                    );
                }
            }
            let wait =
                rounds::wait_after("the outbox cannot be worked on", self.round(&shutdown).await);
            let _ = tokio::time::timeout(wait, shutdown.cancelled()).await;
        }
    }

    /// Works on what is due, at most so many as go at once, and returns how many there were.
    pub async fn round(&self, shutdown: &Shutdown) -> Result<usize, sqlx::Error> {
        let Some(mailer) = &self.mailer else { return Ok(0) };
        let pending = rows::claim(&self.db, self.clock.now(), AT_ONCE.into()).await?;
        rounds::settle(pending, AT_ONCE.into(), |it| async move {
            let step = Step::after(it.trace.as_deref(), "notify", Kind::Consumer);
            step.say("notice.kind", it.kind.clone());
            let outcome = step.of(self.work_on(&it, mailer, shutdown)).await;
            if !matches!(outcome, Outcome::Ended(End::Sent, _)) {
                step.failed();
            }
            drop(step);
            self.settle(&it, outcome).await
        })
        .await
    }

    /// Counts what is not sent.
    pub async fn measure(&self) -> Result<(), sqlx::Error> {
        let stats = status::outbox(&self.db).await?;
        self.metrics.pending.set(stats.pending);
        self.metrics.dead.set(stats.dead);
        Ok(())
    }

    async fn work_on(&self, it: &Pending, mailer: &Mailer, shutdown: &Shutdown) -> Outcome {
        if shutdown.is_cancelled() {
            return Outcome::Later("the process ends".to_owned());
        }
        let known = match self.executor.load::<Recorded>(&notices::stream(it.intent)).await {
            Ok(loaded) if loaded.state.sent => return Outcome::Ended(End::Sent, None),
            Ok(loaded) => loaded.state,
            Err(_) => return Outcome::Later("the event store is away".to_owned()),
        };
        if it.accepted {
            let taken = it.taken.clone().unwrap_or_else(|| by_mail(it.intent, mailer));
            return self.record(it, &taken, shutdown).await;
        }
        // Whoever sent it died before noting so, and the provider has told of it since.
        if let Some((_, message_id)) = known.reported {
            return self.record(it, &Taken::by_sms(message_id), shutdown).await;
        }
        let now = self.clock.now();
        if it.valid_until <= now {
            return Outcome::Ended(End::Expired, Some("too late".to_owned()));
        }
        let Ok(notice) = &it.notice else {
            // A newer build wrote it, and will send it.
            return Outcome::Later("this build does not know the kind".to_owned());
        };
        let about = Subject {
            notice,
            user: it.user,
            stream: &it.subject_stream,
            source_event: it.source_event,
            valid_until: it.valid_until,
        };
        let message = match self.letters.write(&about, now).await {
            Ok(message) => message,
            Err(NoLetter::Pointless(why)) => {
                return Outcome::Ended(End::Expired, Some(why.to_owned()));
            }
            Err(NoLetter::Impossible(why)) => {
                return Outcome::Ended(End::Dead, Some(why.to_owned()));
            }
            Err(error @ (NoLetter::Vault(_) | NoLetter::Store(_))) => {
                return Outcome::Later(error.to_string());
            }
        };
        // What was offered as an SMS before was counted then.
        if let Some(person) = message.person.as_ref().filter(|_| it.texted_at.is_none())
            && let Err(wait) = self.limits.message(person).await
        {
            return Outcome::NotBefore(wait, "the person gets no more this hour".to_owned());
        }
        match self.text(it, &message, now).await {
            Tried::Taken(taken) => {
                self.metrics.texted.inc();
                self.record(it, &taken, shutdown).await
            }
            Tried::Not(outcome) => outcome,
            Tried::ByMail => self.mail(it, &message.letter, mailer, shutdown).await,
        }
    }

    /// What may take longer than the claim lasts is not begun: by its end another could be at it.
    pub(super) fn claim_ends_within(&self, it: &Pending, takes: Duration) -> Option<Outcome> {
        let ends = it.claimed_until < self.clock.now() + takes;
        ends.then(|| Outcome::Later("the claim on it is nearly over".to_owned()))
    }

    async fn mail(
        &self,
        it: &Pending,
        letter: &Letter,
        mailer: &Mailer,
        shutdown: &Shutdown,
    ) -> Outcome {
        if let Some(later) = self.claim_ends_within(it, LETTER) {
            return later;
        }
        let step = Step::inner("send mail", Kind::Client);
        let sent = step.of(mailer.send(it.intent, letter, self.clock.now())).await;
        if sent.is_err() {
            step.failed();
        }
        drop(step);
        match sent {
            Ok(()) => self.record(it, &by_mail(it.intent, mailer), shutdown).await,
            Err(NotSent::Refused(why)) => Outcome::Ended(End::Dead, Some(why)),
            Err(NotSent::Unavailable(why)) => Outcome::Later(why),
        }
    }

    /// The provider has it.
    async fn record(&self, it: &Pending, taken: &Taken, shutdown: &Shutdown) -> Outcome {
        let note = || async {
            rows::mark_accepted(&self.db, it.intent, self.clock.now(), taken).await.is_ok()
        };
        let append = || async {
            let appended = self.append(it.intent, &it.kind, taken).await;
            if let Err(error) = &appended {
                let error = error as &dyn std::error::Error;
                tracing::warn!(error, intent = %it.intent, "a sent message is not recorded yet");
            }
            appended.is_ok()
        };
        if rounds::record(shutdown, it.accepted, note, append).await {
            Outcome::Ended(End::Sent, None)
        } else {
            Outcome::Later("sent, and not recorded yet".to_owned())
        }
    }

    async fn append(
        &self,
        intent: Uuid,
        kind: &str,
        Taken { channel, message_id }: &Taken,
    ) -> Result<(), ExecuteError<notices::NoticeRejection>> {
        let command = NoticeCommand::Send {
            kind: kind.to_owned(),
            channel: channel.clone(),
            message_id: message_id.clone(),
        };
        let id = Uuid::new_v5(&intent, b"send");
        let meta =
            Metadata::new(id, self.clock.now()).correlation(intent).actor("system:scheduler");
        self.executor.execute::<Recorded>(&notices::stream(intent), command, &meta).await?;
        Ok(())
    }

    async fn settle(&self, it: &Pending, outcome: Outcome) -> Result<(), sqlx::Error> {
        match outcome {
            Outcome::Ended(end, why) => {
                self.metrics.ended(&it.kind, end.name());
                if end == End::Dead {
                    tracing::error!(intent = %it.intent, kind = it.kind, why, "a message cannot be sent");
                }
                rows::settle(&self.db, it, end, why.as_deref()).await
            }
            Outcome::Later(why) => self.postpone(it, wait_after(it.attempts), &why).await,
            Outcome::NotBefore(wait, why) => {
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_mins(10));
                self.postpone(it, wait, &why).await
            }
        }
    }

    async fn postpone(
        &self,
        it: &Pending,
        wait: SignedDuration,
        why: &str,
    ) -> Result<(), sqlx::Error> {
        tracing::info!(intent = %it.intent, kind = it.kind, why, attempts = it.attempts, "a message waits");
        rows::postpone(&self.db, it, self.clock.now() + wait, why).await
    }
}

fn by_mail(intent: Uuid, mailer: &Mailer) -> Taken {
    Taken { channel: MAIL.to_owned(), message_id: mailer.message_id(intent) }
}

/// A tenth of a second after the first attempt, and twice as long after each further one.
fn wait_after(attempts: i32) -> SignedDuration {
    let mut backoff = Backoff::up_to(LONGEST_WAIT);
    // After so many doublings it is at its longest.
    for _ in 1..attempts.clamp(1, 20) {
        backoff.wait();
    }
    SignedDuration::try_from(backoff.wait()).unwrap_or(SignedDuration::from_mins(10))
}
