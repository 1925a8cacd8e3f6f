use jiff::civil::Time;

use super::{Venue, VenueCommand as C, VenueEvent as E, VenueRejection as R};
use crate::policies::{self, Fault, MAX_DATES};

type Decision = Result<Vec<E>, R>;

pub(super) fn open(name: String, zone: String, day_starts_at: Time) -> Decision {
    check_name(&name)?;
    if !policies::is_zone(&zone) {
        return Err(R::UnknownZone);
    }
    if day_starts_at.second() != 0 || day_starts_at.subsec_nanosecond() != 0 {
        let why = "a day starts on a whole minute";
        return Err(Fault { field: "/day_starts_at", why }.into());
    }
    Ok(vec![E::Opened { name, zone, day_starts_at }])
}

/// What may be asked of a venue that is there. What is so already is so: no event, no check.
pub(super) fn change(it: &Venue, command: C) -> Decision {
    match command {
        C::Open { .. } => Err(R::VenueExists),

        C::Rename { name } if it.name == name => Ok(vec![]),
        C::Rename { name } => {
            check_name(&name)?;
            Ok(vec![E::Renamed { name }])
        }

        // Only the same hours from the same date are the same: equal hours from a later date would outlive others
        // that are yet to be set in between.
        C::SetHours { from, week } if it.hours.get(&from) == Some(&week) => Ok(vec![]),
        C::SetHours { week, .. } if !week.fits(it.day_starts_at) => {
            Err(R::HoursAcrossServiceDay { field: "week" })
        }
        C::SetHours { from, week } => {
            room_for(it.hours.contains_key(&from), it.hours.len())?;
            Ok(vec![E::HoursSet { from, week }])
        }

        C::SetHoursOn { date, hours, .. } if it.hours_on.get(&date) == Some(&hours) => Ok(vec![]),
        C::SetHoursOn { hours, .. } if !hours.fits(it.day_starts_at) => {
            Err(R::HoursAcrossServiceDay { field: "close" })
        }
        C::SetHoursOn { date, hours, reason } => {
            room_for(it.hours_on.contains_key(&date), it.hours_on.len())?;
            Ok(vec![E::HoursSetOn { date, hours, reason }])
        }
        C::LiftHoursOn { date } if !it.hours_on.contains_key(&date) => Ok(vec![]),
        C::LiftHoursOn { date } => Ok(vec![E::HoursLiftedOn { date }]),

        C::CloseOn { date, .. } if it.closed_on.contains(&date) => Ok(vec![]),
        C::CloseOn { date, reason } => {
            room_for(false, it.closed_on.len())?;
            Ok(vec![E::ClosedOn { date, reason }])
        }
        C::ReopenOn { date } if !it.closed_on.contains(&date) => Ok(vec![]),
        C::ReopenOn { date } => Ok(vec![E::ReopenedOn { date }]),

        C::SetPolicy { policy } if it.policy == policy => Ok(vec![]),
        C::SetPolicy { policy } => {
            policy.validate()?;
            Ok(vec![E::PolicySet { policy }])
        }
    }
}

fn room_for(known: bool, dates: usize) -> Result<(), R> {
    if known || dates < MAX_DATES { Ok(()) } else { Err(R::TooManyDates) }
}

fn check_name(name: &str) -> Result<(), R> {
    if policies::is_name(name) { Ok(()) } else { Err(R::BadName) }
}
