use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::clock::{closing_wall, first_at, into_day, wall};
use super::zone;
use crate::venues::Venue;

/// One day's hours in the venue's wall time. A close at or before the open lies on the next civil day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayHours {
    pub open: Time,
    pub close: Time,
}

/// The hours of a week; a day without hours is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Week {
    pub monday: Option<DayHours>,
    pub tuesday: Option<DayHours>,
    pub wednesday: Option<DayHours>,
    pub thursday: Option<DayHours>,
    pub friday: Option<DayHours>,
    pub saturday: Option<DayHours>,
    pub sunday: Option<DayHours>,
}

impl Week {
    /// The same hours every day.
    pub fn every_day(hours: DayHours) -> Self {
        let it = Some(hours);
        Self {
            monday: it,
            tuesday: it,
            wednesday: it,
            thursday: it,
            friday: it,
            saturday: it,
            sunday: it,
        }
    }

    pub fn on(&self, day: Weekday) -> Option<DayHours> {
        match day {
            Weekday::Monday => self.monday,
            Weekday::Tuesday => self.tuesday,
            Weekday::Wednesday => self.wednesday,
            Weekday::Thursday => self.thursday,
            Weekday::Friday => self.friday,
            Weekday::Saturday => self.saturday,
            Weekday::Sunday => self.sunday,
        }
    }

    /// Says whether every day's hours lie inside one service day. Midnight is nothing special; `day_starts_at` is.
    pub fn fits(&self, day_starts_at: Time) -> bool {
        let days = [
            self.monday,
            self.tuesday,
            self.wednesday,
            self.thursday,
            self.friday,
            self.saturday,
            self.sunday,
        ];
        days.into_iter().flatten().all(|it| it.fits(day_starts_at))
    }
}

impl DayHours {
    /// Says whether the hours lie inside one service day.
    pub fn fits(self, day_starts_at: Time) -> bool {
        let close = into_day(day_starts_at, self.close);
        // To close when the day starts is to close at its end.
        close == SignedDuration::ZERO || into_day(day_starts_at, self.open) < close
    }
}

/// When a venue is open on a service date: one interval of instants, or `None` when it is closed.
///
/// An hour that the clocks skip is not there to be opened in: who opens at 02:30 on a day without it opens with
/// the jump. Where they repeat the closing time, the first of the two closes.
pub fn open_hours(venue: &Venue, date: Date) -> Option<(Timestamp, Timestamp)> {
    let DayHours { open, close } = venue.hours_of(date)?;
    let zone = zone(venue);
    let opens_at = first_at(&zone, wall(venue, date, open));
    let closes_at = first_at(&zone, closing_wall(venue, date, close));
    (opens_at < closes_at).then_some((opens_at, closes_at))
}
