use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Serialize};

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
        Self { monday: it, tuesday: it, wednesday: it, thursday: it, friday: it, saturday: it, sunday: it }
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
}
