//! From a venue's wall clock to instants, and back.
//!
//! A service day is an interval of instants, `[start of this day, start of the next)`. Its start is the first
//! instant at which the venue's clock shows `day_starts_at` or later: where the clocks skip that time the day
//! begins with the jump, and where they repeat it, with the first of the two. So the days of a venue follow one
//! another without a gap or an overlap whatever the clocks do, and an instant has exactly one service date.
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::venues::Venue;

/// A wall time that does not exist on this date, because the clocks skip it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clocks skip this time on this date")]
pub struct NoSuchTime {
    pub at_start: bool,
}

/// Says whether a venue may be opened with this zone.
///
/// The name has to be written exactly as in the database, because other readers of it are less lenient. The
/// files that begin with a small letter are no zones: `localtime` is the server's own, `right/` counts leap
/// seconds, `posix/` and `posixrules` are copies.
pub fn is_zone(name: &str) -> bool {
    name.starts_with(|it: char| it.is_ascii_uppercase())
        && name != "Factory"
        && TimeZone::get(name).is_ok_and(|it| !it.is_unknown() && it.iana_name() == Some(name))
}

/// The zone of a venue. A venue is only opened with a zone of the database, so this falls back to UTC only on a
/// machine whose database is older than the venue.
pub fn zone(venue: &Venue) -> TimeZone {
    TimeZone::get(&venue.zone).unwrap_or(TimeZone::UTC)
}

/// The service date of an instant: its local date, where a day begins at `day_starts_at`.
///
/// Depends on nothing that can change while the venue exists, or a change could let two streams sell one hour.
pub fn service_date(venue: &Venue, at: Timestamp) -> Date {
    let zone = zone(venue);
    let here = zone.to_datetime(at).date();
    let begun = |date: Date| first_at(&zone, date.to_datetime(venue.day_starts_at)) <= at;
    // Clocks that go back over midnight show yesterday's date on a day that has already begun.
    match here.tomorrow() {
        Ok(tomorrow) if begun(tomorrow) => tomorrow,
        _ if begun(here) => here,
        _ => here.yesterday().unwrap_or(here),
    }
}

/// Resolves a wall time of a service date to its instant: a time before `day_starts_at` belongs to the following
/// civil day. `None` for a time the clocks skip; the earlier of two where they repeat.
pub fn instant(venue: &Venue, date: Date, time: Time) -> Option<Timestamp> {
    exactly(&zone(venue), wall(venue, date, time))
}

/// The service day, open or not: from its first instant to the first of the next.
pub fn service_day(venue: &Venue, date: Date) -> (Timestamp, Timestamp) {
    let zone = zone(venue);
    let starts = |date: Date| first_at(&zone, date.to_datetime(venue.day_starts_at));
    (starts(date), starts(next(date)))
}

/// The first instant of a service date at which the wall clock shows this time or a later one: where the clocks skip
/// it, the jump.
pub fn instant_or_jump(venue: &Venue, date: Date, time: Time) -> Timestamp {
    first_at(&zone(venue), wall(venue, date, time))
}

/// Resolves the two ends of a stay on a service date. An end at `day_starts_at` is the end of the day.
pub fn resolve(
    venue: &Venue,
    date: Date,
    start: Time,
    end: Time,
) -> Result<(Timestamp, Timestamp), NoSuchTime> {
    let zone = zone(venue);
    let starts_at =
        exactly(&zone, wall(venue, date, start)).ok_or(NoSuchTime { at_start: true })?;
    let ends_at =
        exactly(&zone, closing_wall(venue, date, end)).ok_or(NoSuchTime { at_start: false })?;
    Ok((starts_at, ends_at))
}

/// The civil time that a wall time of a service date means.
pub(super) fn wall(venue: &Venue, date: Date, time: Time) -> DateTime {
    let date = if time < venue.day_starts_at { next(date) } else { date };
    date.to_datetime(time)
}

/// The same for a time that something ends at: the day's first moment, as an end, is the next day's.
pub(super) fn closing_wall(venue: &Venue, date: Date, time: Time) -> DateTime {
    let date = if time <= venue.day_starts_at { next(date) } else { date };
    date.to_datetime(time)
}

/// How long after the start of a service day, by an undisturbed clock, a wall time comes.
pub(super) fn into_day(day_starts_at: Time, time: Time) -> SignedDuration {
    let ahead = time.duration_since(day_starts_at);
    if ahead.is_negative() { ahead + SignedDuration::from_hours(24) } else { ahead }
}

/// The first instant at which the clock shows this time or a later one: the jump, where it is skipped.
pub(super) fn first_at(zone: &TimeZone, wall: DateTime) -> Timestamp {
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => at_offset(offset, wall),
        AmbiguousOffset::Fold { before, .. } => at_offset(before, wall),
        AmbiguousOffset::Gap { before, after } => {
            // By the offset after the jump a skipped time lies before the jump, by the one before it, after.
            let late = at_offset(before, wall);
            zone.following(at_offset(after, wall))
                .next()
                .map_or(late, |it| it.timestamp().min(late))
        }
    }
}

fn exactly(zone: &TimeZone, wall: DateTime) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(wall).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(wall).ok(),
        AmbiguousOffset::Gap { .. } => None,
    }
}

/// Saturates at the ends of time, where nobody plays.
fn at_offset(offset: Offset, wall: DateTime) -> Timestamp {
    let end_of_time = if wall.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    offset.to_timestamp(wall).unwrap_or(end_of_time)
}

fn next(date: Date) -> Date {
    date.tomorrow().unwrap_or(date)
}
