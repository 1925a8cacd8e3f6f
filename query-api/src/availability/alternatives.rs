//! The nearest places that are free, for whoever found nothing.
use std::collections::HashMap;

use domain::policies;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::{Candidate, FreeCourt, Place, Taken, Wanted};
use crate::courts::Filter;

/// Somewhere else, or at another time of the day.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Alternative {
    #[serde(flatten)]
    pub court: FreeCourt,
    /// How far its start is from the one asked for.
    pub minutes_away: i64,
}

/// As many as help and no more.
const ALTERNATIVES: usize = 6;

/// Every place of so many minutes that can be sold on the service date.
pub fn places(
    candidates: &[Candidate],
    date: Date,
    minutes: u32,
    now: Timestamp,
) -> Vec<Place<'_>> {
    // The venue's part of the question is the same for all its courts.
    let mut slots: HashMap<&str, Vec<(Timestamp, Timestamp)>> = HashMap::new();
    let mut places = Vec::new();
    for candidate in candidates.iter().filter(|it| !it.court.is_retired_on(date)) {
        let venue = &candidate.venue;
        let slots = slots.entry(&candidate.row.venue).or_insert_with(|| {
            let mut slots = policies::slots(venue, date, minutes);
            slots.retain(|it| policies::check(venue, it.0, it.1, now).is_ok());
            slots
        });
        let on_court = slots.iter();
        places.extend(on_court.map(|&(starts_at, ends_at)| Place {
            candidate,
            starts_at,
            ends_at,
        }));
    }
    places
}

/// The free ones of `places` that come nearest: what was asked for at another time before other courts of the venue, and
/// these before other venues; each by how far its start is from the one asked for.
///
/// Another sport is no alternative: whoever asked for padel does not want badminton.
pub fn nearest(mut places: Vec<Place<'_>>, taken: &Taken, wanted: &Wanted) -> Vec<Alternative> {
    let Filter { venue, surface, indoor, .. } = &wanted.filter;
    let venue = venue.as_ref().map(ToString::to_string);
    let rank = |it: &Place<'_>| {
        let row = &it.candidate.row;
        let elsewhere = venue.as_ref().is_some_and(|it| *it != row.venue);
        let another = surface.as_ref().is_some_and(|it| *it != row.surface)
            || indoor.is_some_and(|it| it != row.indoor);
        (elsewhere, another, minutes_away(it, wanted), row.code.clone(), it.starts_at)
    };
    places.retain(|it| taken.is_free(it));
    places.sort_by_cached_key(rank);
    places.truncate(ALTERNATIVES);
    let alternative = |it: &Place<'_>| Alternative {
        court: FreeCourt::from(it),
        minutes_away: minutes_away(it, wanted),
    };
    places.iter().map(alternative).collect()
}

/// From the start that was asked for, by the venue's clock; where the clocks skip it, from the jump.
fn minutes_away(place: &Place<'_>, wanted: &Wanted) -> i64 {
    let asked = policies::instant_or_jump(&place.candidate.venue, wanted.date, wanted.start);
    (place.starts_at.as_second() - asked.as_second()).abs() / 60
}
