//! A venue: where courts are, in which zone it counts its days, when it is open and by which rules it sells.
mod command;
mod event;
mod rejection;
mod upcast;

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};

use crate::decider::Decider;
use crate::policies::{self, Fault, Policy, Week};

pub use command::VenueCommand;
pub use event::VenueEvent;
pub use rejection::VenueRejection;

/// What the rules remember of a venue; `None` until it opens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VenueState(pub Option<Venue>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Venue {
    pub name: String,
    pub zone: String,
    pub day_starts_at: Time,
    /// The weekly hours and the first service date they hold on; the last one not after a date decides. Before
    /// the first the venue is closed.
    pub hours: BTreeMap<Date, Week>,
    pub policy: Policy,
}

impl Decider for VenueState {
    type State = Self;
    type Command = VenueCommand;
    type Event = VenueEvent;
    type Rejection = VenueRejection;

    fn evolve(Self(venue): Self, event: VenueEvent) -> Self {
        match (venue, event) {
            (_, VenueEvent::Opened { name, zone, day_starts_at }) => {
                let (hours, policy) = (BTreeMap::new(), Policy::default());
                Self(Some(Venue { name, zone, day_starts_at, hours, policy }))
            }
            (Some(mut venue), VenueEvent::HoursSet { from, week }) => {
                venue.hours.insert(from, week);
                Self(Some(venue))
            }
            (Some(venue), VenueEvent::PolicySet { policy }) => {
                Self(Some(Venue { policy, ..venue }))
            }
            (None, VenueEvent::HoursSet { .. } | VenueEvent::PolicySet { .. }) => Self(None),
        }
    }

    fn decide(
        Self(venue): &Self,
        command: VenueCommand,
    ) -> Result<Vec<VenueEvent>, VenueRejection> {
        use VenueCommand as C;
        use VenueEvent as E;
        use VenueRejection as R;

        match (venue, command) {
            (None, C::Open { name, zone, day_starts_at }) => {
                check_opening(&name, &zone, day_starts_at)?;
                Ok(vec![E::Opened { name, zone, day_starts_at }])
            }
            (Some(it), C::Open { name, zone, day_starts_at }) => {
                let same = it.name == name && it.zone == zone && it.day_starts_at == day_starts_at;
                if same { Ok(vec![]) } else { Err(R::VenueExists) }
            }

            (None, C::SetHours { .. } | C::SetPolicy { .. }) => Err(R::UnknownVenue),

            // Only the same hours from the same date are the same: equal hours from a later date would outlive
            // others that are yet to be set in between.
            (Some(it), C::SetHours { from, week }) if it.hours.get(&from) == Some(&week) => {
                Ok(vec![])
            }
            (Some(it), C::SetHours { week, .. }) if !week.fits(it.day_starts_at) => {
                Err(R::HoursAcrossServiceDay)
            }
            (Some(_), C::SetHours { from, week }) => Ok(vec![E::HoursSet { from, week }]),

            (Some(it), C::SetPolicy { policy }) if it.policy == policy => Ok(vec![]),
            (Some(_), C::SetPolicy { policy }) => {
                policy.validate()?;
                Ok(vec![E::PolicySet { policy }])
            }
        }
    }
}

fn check_opening(name: &str, zone: &str, day_starts_at: Time) -> Result<(), VenueRejection> {
    if name.trim().is_empty() || name.chars().count() > 100 {
        return Err(VenueRejection::BadName);
    }
    if !policies::is_zone(zone) {
        return Err(VenueRejection::UnknownZone);
    }
    if day_starts_at.second() != 0 || day_starts_at.subsec_nanosecond() != 0 {
        let why = "a day starts on a whole minute";
        return Err(Fault { field: "/day_starts_at", why }.into());
    }
    Ok(())
}
