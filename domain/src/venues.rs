//! A venue: where courts are, in which zone it counts its days, when it is open and by which rules it sells.
mod command;
mod decide;
mod event;
mod rejection;
mod upcast;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time};

use crate::decider::Decider;
use crate::policies::{DayHours, Policy, Week};

pub use command::VenueCommand;
pub use event::VenueEvent;
pub use rejection::VenueRejection;

/// What the rules remember of a venue; `None` until it opens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VenueState(pub Option<Venue>, OpenedAs);

/// The name it opened with: by this a repeated command knows its venue again, whatever it is called since.
type OpenedAs = Option<String>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Venue {
    pub name: String,
    pub zone: String,
    pub day_starts_at: Time,
    /// The weekly hours and the first service date they hold on; the last one not after a date decides. Before
    /// the first the venue is closed.
    pub hours: BTreeMap<Date, Week>,
    /// Service dates with hours of their own, whatever the week says.
    pub hours_on: BTreeMap<Date, DayHours>,
    /// Service dates on which the venue is closed, whatever hours they have. A date that is opened again has them back.
    pub closed_on: BTreeSet<Date>,
    pub policy: Policy,
}

impl Venue {
    /// The hours of a service date, as the wall clock has them; `None` when the venue is closed.
    pub fn hours_of(&self, date: Date) -> Option<DayHours> {
        if self.closed_on.contains(&date) {
            return None;
        }
        let of_the_week = || self.hours.range(..=date).next_back()?.1.on(date.weekday());
        self.hours_on.get(&date).copied().or_else(of_the_week)
    }
}

impl Decider for VenueState {
    type State = Self;
    type Command = VenueCommand;
    type Event = VenueEvent;
    type Rejection = VenueRejection;

    fn evolve(Self(venue, opened_as): Self, event: VenueEvent) -> Self {
        use VenueEvent as E;

        if let E::Opened { name, zone, day_starts_at } = event {
            let opened_as = Some(name.clone());
            return Self(Some(Venue::new(name, zone, day_starts_at)), opened_as);
        }
        let Some(mut venue) = venue else { return Self(None, opened_as) };
        match event {
            E::Opened { .. } => {}
            E::Renamed { name } => venue.name = name,
            E::HoursSet { from, week } => _ = venue.hours.insert(from, week),
            E::HoursSetOn { date, hours, .. } => _ = venue.hours_on.insert(date, hours),
            E::HoursLiftedOn { date } => _ = venue.hours_on.remove(&date),
            E::ClosedOn { date, .. } => _ = venue.closed_on.insert(date),
            E::ReopenedOn { date } => _ = venue.closed_on.remove(&date),
            E::PolicySet { policy } => venue.policy = policy,
        }
        Self(Some(venue), opened_as)
    }

    fn decide(
        Self(venue, opened_as): &Self,
        command: VenueCommand,
    ) -> Result<Vec<VenueEvent>, VenueRejection> {
        match (venue, command) {
            (None, VenueCommand::Open { name, zone, day_starts_at }) => {
                decide::open(name, zone, day_starts_at)
            }
            (Some(it), VenueCommand::Open { name, zone, day_starts_at }) => {
                let same = opened_as.as_ref() == Some(&name)
                    && it.zone == zone
                    && it.day_starts_at == day_starts_at;
                if same { Ok(vec![]) } else { Err(VenueRejection::VenueExists) }
            }
            (None, _) => Err(VenueRejection::UnknownVenue),
            (Some(it), command) => decide::change(it, command),
        }
    }
}

impl Venue {
    fn new(name: String, zone: String, day_starts_at: Time) -> Self {
        Self {
            name,
            zone,
            day_starts_at,
            hours: BTreeMap::new(),
            hours_on: BTreeMap::new(),
            closed_on: BTreeSet::new(),
            policy: Policy::default(),
        }
    }
}
