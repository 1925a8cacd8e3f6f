//! What the mails say. Whom they reach and what they tell is read when they are sent, not when they became necessary.
mod accounts;
mod bookings;
mod money;
mod times;
mod warnings;

use access::mail_tokens::MailTokens;
use domain::ids::UserId;
use domain::sealed::Sealed;
use domain::users::{Language, User};
use event_store::Executor;
use event_store::execute::ReadFailure;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vault::{Vault, VaultError};

use super::Notice;
use crate::mail::{Letter, Mail, Templates};

/// Writes letters.
pub struct Letters {
    pub executor: Executor,
    pub vault: Vault,
    pub tokens: MailTokens,
    pub templates: Templates,
    /// `AUTH_VERIFICATION_HOURS`.
    pub verification: SignedDuration,
    /// `SERVER_URL`, without a slash at its end.
    pub server_url: String,
}

/// What is to be sent.
pub struct Message {
    pub letter: Letter,
    /// The same by SMS, where that is wanted. Then the letter goes only if this cannot.
    pub text: Option<Text>,
    /// Whose messages it counts to, where they are limited.
    pub person: Option<String>,
}

/// An SMS before it becomes one. Personal data in clear, as in a letter.
pub struct Text {
    pub number: Option<String>,
    pub body: String,
}

impl From<Letter> for Message {
    fn from(letter: Letter) -> Self {
        Self { letter, text: None, person: None }
    }
}

/// Why there is no letter.
#[derive(Debug, thiserror::Error)]
pub enum NoLetter {
    /// Nobody is left to read it, or nothing is left to say. Closed unsent.
    #[error("{0}")]
    Pointless(&'static str),
    /// Something is lost, and somebody has to look.
    #[error("{0}")]
    Impossible(&'static str),
    #[error("the vault cannot be asked")]
    Vault(#[source] VaultError),
    #[error("a stream cannot be read")]
    Store(#[from] ReadFailure),
}

/// What the letter is about.
pub struct Subject<'a> {
    pub notice: &'a Notice,
    pub user: Option<Uuid>,
    pub stream: &'a str,
    pub source_event: Uuid,
    pub valid_until: Timestamp,
}

/// Whom a letter goes to, still sealed.
struct Addressee<'a> {
    /// Whose key it is sealed under.
    subject: String,
    email: &'a Sealed,
    /// The field, and what is in it.
    name: (&'static str, &'a Sealed),
    language: Language,
}

impl Letters {
    pub async fn write(&self, about: &Subject<'_>, now: Timestamp) -> Result<Message, NoLetter> {
        if let Some(user) = about.user {
            self.still_there(UserId(user)).await?;
        }
        let user = || {
            let lost = NoLetter::Impossible("the intent names no user");
            about.user.map(UserId).ok_or(lost)
        };
        let letter = match about.notice {
            Notice::VerifyEmail { email, display_name } => {
                let id = user()?;
                // Nobody has said yet which language they prefer.
                let language = Language::default();
                let name = ("display_name", display_name);
                let who = Addressee { subject: id.stream(), email, name, language };
                self.verification(who, about).await
            }
            Notice::VerifyEmailAgain {} => self.verification_again(user()?, about).await,
            Notice::ResetPassword { code, epoch, email_claim } => {
                self.reset(user()?, *code, *epoch, email_claim, about).await
            }
            Notice::PasswordSet { cause, at } => self.password_set(user()?, *cause, *at).await,
            Notice::ChangeEmail { change, email } => {
                self.change_email(user()?, *change, email, about).await
            }
            Notice::EmailChanged { former, at } => self.email_changed(user()?, former, *at).await,
            Notice::LoginLocked { until } => self.locked(user()?, *until).await,
            Notice::NewDevice { address, user_agent, at } => {
                self.new_device(user()?, (address.as_ref(), user_agent.as_ref()), *at).await
            }
            Notice::TokenReused { session, at } => self.reused(*session, *at).await,
            Notice::FactorRemoved { by_owner, at } => {
                self.factor_removed(user()?, *by_owner, *at).await
            }
            Notice::AddressTaken {} => self.address_taken(user()?).await,
            Notice::BookingConfirmed { booking } => {
                self.confirmation(booking, about.stream, now).await
            }
            Notice::Reminder { booking } => return self.reminder(booking, now).await,
            Notice::BookingCancelled { booking, block } => {
                self.cancellation(booking, *block, about.stream, now).await
            }
            Notice::PlaceOffered { booking } => self.offer(booking, now).await,
        }?;
        Ok(letter.into())
    }

    /// Nothing is sent to somebody who is being erased, whatever can still be read of them.
    async fn still_there(&self, user: UserId) -> Result<User, NoLetter> {
        let it = self.executor.load::<User>(&user.stream()).await?.state;
        if it.is_there() { Ok(it) } else { Err(NoLetter::Pointless("the person was erased")) }
    }

    async fn letter(
        &self,
        Addressee { subject, email, name, language }: Addressee<'_>,
        mail: Mail,
        values: &[(&str, String)],
    ) -> Result<Letter, NoLetter> {
        let address = self.open(&subject, "email", email).await?;
        let name = self.open(&subject, name.0, name.1).await?;
        let what = (mail, language);
        Ok(self.templates.letter(what, (address, name), &self.server_url, values))
    }

    async fn open(&self, subject: &str, field: &str, sealed: &Sealed) -> Result<String, NoLetter> {
        match self.vault.open(subject, field, sealed).await {
            Ok(Some(text)) => Ok(text),
            Ok(None) => Err(NoLetter::Pointless("the person was erased")),
            Err(VaultError::KeyMissing { .. }) => {
                Err(NoLetter::Impossible("the person's key is missing"))
            }
            Err(VaultError::Tampered) => {
                Err(NoLetter::Impossible("a sealed value is not what was sealed"))
            }
            Err(error) => Err(NoLetter::Vault(error)),
        }
    }
}
