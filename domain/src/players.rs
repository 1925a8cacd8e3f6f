//! A player's leases: how much of a venue one person may have, without a second lock.
//!
//! A court-day that is about to give a place to a player first has this stream lend a lease for it. Leases follow the
//! court-day from then on and decide nothing there: they are only counted, and they end by themselves, so that
//! whatever is lost between the two streams heals with time.
//!
//! **Invariant:** no lease is lent beyond a quota, and old news of a booking never undoes newer.
mod command;
mod decide;
mod event;
mod follow;
mod rejection;
mod upcast;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use uuid::Uuid;

use crate::decider::Decider;
use crate::ids::{BookingId, VenueId};
use crate::time::later;

pub use command::{ExtendLease, PlayerCommand, Quotas, TakeLease};
pub use event::PlayerEvent;
pub use rejection::{FullQuota, PlayerRejection, Quota};

/// What the rules remember of one player: a lease for each booking whose day is not over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Player {
    pub leases: BTreeMap<BookingId, Lease>,
    /// Nothing is lent any more: who looks at the leases from here on sees all there will ever be.
    pub closed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The first id that the booking ever had. Leases of one reference are one booking, at both ends of a move.
    pub reference: BookingId,
    /// The command it was lent to, by which a repetition finds the place it already has. `None` if the booking was
    /// made without a lease.
    pub command: Option<Uuid>,
    /// Of the booking, as far as it is known here; 0 if its hold was refused after all.
    pub generation: u32,
    pub state: LeaseState,
}

/// In the order in which one generation of a booking goes through them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseState {
    /// Counts until then, whatever becomes of the hold.
    Held {
        venue: VenueId,
        until: Timestamp,
    },
    /// Counts as ahead until the end of play, and for its service day for good.
    Confirmed {
        venue: VenueId,
        until: Timestamp,
    },
    Returned,
}

/// How long a lease outlives its hold: a confirmation at the last moment has reached this stream by then.
const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// A service day may begin as late as 23:59 and lie in any zone: so many days after its date it is over everywhere.
const DAYS_UNTIL_OVER: i64 = 3;

impl Decider for Player {
    type State = Self;
    type Command = PlayerCommand;
    type Event = PlayerEvent;
    type Rejection = PlayerRejection;

    fn size(state: &Self) -> usize {
        state.leases.len()
    }

    fn evolve(mut state: Self, event: PlayerEvent) -> Self {
        match event {
            PlayerEvent::LeaseTaken { booking, reference, command, venue, until, at } => {
                state.forget(at);
                let (command, lease) = (Some(command), LeaseState::Held { venue, until });
                let lease = Lease { reference, command, generation: 1, state: lease };
                state.leases.insert(booking, lease);
            }
            PlayerEvent::LeaseExtended {
                booking,
                reference,
                venue,
                generation,
                confirmed,
                until,
                at,
            } => {
                state.forget(at);
                let lease = if confirmed {
                    LeaseState::Confirmed { venue, until }
                } else {
                    LeaseState::Held { venue, until }
                };
                state.set(booking, reference, generation, lease);
            }
            PlayerEvent::LeaseReturned { booking, generation } => {
                let known = state.leases.get(&booking).map(|it| it.reference.clone());
                let reference = known.unwrap_or_else(|| booking.clone());
                state.set(booking, reference, generation, LeaseState::Returned);
            }
            PlayerEvent::Closed {} => state.closed = true,
        }
        state
    }

    fn decide(state: &Self, command: PlayerCommand) -> Result<Vec<PlayerEvent>, PlayerRejection> {
        use PlayerCommand as C;
        match command {
            C::TakeLease(take) => decide::take(state, *take),
            C::ExtendLease(extend) => Ok(decide::extend(state, extend)),
            C::ReturnLease { booking, generation, at } => {
                Ok(decide::give_back(state, booking, generation, at))
            }
            C::AbandonLease { booking, until } => Ok(decide::abandon(state, booking, until)),
            C::Close if state.closed => Ok(vec![]),
            C::Close => Ok(vec![PlayerEvent::Closed {}]),
        }
    }
}

impl Player {
    /// Bookings that `command` was lent a lease for and may have made, ended or not.
    pub fn made_by(&self, command: Uuid) -> impl Iterator<Item = &BookingId> {
        let made = move |it: &Lease| it.command == Some(command) && !it.is_abandoned();
        self.leases.iter().filter(move |(_, it)| made(it)).map(|(id, _)| id)
    }

    fn set(
        &mut self,
        booking: BookingId,
        reference: BookingId,
        generation: u32,
        state: LeaseState,
    ) {
        let command = self.leases.get(&booking).and_then(|it| it.command);
        self.leases.insert(booking, Lease { reference, command, generation, state });
    }

    /// Lets go of days that were over when something was decided: nothing can be held or counted there any more.
    fn forget(&mut self, at: Timestamp) {
        let over = last_over(at);
        self.leases.retain(|id, _| over < id.date());
    }
}

impl Lease {
    /// Its hold was refused after it was lent: the court-day never had this booking.
    fn is_abandoned(&self) -> bool {
        self.generation == 0
    }

    /// What is newer stands higher: a generation has its states in their order, and another one follows.
    fn standing(&self) -> (u32, u8) {
        self.state.standing(self.generation)
    }
}

impl LeaseState {
    fn standing(&self, generation: u32) -> (u32, u8) {
        let state = match self {
            Self::Held { .. } => 0,
            Self::Confirmed { .. } => 1,
            Self::Returned => 2,
        };
        (generation, state)
    }
}

/// Until when a hold counts.
pub fn counts_until(expires_at: Timestamp) -> Timestamp {
    later(expires_at, GRACE)
}

/// Whether a service day is over, whatever the zone. Nobody's clock is so wrong that it would come back.
pub fn is_over(date: Date, at: Timestamp) -> bool {
    date <= last_over(at)
}

/// The last service date that is over everywhere.
pub fn last_over(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date().saturating_sub(Span::new().days(DAYS_UNTIL_OVER))
}
