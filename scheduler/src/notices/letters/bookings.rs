//! Letters about a booking, to the player or the guest, in their language and by their clock.
use domain::bookings::{BlockCause, BookedFor, BookingState, CourtDay, Held};
use domain::courts::CourtState;
use domain::ids::{BlockId, BookingId};
use domain::sealed::Sealed;
use domain::users::{Channel, Preferences};
use domain::venues::VenueState;
use jiff::Timestamp;

use super::times;
use super::{Addressee, Letters, Message, NoLetter, Text, money};
use crate::mail::{Letter, Mail};
use crate::sms::{self, Filled};
use crate::words::Words;

/// Whoever a booking is for.
struct Booked {
    /// Whose key it is sealed under.
    subject: String,
    email: Option<Sealed>,
    name: Option<(&'static str, Sealed)>,
    /// A guest has none, and is written to as people are who never said anything.
    preferences: Preferences,
}

const REMINDER_BY_SMS: Words<&str> = Words {
    en: include_str!("../../sms/reminder.txt"),
    de: include_str!("../../sms/reminder.de.txt"),
};

impl Letters {
    pub(super) async fn confirmation(
        &self,
        booking: &BookingId,
        stream: &str,
        now: Timestamp,
    ) -> Result<Letter, NoLetter> {
        let day = self.executor.load::<CourtDay>(stream).await?.state;
        let unknown = NoLetter::Impossible("the court-day does not know the booking");
        let booking = day.bookings.get(booking).ok_or(unknown)?;
        if booking.state != BookingState::Confirmed {
            return Err(NoLetter::Pointless("the booking is not confirmed any more"));
        }
        if booking.held.starts_at <= now {
            return Err(NoLetter::Pointless("play has begun"));
        }
        let booked = self.booked(&booking.held).await?;
        let Some(from) = &booking.held.moved_from else {
            return self.about(&booking.held, &booked, Mail::BookingConfirmed, vec![]).await;
        };
        let left = self.executor.load::<CourtDay>(&from.stream()).await?.state;
        let left = left.bookings.get(from);
        let left = left.ok_or(NoLetter::Impossible("the court-day does not know the booking"))?;
        let Preferences { language, clock, .. } = booked.preferences;
        let before = times::when(&left.held, language, clock);
        self.about(&booking.held, &booked, Mail::BookingMoved, vec![("before", before)]).await
    }

    pub(super) async fn cancellation(
        &self,
        booking: &BookingId,
        block: Option<BlockId>,
        stream: &str,
        now: Timestamp,
    ) -> Result<Letter, NoLetter> {
        let day = self.executor.load::<CourtDay>(stream).await?.state;
        let unknown = NoLetter::Impossible("the court-day does not know the booking");
        let booking = day.bookings.get(booking).ok_or(unknown)?;
        if booking.state != BookingState::Cancelled {
            return Err(NoLetter::Pointless("the booking was brought back"));
        }
        if booking.held.ends_at <= now {
            return Err(NoLetter::Pointless("play would be over"));
        }
        let cause = block.and_then(|it| day.blocks.get(&it)).map(|it| it.cause);
        let booked = self.booked(&booking.held).await?;
        let language = booked.preferences.language;
        let why = why(cause).of(language).to_owned();
        let values = vec![("why", why), ("paid_back", money::paid_back(booking, language))];
        self.about(&booking.held, &booked, Mail::BookingCancelled, values).await
    }

    /// To whoever is still expected: what was cancelled or moved, or began, nobody is reminded of.
    pub(super) async fn reminder(
        &self,
        booking: &BookingId,
        now: Timestamp,
    ) -> Result<Message, NoLetter> {
        let day = self.executor.load::<CourtDay>(&booking.stream()).await?.state;
        // A log that was restored to before the booking does not know it.
        let gone = NoLetter::Pointless("there is no such booking any more");
        let booking = day.bookings.get(booking).ok_or(gone)?;
        if booking.state != BookingState::Confirmed {
            return Err(NoLetter::Pointless("the booking is not confirmed any more"));
        }
        if booking.held.starts_at <= now {
            return Err(NoLetter::Pointless("play has begun"));
        }
        let booked = self.booked(&booking.held).await?;
        let text = match booked.preferences.reminders {
            Channel::None => return Err(NoLetter::Pointless("no reminders are wanted")),
            Channel::Mail => None,
            Channel::Sms => Some(self.text(&booking.held, &booked, REMINDER_BY_SMS).await?),
        };
        let letter = self.about(&booking.held, &booked, Mail::Reminder, vec![]).await?;
        Ok(Message { letter, text, person: Some(booked.subject) })
    }

    /// To whoever still has the time to answer.
    pub(super) async fn offer(
        &self,
        booking: &BookingId,
        now: Timestamp,
    ) -> Result<Letter, NoLetter> {
        let day = self.executor.load::<CourtDay>(&booking.stream()).await?.state;
        // A log that was restored to before the booking does not know it.
        let gone = NoLetter::Pointless("there is no such booking any more");
        let booking = day.bookings.get(booking).ok_or(gone)?;
        let Some(until) =
            booking.held.expires_at.filter(|_| booking.state_at(now) == BookingState::Held)
        else {
            return Err(NoLetter::Pointless("the place is not held any more"));
        };
        let booked = self.booked(&booking.held).await?;
        let Preferences { language, clock, .. } = booked.preferences;
        let values = vec![
            ("until", times::until(&booking.held, until, language, clock)),
            ("price", money::written(&booking.held.price)),
        ];
        self.about(&booking.held, &booked, Mail::PlaceOffered, values).await
    }

    async fn booked(&self, held: &Held) -> Result<Booked, NoLetter> {
        Ok(match &held.booked_for {
            BookedFor::Player { user } => {
                let it = self.still_there(*user).await?;
                Booked {
                    subject: user.stream(),
                    email: it.email,
                    name: it.display_name.map(|name| ("display_name", name)),
                    preferences: it.preferences,
                }
            }
            BookedFor::Guest { guest, name, email, .. } => Booked {
                subject: guest.stream(),
                email: email.clone(),
                name: Some(("name", name.clone())),
                preferences: Preferences::default(),
            },
        })
    }

    /// With what everybody wants to know of a booking, and `more`.
    async fn about(
        &self,
        held: &Held,
        booked: &Booked,
        mail: Mail,
        more: Vec<(&str, String)>,
    ) -> Result<Letter, NoLetter> {
        let (Some(email), Some((field, name))) = (&booked.email, &booked.name) else {
            return Err(NoLetter::Pointless("the player has no address"));
        };
        let Preferences { language, clock, .. } = booked.preferences;
        let (venue, court) = self.place(held).await?;
        let mut values = vec![
            ("when", times::when(held, language, clock)),
            ("venue", venue),
            ("court", court),
            ("reference", held.reference.to_string()),
        ];
        values.extend(more);
        let (subject, name) = (booked.subject.clone(), (*field, name));
        self.letter(Addressee { subject, email, name, language }, mail, &values).await
    }

    /// The little of it that fits into an SMS.
    async fn text(
        &self,
        held: &Held,
        booked: &Booked,
        template: Words<&str>,
    ) -> Result<Text, NoLetter> {
        let Preferences { language, clock, sms_number, .. } = &booked.preferences;
        let number = match sms_number {
            Some(sealed) => Some(self.open(&booked.subject, "sms_number", sealed).await?),
            None => None,
        };
        let (venue, court) = self.place(held).await?;
        let filled = |place, text, may_shorten| Filled { place, text, may_shorten };
        let values = [
            filled("when", times::when(held, *language, *clock), false),
            filled("venue", venue, true),
            filled("court", court, true),
            filled("reference", held.reference.to_string(), false),
        ];
        Ok(Text { number, body: sms::write(template.of(*language), &values) })
    }

    /// The names of the venue and the court, as they are today.
    async fn place(&self, held: &Held) -> Result<(String, String), NoLetter> {
        let lost = NoLetter::Impossible;
        let venue = self.executor.load::<VenueState>(&held.venue.stream()).await?.state.0;
        let court = held.booking.court().stream();
        let court = self.executor.load::<CourtState>(&court).await?.state.0;
        let venue = venue.ok_or(lost("no such venue"))?;
        Ok((venue.name, court.ok_or(lost("no such court"))?.name))
    }
}

/// Why the venue took it back, without the desk's own words: they are for the desk.
fn why(cause: Option<BlockCause>) -> Words<&'static str> {
    let (en, de) = match cause {
        None => {
            ("the venue had to cancel your booking", "die Anlage musste Ihre Buchung stornieren")
        }
        Some(BlockCause::Maintenance) => (
            "the court is under repair, and your booking is cancelled",
            "der Platz wird instand gesetzt, und Ihre Buchung ist storniert",
        ),
        Some(BlockCause::Rain) => (
            "the court cannot be played on, and your booking is cancelled",
            "der Platz ist nicht bespielbar, und Ihre Buchung ist storniert",
        ),
        Some(BlockCause::Closed) => (
            "the venue is closed that day, and your booking is cancelled",
            "die Anlage ist an diesem Tag geschlossen, und Ihre Buchung ist storniert",
        ),
        Some(BlockCause::Retired) => (
            "the court is no longer let, and your booking is cancelled",
            "der Platz wird nicht mehr vermietet, und Ihre Buchung ist storniert",
        ),
        Some(BlockCause::Other) => (
            "the court is closed, and your booking is cancelled",
            "der Platz ist gesperrt, und Ihre Buchung ist storniert",
        ),
    };
    Words { en, de }
}
