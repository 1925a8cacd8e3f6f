//! What the mails say. Whom they reach and what they tell is read when they are sent, not when they became necessary.
use access::mail_tokens::{MailTokens, Purpose};
use domain::bookings::{BookedFor, BookingState, CourtDay, Held};
use domain::courts::CourtState;
use domain::ids::UserId;
use domain::sealed::Sealed;
use domain::users::User;
use domain::venues::VenueState;
use event_store::Executor;
use event_store::execute::ReadFailure;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;
use vault::{Vault, VaultError};

use super::Notice;
use crate::mail::Letter;

/// Writes letters.
pub struct Letters {
    pub executor: Executor,
    pub vault: Vault,
    pub tokens: MailTokens,
    /// `SERVER_URL`, without a slash at its end.
    pub server_url: String,
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

impl Letters {
    pub async fn write(&self, about: &Subject<'_>, now: Timestamp) -> Result<Letter, NoLetter> {
        match about.notice {
            Notice::VerifyEmail { email, display_name } => {
                let user = about
                    .user
                    .map(UserId)
                    .ok_or(NoLetter::Impossible("the intent names no user"))?;
                let token = self.tokens.token(Purpose::VerifyEmail, user, about.source_event);
                let values = [
                    ("code", token),
                    ("server", self.server_url.clone()),
                    ("valid_until", about.valid_until.strftime("%-d %B %Y, %H:%M UTC").to_string()),
                ];
                self.letter(
                    &user.stream(),
                    email,
                    ("display_name", display_name),
                    include_str!("../mail/verify-email.txt"),
                    &values,
                )
                .await
            }
            Notice::BookingConfirmed { booking } => {
                let day = self.executor.load::<CourtDay>(about.stream).await?.state;
                let booking = day
                    .bookings
                    .get(booking)
                    .ok_or(NoLetter::Impossible("the court-day does not know the booking"))?;
                if booking.state != BookingState::Confirmed {
                    return Err(NoLetter::Pointless("the booking is not confirmed any more"));
                }
                if booking.held.starts_at <= now {
                    return Err(NoLetter::Pointless("play has begun"));
                }
                self.confirmation(&booking.held).await
            }
        }
    }

    async fn confirmation(&self, held: &Held) -> Result<Letter, NoLetter> {
        let lost = NoLetter::Impossible;
        let (subject, email, field, name) = match &held.booked_for {
            BookedFor::Player { user } => {
                let it = self.executor.load::<User>(&user.stream()).await?.state;
                (user.stream(), it.email, "display_name", it.display_name)
            }
            BookedFor::Guest { guest, name, email, .. } => {
                (guest.subject(), email.clone(), "name", Some(name.clone()))
            }
        };
        let (Some(email), Some(name)) = (email, name) else {
            return Err(NoLetter::Pointless("the player has no address"));
        };
        let venue = self
            .executor
            .load::<VenueState>(&held.venue.stream())
            .await?
            .state
            .0
            .ok_or(lost("no such venue"))?;
        let court = held.booking.court().stream();
        let court =
            self.executor.load::<CourtState>(&court).await?.state.0.ok_or(lost("no such court"))?;
        let values = [
            ("when", when(held)),
            ("venue", venue.name),
            ("court", court.name),
            ("reference", held.reference.to_string()),
        ];
        let template = include_str!("../mail/booking-confirmed.txt");
        self.letter(&subject, &email, (field, &name), template, &values).await
    }

    async fn letter(
        &self,
        subject: &str,
        email: &Sealed,
        (field, name): (&str, &Sealed),
        template: &str,
        values: &[(&str, String)],
    ) -> Result<Letter, NoLetter> {
        let address = self.open(subject, "email", email).await?;
        let name = self.open(subject, field, name).await?;
        Ok(Letter::fill(template, address, name, values))
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

/// In the zone that the booking was made in: `Friday, 28 November 2026, 18:00 to 19:30 (Europe/Berlin)`.
fn when(held: &Held) -> String {
    let zone = TimeZone::get(&held.zone).unwrap_or(TimeZone::UTC);
    let starts = held.starts_at.to_zoned(zone.clone());
    let ends = held.ends_at.to_zoned(zone.clone());
    let zone = zone.iana_name().unwrap_or("UTC");
    format!("{} to {} ({zone})", starts.strftime("%A, %-d %B %Y, %H:%M"), ends.strftime("%H:%M"))
}
