//! The way by SMS, for who wants it. What cannot go that way goes by mail, exactly one of them: that it does is noted before
//! the mail is sent, and stands.
//!
//! A provider that did not answer may have taken the message, and its callback says whether it has
//! (`notice.delivery-reported`). So it is asked again only after that had time to come, for a while; only then mail goes.
use access::identifiers::Identifiers;
use domain::numbers::Number;
use jiff::{SignedDuration, Timestamp};
use traces::{Kind, Step};

use super::letters::{Message, Text};
use super::rows::{self, Pending, Taken};
use super::worker::{Outcome, Worker};
use crate::sms::{NotTexted, SMS, Texter};

/// What it takes to send SMS.
pub struct Texts {
    pub texter: Texter,
    /// Opt-outs are kept by keyed hashes of numbers.
    pub identifiers: Identifiers,
}

/// What came of trying.
pub(super) enum Tried {
    Taken(Taken),
    ByMail,
    Not(Outcome),
}

/// Why mail goes instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    NoProvider,
    NoNumber,
    OptedOut,
    /// Of the person, or of all.
    Budget,
    Refused {
        code: u32,
    },
    Away,
}

/// How long a provider that does not answer is asked again, where the message is of use for hours. Else for a part of that
/// time, so that mail still comes in time.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);
const PART_OF_ITS_USE: i32 = 3;
/// After an answer that was lost the provider's callback comes first: whoever asks sooner may make a second SMS. Doubled
/// with each attempt, for each may make one more.
const CALLBACK_COMES_FIRST: SignedDuration = SignedDuration::from_secs(30);
/// With more of them it is longer than [`PATIENCE`].
const MOST_DOUBLINGS: i32 = 5;

impl Instead {
    pub const NAMES: [&str; 6] =
        ["no-provider", "no-number", "opted-out", "budget", "refused", "away"];

    pub fn name(self) -> &'static str {
        let [no_provider, no_number, opted_out, budget, refused, away] = Self::NAMES;
        match self {
            Self::NoProvider => no_provider,
            Self::NoNumber => no_number,
            Self::OptedOut => opted_out,
            Self::Budget => budget,
            Self::Refused { .. } => refused,
            Self::Away => away,
        }
    }

    /// For the row: nothing personal is in it.
    fn told(self) -> String {
        match self {
            Self::NoProvider => "no SMS provider is set up".to_owned(),
            Self::NoNumber => "there is no number for SMS".to_owned(),
            Self::OptedOut => "the number takes no SMS: STOP".to_owned(),
            Self::Budget => "no SMS is left this hour".to_owned(),
            Self::Refused { code } => format!("the SMS provider refused it: {code}"),
            Self::Away => "the SMS provider was away too long".to_owned(),
        }
    }
}

impl Worker {
    pub(super) async fn text(&self, it: &Pending, message: &Message, now: Timestamp) -> Tried {
        let Some(text) = &message.text else { return Tried::ByMail };
        if it.mailed_because.is_some() {
            return Tried::ByMail;
        }
        match self.may_text(it, text, message.person.as_deref(), now).await {
            Ok((texts, number)) => {
                let longest = patience(it, it.texted_at.unwrap_or(now));
                self.send(it, texts, (number, &text.body), longest).await
            }
            Err(tried) => tried,
        }
    }

    /// With what, and to which number.
    async fn may_text<'a>(
        &'a self,
        it: &Pending,
        text: &'a Text,
        person: Option<&str>,
        now: Timestamp,
    ) -> Result<(&'a Texts, &'a str), Tried> {
        let Some(texts) = &self.texts else {
            return Err(self.instead(it, Instead::NoProvider).await);
        };
        let Some(number) = text.number.as_deref() else {
            return Err(self.instead(it, Instead::NoNumber).await);
        };
        let stream = texts.identifiers.number_stream(number);
        match self.executor.load::<Number>(&stream).await {
            Ok(loaded) if loaded.state == Number::Stopped => {
                return Err(self.instead(it, Instead::OptedOut).await);
            }
            Ok(_) => {}
            Err(_) => return Err(later("the event store is away")),
        }
        if let Some(began) = it.texted_at {
            if patience(it, began) < now.duration_since(began) {
                return Err(self.instead(it, Instead::Away).await);
            }
            return Ok((texts, number));
        }
        if !self.limits.sms(person.unwrap_or_default()).await {
            return Err(self.instead(it, Instead::Budget).await);
        }
        // Noted first: what may have been taken is never counted as if it had not been tried.
        match rows::mark_texted(&self.db, it.intent, now).await {
            Ok(()) => Ok((texts, number)),
            Err(_) => Err(later("the outbox is away")),
        }
    }

    /// What the provider wants us to wait, or its callback may take, is waited, but not longer than `longest`.
    async fn send(
        &self,
        it: &Pending,
        texts: &Texts,
        (number, body): (&str, &str),
        longest: SignedDuration,
    ) -> Tried {
        if let Some(later) = self.claim_ends_within(it, SMS) {
            return Tried::Not(later);
        }
        let step = Step::inner("send sms", Kind::Client);
        let sent = step.of(texts.texter.send(it.intent, number, body)).await;
        if sent.is_err() {
            step.failed();
        }
        drop(step);
        match sent {
            Ok(message_id) => Tried::Taken(Taken::by_sms(message_id)),
            Err(NotTexted::Refused { code }) => self.instead(it, Instead::Refused { code }).await,
            Err(NotTexted::Unavailable { why, not_before: None }) => {
                Tried::Not(Outcome::Later(why))
            }
            Err(NotTexted::Unavailable { why, not_before: Some(wait) }) => {
                Tried::Not(Outcome::NotBefore(wait.min(longest).unsigned_abs(), why))
            }
            Err(NotTexted::Unanswered { why }) => {
                let wait = wait_for_callback(it.attempts).min(longest);
                Tried::Not(Outcome::NotBefore(wait.unsigned_abs(), why))
            }
        }
    }

    async fn instead(&self, it: &Pending, why: Instead) -> Tried {
        if rows::mark_mailed(&self.db, it.intent, &why.told()).await.is_err() {
            return later("the outbox is away");
        }
        self.metrics.mailed_instead(why);
        tracing::info!(intent = %it.intent, why = why.told(), "an SMS goes by mail");
        Tried::ByMail
    }
}

fn patience(it: &Pending, began: Timestamp) -> SignedDuration {
    PATIENCE.min(it.valid_until.duration_since(began) / PART_OF_ITS_USE)
}

fn wait_for_callback(attempts: i32) -> SignedDuration {
    let doublings = (attempts - 1).clamp(0, MOST_DOUBLINGS);
    CALLBACK_COMES_FIRST.saturating_mul(1_i32 << doublings)
}

fn later(why: &str) -> Tried {
    Tried::Not(Outcome::Later(why.to_owned()))
}
