use jiff::Timestamp;
use jiff::civil::Date;

use super::check::{grid_seconds, into_grid, minutes as elapsed, on_grid};
use super::{open_hours, zone};
use crate::time::later;
use crate::venues::Venue;

/// Every place of so many elapsed minutes that the venue sells on a service date, in order; with a length above
/// the grid they overlap, as each line of the grid can be a start. Past and future do not matter here.
///
/// Wall times that the clocks skip are not there, and those they repeat are there twice, as two instants.
pub fn slots(venue: &Venue, date: Date, minutes: u32) -> Vec<(Timestamp, Timestamp)> {
    let policy = &venue.policy;
    let Some((opens_at, closes_at)) = open_hours(venue, date) else { return vec![] };
    if !(policy.min_minutes..=policy.max_minutes).contains(&minutes) {
        return vec![];
    }
    let zone = zone(venue);
    starts(venue, opens_at, closes_at)
        .into_iter()
        .map(|starts_at| (starts_at, later(starts_at, elapsed(minutes))))
        .take_while(|(_, ends_at)| *ends_at <= closes_at)
        .filter(|(_, ends_at)| on_grid(&zone, *ends_at, policy.grid_minutes))
        .collect()
}

/// The lines of the grid in an interval. Walks instants and stops at every change of the clocks, because the
/// grid lies elsewhere on the other side of it.
pub(super) fn starts(venue: &Venue, opens_at: Timestamp, closes_at: Timestamp) -> Vec<Timestamp> {
    let zone = zone(venue);
    let grid_minutes = venue.policy.grid_minutes;
    let mut changes = zone.following(opens_at).map(|it| it.timestamp()).peekable();
    let mut found = vec![];
    let mut at = opens_at;
    while at < closes_at {
        if on_grid(&zone, at, grid_minutes) {
            found.push(at);
        }
        let rest = grid_seconds(grid_minutes) - into_grid(&zone, at, grid_minutes);
        let next = later(at, jiff::SignedDuration::from_secs(rest));
        while changes.next_if(|change| *change <= at).is_some() {}
        at = changes.peek().map_or(next, |change| next.min(*change));
    }
    found
}
