//! A venue and its courts on one day, as they are now.
use domain::bookings::{CourtDay, stream};
use domain::courts::CourtState;
use domain::ids::{BookingId, CourtCode, VenueId};
use domain::venues::{Venue, VenueState};
use domain::waitlist::{Ground, OfferEnd};
use event_store::Executor;
use event_store::execute::ReadFailure;
use jiff::Timestamp;
use jiff::civil::Date;

/// What has to be known to offer a place.
pub(super) struct Scene {
    pub venue: Venue,
    pub venue_revision: u64,
    pub grounds: Vec<Ground>,
}

impl Scene {
    /// `None` of a venue that nobody opened.
    pub async fn of(
        executor: &Executor,
        venue: &VenueId,
        courts: Vec<CourtCode>,
        date: Date,
    ) -> Result<Option<Self>, ReadFailure> {
        let found = executor.load::<VenueState>(&venue.stream()).await?;
        let (Some(venue), Some(venue_revision)) = (found.state.0, found.revision) else {
            return Ok(None);
        };
        let mut grounds = Vec::with_capacity(courts.len());
        for code in courts {
            let found = executor.load::<CourtState>(&code.stream()).await?;
            let (Some(court), Some(court_revision)) = (found.state.0, found.revision) else {
                continue;
            };
            let day = executor.load::<CourtDay>(&stream(&code, date)).await?.state;
            grounds.push(Ground { code, court, court_revision, day });
        }
        Ok(Some(Self { venue, venue_revision, grounds }))
    }

    pub fn ground(&self, court: &CourtCode) -> Option<&Ground> {
        self.grounds.iter().find(|it| it.code == *court)
    }

    /// What a court-day has become.
    pub fn changed(&mut self, court: &CourtCode, day: CourtDay) {
        if let Some(ground) = self.grounds.iter_mut().find(|it| it.code == *court) {
            ground.day = day;
        }
    }

    /// How an offer ended, if it has. A log that was restored to before its hold does not know it: nobody has the place.
    pub fn end_of(&self, booking: &BookingId, now: Timestamp) -> Option<OfferEnd> {
        let day = self.ground(booking.court()).map(|it| &it.day);
        match day.and_then(|it| it.bookings.get(booking)) {
            Some(hold) => OfferEnd::of(&hold.state_at(now), hold.was_confirmed),
            None => Some(OfferEnd::Lapsed),
        }
    }
}
