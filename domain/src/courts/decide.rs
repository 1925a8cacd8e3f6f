use jiff::civil::Date;

use super::{AddedAs, Court, CourtCommand as C, CourtEvent as E, CourtRejection as R, Description};
use crate::ids::VenueId;
use crate::policies::{self, MAX_DATES, Prices};

type Decision = Result<Vec<E>, R>;

pub(super) fn add(added_as: &AddedAs, venue: VenueId, it: Description) -> Decision {
    match added_as {
        None => {
            check_names(&it)?;
            let Description { name, kind, surface, indoor } = it;
            Ok(vec![E::Added { venue, name, kind, surface, indoor }])
        }
        Some(added) if *added == (venue, it) => Ok(vec![]),
        Some(_) => Err(R::CourtExists),
    }
}

/// What may be asked of a court that is there. What is so already is so: no event, no check.
pub(super) fn change(it: &Court, command: C) -> Decision {
    match command {
        C::Add { .. } => Err(R::CourtExists),

        C::Describe { name, kind, surface, indoor } => {
            let is = Description {
                name: it.name.clone(),
                kind: it.kind.clone(),
                surface: it.surface.clone(),
                indoor: it.indoor,
            };
            let then = Description {
                name: name.unwrap_or_else(|| is.name.clone()),
                kind: kind.unwrap_or_else(|| is.kind.clone()),
                surface: surface.unwrap_or_else(|| is.surface.clone()),
                indoor: indoor.unwrap_or(is.indoor),
            };
            if is == then {
                return Ok(vec![]);
            }
            check_names(&then)?;
            let Description { name, kind, surface, indoor } = then;
            Ok(vec![E::Described { name, kind, surface, indoor }])
        }

        // As with a venue's hours, only the same prices from the same date are the same.
        C::Price { from, prices } if priced(it, from) == Some(&prices) => Ok(vec![]),
        C::Price { from, prices } => {
            prices.validate()?;
            let later = &it.prices.later;
            room_for(from.is_none_or(|it| later.contains_key(&it)), later.len())?;
            Ok(vec![E::Priced { from, prices }])
        }

        C::Retire { from, .. } if it.is_retired_on(from) => Ok(vec![]),
        C::Retire { from, reason } => {
            room_for(it.service.contains_key(&from), it.service.len())?;
            Ok(vec![E::Retired { from, reason }])
        }
        C::Return { from } if !it.is_retired_on(from) => Ok(vec![]),
        C::Return { from } => {
            room_for(it.service.contains_key(&from), it.service.len())?;
            Ok(vec![E::Returned { from }])
        }
    }
}

/// What was said of exactly this date.
fn priced(it: &Court, from: Option<Date>) -> Option<&Prices> {
    match from {
        None => Some(&it.prices.first),
        Some(from) => it.prices.later.get(&from),
    }
}

fn check_names(it: &Description) -> Result<(), R> {
    let names = [("name", &it.name), ("kind", &it.kind), ("surface", &it.surface)];
    match names.into_iter().find(|(_, it)| !policies::is_name(it)) {
        Some((field, _)) => Err(R::BadName { field }),
        None => Ok(()),
    }
}

fn room_for(known: bool, dates: usize) -> Result<(), R> {
    if known || dates < MAX_DATES { Ok(()) } else { Err(R::TooManyDates) }
}
