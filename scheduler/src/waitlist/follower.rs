//! Events of waitlists, court-days, courts and venues → rows of table `waitlist_days`.
use async_trait::async_trait;
use domain::bookings::{BookingEvent, court_day};
use domain::courts::CourtEvent;
use domain::players::is_over;
use domain::stored::StoredEvent;
use domain::waitlist::venue_day;
use event_store::{Recorded, Source};
use jiff::Timestamp;
use runtime::Clock;
use runtime::follow::{FollowError, Follower, noted};
use sqlx::PgTransaction;

use super::rows::Noted;

/// Names the checkpoint. `waitlist` is the projection that shows people where they wait.
pub const NAME: &str = "offers";

/// Notes the lists that have to be looked at: somebody joined, or a place may have become free.
pub struct WaitlistFollower {
    pub clock: Clock,
}

#[async_trait]
impl Follower for WaitlistFollower {
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

/// Every event of a court and of a court-day is read: one that this build does not know could free a place. Of a list or
/// a venue it is enough that something happened.
fn note(noted: &mut Noted, it: &Recorded, now: Timestamp) -> Result<(), Source> {
    if let Some((court, date)) = court_day(&it.stream) {
        if may_free(&BookingEvent::read(&it.kind, &it.data)?) {
            noted.freed(&court, date);
        }
    } else if let Some((venue, date)) = venue_day(&it.stream) {
        if !is_over(date, now) {
            noted.list(&venue, date);
        }
    } else if let Some(venue) = it.stream.strip_prefix("venue-") {
        noted.venue(venue);
    } else if let Some(court) = it.stream.strip_prefix("court-") {
        if let CourtEvent::Added { venue, .. } = CourtEvent::read(&it.kind, &it.data)? {
            noted.added(court, &venue);
        }
        noted.court(court);
    }
    Ok(())
}

/// Whether somebody may have what was taken, or an offer has ended.
fn may_free(event: &BookingEvent) -> bool {
    use BookingEvent as E;
    match event {
        E::Confirmed { .. }
        | E::Expired { .. }
        | E::Released { .. }
        | E::Cancelled { .. }
        | E::Moved { .. }
        | E::Unblocked { .. } => true,
        E::Held(_)
        | E::HoldExtended { .. }
        | E::PaymentStarted { .. }
        | E::PaymentReceived { .. }
        | E::MoveAbandoned { .. }
        | E::Reinstated { .. }
        | E::RefundRequired { .. }
        | E::RefundSettled { .. }
        | E::RefundWithdrawn { .. }
        | E::CheckedIn { .. }
        | E::Missed { .. }
        | E::Blocked { .. } => false,
    }
}
