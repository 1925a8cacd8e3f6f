//! Who waits for what, and what they are offered, as they see it themselves.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::ids::{BookingId, CourtCode, UserId, VenueId};
use domain::waitlist::{OfferEnd, WaitingId, WaitlistEvent, Wish};
use event_store::Recorded;
use jiff::Timestamp;
use jiff::civil::Date;
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::projection::{Projection, all_met, read, then};

/// Serves one's own places on waitlists.
pub struct Waitlist;

/// Streams of waitlists begin like this.
const WAITLISTS: &str = "waitlist-";

/// What a batch did to one place on a list.
#[derive(Serialize)]
struct Change {
    id: WaitingId,
    /// Everything that was wished for, if they joined in this batch.
    #[serde(flatten)]
    joined: Option<Arrival>,
    /// What they are afterwards, if that changed.
    state: Option<&'static str>,
    /// Whether the offer was set anew, and to what.
    offers: bool,
    #[serde(flatten)]
    offer: Option<Offer>,
}

#[derive(Serialize)]
struct Arrival {
    user_id: UserId,
    venue: VenueId,
    date: Date,
    from_at: Timestamp,
    to_at: Timestamp,
    minutes: u32,
    court: Option<CourtCode>,
    kind: Option<String>,
    surface: Option<String>,
    indoor: Option<bool>,
    joined_at: Timestamp,
}

#[derive(Serialize)]
struct Offer {
    booking: BookingId,
    starts_at: Timestamp,
    ends_at: Timestamp,
    until: Timestamp,
}

#[async_trait]
impl Projection for Waitlist {
    fn name(&self) -> &'static str {
        "waitlist"
    }

    fn create(&self) -> &'static str {
        include_str!("waitlist/create.sql")
    }

    fn indexes(&self) -> &'static str {
        include_str!("waitlist/indexes.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("waitlist/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let changes = fold(events)?;
        if changes.is_empty() {
            return Ok(());
        }
        let merge = sqlx::query_file!("src/waitlist/merge.sql", Json(&changes) as _);
        let merged = merge.execute(db).await?;
        all_met("waitlist", events, changes.len(), merged.rows_affected())
    }
}

fn fold(events: &[Recorded]) -> Result<Vec<Change>, FollowError> {
    let mut changes: BTreeMap<WaitingId, Change> = BTreeMap::new();
    for event in events.iter().filter(|it| it.stream.starts_with(WAITLISTS)) {
        let change = Change::of(read(event)?, event.meta.at);
        then(&mut changes, change.id.clone(), change, Change::then);
    }
    Ok(changes.into_values().collect())
}

impl Change {
    fn of(event: WaitlistEvent, at: Timestamp) -> Self {
        let nothing = |id| Self { id, joined: None, state: None, offers: false, offer: None };
        match event {
            WaitlistEvent::Joined { waiting, user, wish } => {
                let joined = Some(Arrival::new(&waiting, user, wish, at));
                Self { joined, state: Some("waiting"), ..nothing(waiting) }
            }
            WaitlistEvent::Left { waiting } => Self { state: Some("left"), ..nothing(waiting) },
            WaitlistEvent::Offered { waiting, booking, starts_at, ends_at, until } => {
                let offer = Some(Offer { booking, starts_at, ends_at, until });
                Self { offers: true, offer, ..nothing(waiting) }
            }
            WaitlistEvent::OfferEnded { waiting, booking: _, how } => {
                let state = (how == OfferEnd::Accepted).then_some("served");
                Self { state, offers: true, ..nothing(waiting) }
            }
        }
    }

    /// What both did, in this order.
    fn then(self, later: Self) -> Self {
        let (offers, offer) =
            if later.offers { (true, later.offer) } else { (self.offers, self.offer) };
        Self {
            id: self.id,
            joined: self.joined.or(later.joined),
            state: later.state.or(self.state),
            offers,
            offer,
        }
    }
}

impl Arrival {
    fn new(waiting: &WaitingId, user: UserId, wish: Wish, at: Timestamp) -> Self {
        let Wish { from, to, minutes, court, kind, surface, indoor } = wish;
        Self {
            user_id: user,
            venue: waiting.venue().clone(),
            date: waiting.date(),
            from_at: from,
            to_at: to,
            minutes,
            court,
            kind,
            surface,
            indoor,
            joined_at: at,
        }
    }
}
