//! Events of venues, courts and court-days → rows of table `closure_news`.
use async_trait::async_trait;
use domain::bookings::BookingEvent;
use domain::courts::CourtEvent;
use domain::players::is_over;
use domain::stored::StoredEvent;
use domain::venues::VenueEvent;
use event_store::{Recorded, Source};
use jiff::Timestamp;
use runtime::Clock;
use runtime::follow::{FollowError, Follower, noted};
use sqlx::PgTransaction;

use super::rows::Noted;

/// Names the checkpoint.
pub const NAME: &str = "closures";

/// Notes the court-days that a closure concerns, and those that were sold by somebody who did not know of it.
pub struct ClosuresFollower {
    pub clock: Clock,
}

#[async_trait]
impl Follower for ClosuresFollower {
    fn name(&self) -> &str {
        NAME
    }

    async fn apply(
        &self,
        tx: &mut PgTransaction<'static>,
        events: &[Recorded],
    ) -> Result<(), FollowError> {
        let Some(position) = events.last().map(|it| it.position) else { return Ok(()) };
        let now = self.clock.now();
        let noted: Noted = noted(events, |noted, it| note(noted, it, now))?;
        noted.write(tx, position, now).await?;
        Ok(())
    }
}

/// Every event of these streams is read: one that this build does not know could be a closure.
fn note(noted: &mut Noted, it: &Recorded, now: Timestamp) -> Result<(), Source> {
    if it.stream.starts_with("courtday-") {
        if let BookingEvent::Held(held) = BookingEvent::read(&it.kind, &it.data)?
            && !is_over(held.booking.date(), now)
        {
            noted.sold(&held);
        }
    } else if let Some(venue) = it.stream.strip_prefix("venue-") {
        match VenueEvent::read(&it.kind, &it.data)? {
            VenueEvent::ClosedOn { date, .. } => {
                noted.announced(it);
                noted.date(venue, date);
            }
            VenueEvent::ReopenedOn { date } => noted.date(venue, date),
            _ => {}
        }
    } else if let Some(court) = it.stream.strip_prefix("court-") {
        match CourtEvent::read(&it.kind, &it.data)? {
            CourtEvent::Retired { from, .. } => {
                noted.announced(it);
                noted.court(court, from);
            }
            CourtEvent::Returned { from } => noted.court(court, from),
            _ => {}
        }
    }
    Ok(())
}
