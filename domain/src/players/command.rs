use jiff::Timestamp;
use uuid::Uuid;

use super::counts_until;
use crate::bookings::Place;
use crate::ids::{BookingId, VenueId};
use crate::policies::{self, Policy};

/// What may be asked of a player's leases.
#[derive(Clone, Debug)]
pub enum PlayerCommand {
    TakeLease(Box<TakeLease>),
    ExtendLease(ExtendLease),
    /// The court-day says that this generation of the booking is over.
    ReturnLease {
        booking: BookingId,
        generation: u32,
        at: Timestamp,
    },
    /// The hold was refused after its lease was lent. `until` names that very lease: the same command may have had
    /// another one lent meanwhile, on another machine, and have held the place with it.
    AbandonLease {
        booking: BookingId,
        until: Timestamp,
    },
    /// Nothing more is lent: the player is being erased.
    Close,
}

/// Asked by a court-day that is about to hold a place.
#[derive(Clone, Debug)]
pub struct TakeLease {
    pub booking: BookingId,
    /// The first id that the booking ever had. Another than `booking` for one that moves to this place: it counts once
    /// at both ends.
    pub reference: BookingId,
    /// The command that wants the place.
    pub command: Uuid,
    pub venue: VenueId,
    pub until: Timestamp,
    pub at: Timestamp,
    /// `None` where the desk goes beyond them.
    pub quotas: Option<Quotas>,
}

impl TakeLease {
    /// What a player needs for a place that `command` wants for them. Lent for as long as a hold lasts there.
    pub fn of(place: &Place, command: Uuid) -> Self {
        let policy = &place.venue.policy;
        Self {
            booking: place.booking.clone(),
            reference: place.booking.clone(),
            command,
            venue: place.court.venue.clone(),
            until: counts_until(policies::expires_at(policy, place.starts_at, place.at)),
            at: place.at,
            quotas: Some(Quotas::from(policy)),
        }
    }
}

/// The booking as its court-day has it: confirmed, or held until a later time. Never refused, whatever the quotas say:
/// what a court-day gave is given.
#[derive(Clone, Debug)]
pub struct ExtendLease {
    pub booking: BookingId,
    pub reference: BookingId,
    pub venue: VenueId,
    pub generation: u32,
    pub confirmed: bool,
    pub until: Timestamp,
    pub at: Timestamp,
}

/// What one player may have at one venue, by its policy. What is had at another venue is that venue's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    pub open_holds: u32,
    pub bookings_per_day: u32,
    pub upcoming: u32,
}

impl From<&Policy> for Quotas {
    fn from(policy: &Policy) -> Self {
        Self {
            open_holds: policy.max_open_holds,
            bookings_per_day: policy.max_bookings_per_day,
            upcoming: policy.max_upcoming,
        }
    }
}
