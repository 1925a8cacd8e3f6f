//! A waitlist: who waits for a time at one venue on one service day, in the order in which they came.
//!
//! An offer is a hold in the waiter's own name, which its court-day has made before it is told here: the court-day keeps
//! the place, and the offer ends as the hold does. This stream knows whose turn it is, and who was offered what.
//!
//! **Invariant:** no time on a court is offered to two people at once, nobody has two open offers here, and nobody is
//! offered what they let go.
mod command;
mod decide;
mod event;
mod id;
mod places;
mod rejection;
mod upcast;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::bookings::BookingState;
use crate::decider::Decider;
use crate::ids::{BookingId, CourtCode, UserId, VenueId};

pub use command::{Join, Offer, WaitlistCommand};
pub use event::{OfferEnd, WaitlistEvent, Wish};
pub use id::WaitingId;
pub use places::{Ground, Offerable};
pub use rejection::WaitlistRejection;

/// Times that one person may wait for at a venue on one day.
pub const MAX_OWN: usize = 3;
/// How often one person may join one list: it is read whole by everybody who waits on it, those who left included.
pub const MAX_JOINS: usize = 20;
/// Offers that somebody may let lapse before they wait no more: it seems that nobody is there, and each kept a place from
/// everybody else.
pub const MAX_LAPSED: usize = 3;
/// People on one list. Who comes later has no hope, and every place that is freed is held against all of them.
pub const MAX_WAITING: usize = 100;

/// What the rules remember of one list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waitlist {
    /// In the order in which they joined.
    pub waiters: Vec<Waiter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiter {
    pub id: WaitingId,
    pub user: UserId,
    pub wish: Wish,
    pub state: WaiterState,
    pub offers: Vec<Offered>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaiterState {
    Waiting,
    /// Has what was offered.
    Served,
    Left,
}

/// A place that was offered, as the hold has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    pub booking: BookingId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub ended: Option<OfferEnd>,
}

/// The namespace of the commands that hold what is offered. Never change it: what a crash left is found by it.
const OFFERS: Uuid = Uuid::from_u128(0x2f7a_9c04_53d1_4b8e_8d26_71e0_ba3f_965c);

/// The stream of a venue's waitlist for a service day.
pub fn stream(venue: &VenueId, date: Date) -> String {
    format!("waitlist-{venue}-{date}")
}

/// The venue and the service day of a stream, if it is a waitlist's.
pub fn venue_day(stream: &str) -> Option<(VenueId, Date)> {
    let name = stream.strip_prefix("waitlist-")?;
    let (venue, date) = name.split_at_checked(name.len().checked_sub(10)?)?;
    Some((venue.strip_suffix('-')?.parse().ok()?, date.parse().ok()?))
}

impl Waitlist {
    pub fn find(&self, id: &WaitingId) -> Option<&Waiter> {
        self.waiters.iter().find(|it| it.id == *id)
    }

    /// Those who wait, and for whom there is time left.
    pub fn waiting(&self, now: Timestamp) -> impl Iterator<Item = &Waiter> {
        self.waiters.iter().filter(move |it| it.is_waiting(now))
    }

    /// Offers whose end nobody has told yet.
    pub fn open_offers(&self) -> impl Iterator<Item = &Offered> {
        self.waiters.iter().flat_map(|it| &it.offers).filter(|it| it.ended.is_none())
    }

    /// Whether there is nothing left to do for anybody.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.waiting(now).next().is_none() && self.open_offers().next().is_none()
    }

    fn has_open_offer(&self, user: UserId) -> bool {
        let theirs = self.waiters.iter().filter(|it| it.user == user);
        theirs.flat_map(|it| &it.offers).any(|it| it.ended.is_none())
    }
}

impl Waiter {
    pub fn is_waiting(&self, now: Timestamp) -> bool {
        self.state == WaiterState::Waiting && now < self.wish.to
    }

    /// The command that holds this place for this waiter: the same whoever sends it, and however often.
    pub fn offer_command(
        &self,
        court: &CourtCode,
        starts_at: Timestamp,
        ends_at: Timestamp,
    ) -> Uuid {
        let name = format!("{} {court} {starts_at} {ends_at}", self.id);
        Uuid::new_v5(&OFFERS, name.as_bytes())
    }

    /// The id of the hold that such a command makes.
    pub fn offer_booking(
        &self,
        court: &CourtCode,
        starts_at: Timestamp,
        ends_at: Timestamp,
    ) -> BookingId {
        let command = self.offer_command(court, starts_at, ends_at);
        BookingId::derive(self.id.date(), court.clone(), command)
    }

    /// Whether they were offered part of this time on this court before.
    fn was_offered(&self, court: &CourtCode, starts_at: Timestamp, ends_at: Timestamp) -> bool {
        self.offers.iter().any(|it| it.overlaps(court, starts_at, ends_at))
    }
}

impl Offered {
    fn overlaps(&self, court: &CourtCode, starts_at: Timestamp, ends_at: Timestamp) -> bool {
        self.booking.court() == court && self.starts_at < ends_at && starts_at < self.ends_at
    }
}

impl OfferEnd {
    /// How an offer ended, by what became of its hold; `None` while it stands. What was confirmed was accepted, also where
    /// it was cancelled before anybody looked.
    pub fn of(hold: &BookingState, was_confirmed: bool) -> Option<Self> {
        match hold {
            BookingState::Cancelled if was_confirmed => Some(Self::Accepted),
            BookingState::Held => None,
            BookingState::Confirmed
            | BookingState::CheckedIn
            | BookingState::Missed
            | BookingState::Moved { .. } => Some(Self::Accepted),
            BookingState::Expired => Some(Self::Lapsed),
            BookingState::Released => Some(Self::Declined),
            BookingState::Cancelled => Some(Self::Withdrawn),
        }
    }
}

impl Decider for Waitlist {
    type State = Self;
    type Command = WaitlistCommand;
    type Event = WaitlistEvent;
    type Rejection = WaitlistRejection;

    fn size(list: &Self) -> usize {
        list.waiters.len()
    }

    fn evolve(mut list: Self, event: WaitlistEvent) -> Self {
        match event {
            WaitlistEvent::Joined { waiting, user, wish } => {
                let (state, offers) = (WaiterState::Waiting, vec![]);
                list.waiters.push(Waiter { id: waiting, user, wish, state, offers });
            }
            WaitlistEvent::Left { waiting } => list.change(&waiting, |it| {
                it.state = WaiterState::Left;
            }),
            WaitlistEvent::Offered { waiting, booking, starts_at, ends_at, until: _ } => {
                let offered = Offered { booking, starts_at, ends_at, ended: None };
                list.change(&waiting, |it| it.offers.push(offered));
            }
            WaitlistEvent::OfferEnded { waiting, booking, how } => list.change(&waiting, |it| {
                for offer in it.offers.iter_mut().filter(|it| it.booking == booking) {
                    offer.ended = Some(how);
                }
                if how == OfferEnd::Accepted && it.state == WaiterState::Waiting {
                    it.state = WaiterState::Served;
                }
            }),
        }
        list
    }

    fn decide(
        list: &Self,
        command: WaitlistCommand,
    ) -> Result<Vec<WaitlistEvent>, WaitlistRejection> {
        match command {
            WaitlistCommand::Join(join) => decide::join(list, *join),
            WaitlistCommand::Leave { waiting } => decide::leave(list, waiting),
            WaitlistCommand::Offer(offer) => decide::offer(list, offer),
            WaitlistCommand::EndOffer { booking, how } => decide::end_offer(list, &booking, how),
        }
    }
}

impl Waitlist {
    fn change(&mut self, id: &WaitingId, change: impl FnOnce(&mut Waiter)) {
        if let Some(waiter) = self.waiters.iter_mut().find(|it| it.id == *id) {
            change(waiter);
        }
    }
}
