use jiff::Timestamp;
use jiff::civil::Date;

use super::check::on_grid;
use super::slots::starts;
use super::{open_hours, zone};
use crate::venues::Venue;

/// The venue's hours of a service date, cut at every line of the grid: each cell ends where the next begins, so that
/// whoever takes some in a row takes a place that begins and ends on a line. Where the clocks jump a cell may be shorter
/// or longer than the grid is wide.
///
/// Hours that do not begin or end on a line are there from the first line to the last.
pub fn grid(venue: &Venue, date: Date) -> Vec<(Timestamp, Timestamp)> {
    let Some((opens_at, closes_at)) = open_hours(venue, date) else { return vec![] };
    let mut lines = starts(venue, opens_at, closes_at);
    if on_grid(&zone(venue), closes_at, venue.policy.grid_minutes) {
        lines.push(closes_at);
    }
    lines.windows(2).map(|pair| (pair[0], pair[1])).collect()
}
