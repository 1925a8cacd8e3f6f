//! Events of court-days → rows of table `lease_news`.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::bookings::BookingEvent;
use domain::players::is_over;
use domain::stored::StoredEvent;
use event_store::Recorded;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use runtime::Clock;
use runtime::follow::{FollowError, Follower};
use sqlx::PgTransaction;

/// Names the checkpoint.
pub const NAME: &str = "leases";

/// Notes each booking that something happened to. One whose day is over counts nowhere any more: a replay of years
/// leaves the rows of some days.
pub struct LeasesFollower {
    pub clock: Clock,
}

#[async_trait]
impl Follower for LeasesFollower {
    fn name(&self) -> &str {
        NAME
    }

    async fn apply(
        &self,
        tx: &mut PgTransaction<'static>,
        events: &[Recorded],
    ) -> Result<(), FollowError> {
        let now = self.clock.now();
        let mut news = BTreeMap::new();
        // Every event of a court-day is read: one that this build does not know could be the end of a booking.
        for it in events.iter().filter(|it| it.stream.starts_with("courtday-")) {
            let event =
                BookingEvent::read(&it.kind, &it.data).map_err(FollowError::at(it.position))?;
            if let Some(booking) = event.booking().filter(|it| !is_over(it.date(), now)) {
                news.insert(booking.to_string(), it.position.cast_signed());
            }
        }
        if news.is_empty() {
            return Ok(());
        }
        let (bookings, positions): (Vec<String>, Vec<i64>) = news.into_iter().unzip();
        let due_at = now.to_sqlx() as SqlTimestamp;
        sqlx::query_file!("src/leases/note.sql", &bookings, &positions, due_at)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}
