//! Letters about a booking, to the player or the guest.
use domain::bookings::{BlockCause, BookedFor, BookingState, CourtDay, Held};
use domain::courts::CourtState;
use domain::ids::{BlockId, BookingId};
use domain::venues::VenueState;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Addressee, Letters, NoLetter, money};
use crate::mail::Letter;

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
        self.about(&booking.held, include_str!("../../mail/booking-confirmed.txt"), vec![]).await
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
        let values = vec![("why", why(cause).to_owned()), ("paid_back", money::paid_back(booking))];
        let template = include_str!("../../mail/booking-cancelled.txt");
        self.about(&booking.held, template, values).await
    }

    /// To whoever booked, with what everybody wants to know of a booking, and `more`.
    async fn about(
        &self,
        held: &Held,
        template: &str,
        more: Vec<(&str, String)>,
    ) -> Result<Letter, NoLetter> {
        let lost = NoLetter::Impossible;
        let (subject, email, field, name) = match &held.booked_for {
            BookedFor::Player { user } => {
                let it = self.still_there(*user).await?;
                (user.stream(), it.email, "display_name", it.display_name)
            }
            BookedFor::Guest { guest, name, email, .. } => {
                (guest.stream(), email.clone(), "name", Some(name.clone()))
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
        let mut values = vec![
            ("when", when(held)),
            ("venue", venue.name),
            ("court", court.name),
            ("reference", held.reference.to_string()),
        ];
        values.extend(more);
        let who = Addressee { subject, email: &email, name: (field, &name) };
        self.letter(who, template, &values).await
    }
}

/// Why the venue took it back, without the desk's own words: they are for the desk.
fn why(cause: Option<BlockCause>) -> &'static str {
    match cause {
        None => "the venue had to cancel your booking",
        Some(BlockCause::Maintenance) => "the court is under repair, and your booking is cancelled",
        Some(BlockCause::Rain) => "the court cannot be played on, and your booking is cancelled",
        Some(BlockCause::Closed) => "the venue is closed that day, and your booking is cancelled",
        Some(BlockCause::Retired) => "the court is no longer let, and your booking is cancelled",
        Some(BlockCause::Other) => "the court is closed, and your booking is cancelled",
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
