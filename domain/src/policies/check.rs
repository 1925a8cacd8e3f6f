use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::release::released_at;
use super::{Policy, Refusal, open_hours, service_date, zone};
use crate::courts::Court;
use crate::time::later;
use crate::venues::Venue;

/// Says whether `starts_at..ends_at` may be sold on a court of the venue, now. The one function behind hold, search and
/// grid.
pub fn check_court(
    venue: &Venue,
    court: &Court,
    starts_at: Timestamp,
    ends_at: Timestamp,
    now: Timestamp,
) -> Result<(), Refusal> {
    let answer = check(venue, starts_at, ends_at, now);
    // Said before the advance limit, which the desk may override.
    let may_be_had = matches!(answer, Ok(()) | Err(Refusal::TooFarAhead { .. }));
    if may_be_had && court.is_retired_on(service_date(venue, starts_at)) {
        return Err(Refusal::CourtRetired);
    }
    answer
}

/// The same for the venue alone, whichever its court.
pub fn check(
    venue: &Venue,
    starts_at: Timestamp,
    ends_at: Timestamp,
    now: Timestamp,
) -> Result<(), Refusal> {
    let Policy { grid_minutes, min_minutes, max_minutes, .. } = venue.policy;
    if ends_at <= starts_at {
        return Err(Refusal::EndBeforeStart);
    }
    let zone = zone(venue);
    for (at, at_start) in [(starts_at, true), (ends_at, false)] {
        if !on_grid(&zone, at, grid_minutes) {
            return Err(Refusal::OffGrid { at_start, grid_minutes });
        }
    }
    // Elapsed minutes: who plays while the clocks change gets, and pays, what the stop watch shows.
    let length = ends_at.duration_since(starts_at);
    if length < minutes(min_minutes) {
        return Err(Refusal::TooShort { min_minutes });
    }
    if length > minutes(max_minutes) {
        return Err(Refusal::TooLong { max_minutes });
    }
    // A place that begins now cannot be held any more: a hold never outlives the start of play. Asked before the
    // hours: what is past stays past, whatever was open then.
    if starts_at <= now {
        return Err(Refusal::InThePast);
    }
    match open_hours(venue, service_date(venue, starts_at)) {
        Some((opens_at, closes_at)) if opens_at <= starts_at && ends_at <= closes_at => {}
        hours => return Err(outside(hours)),
    }
    let opens_at = released_at(venue, starts_at);
    if now < opens_at {
        return Err(Refusal::TooFarAhead { opens_at });
    }
    Ok(())
}

/// Until when a hold made now lasts: its time, and never beyond the start of play.
///
/// A hold that did outlive it would block a court whose time is running and could then be confirmed for a past
/// hour. The last few minutes before play are therefore sold with a shorter hold.
pub fn expires_at(policy: &Policy, starts_at: Timestamp, now: Timestamp) -> Timestamp {
    later(now, SignedDuration::from_secs(policy.hold_seconds.into())).min(starts_at)
}

pub(crate) fn outside(hours: Option<(Timestamp, Timestamp)>) -> Refusal {
    let (opens_at, closes_at) = hours.unzip();
    Refusal::OutsideHours { opens_at, closes_at }
}

/// The grid is the local clock's, so a slot keeps its wall time when the clocks change.
///
/// It divides the day, so seconds since local midnight and local seconds since 1970 have the same remainder.
pub(super) fn on_grid(zone: &TimeZone, at: Timestamp, grid_minutes: u32) -> bool {
    at.subsec_nanosecond() == 0 && into_grid(zone, at, grid_minutes) == 0
}

/// Seconds since the last line of the grid.
pub(super) fn into_grid(zone: &TimeZone, at: Timestamp, grid_minutes: u32) -> i64 {
    let local = at.as_second() + i64::from(zone.to_offset(at).seconds());
    local.rem_euclid(grid_seconds(grid_minutes))
}

/// Never zero, whatever an old event says.
pub(super) fn grid_seconds(grid_minutes: u32) -> i64 {
    i64::from(grid_minutes.max(1)) * 60
}

pub(super) fn minutes(count: u32) -> SignedDuration {
    SignedDuration::from_mins(count.into())
}
