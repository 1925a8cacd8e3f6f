use jiff::civil::{DateTime, Time};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Fault, zone};
use crate::money::Money;
use crate::time::later;
use crate::venues::Venue;

/// What an hour costs. The peak price holds inside the peak windows, by the minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    pub currency: String,
    pub off_peak_per_hour_minor: i64,
    pub peak_per_hour_minor: i64,
    pub peak: Vec<PeakWindow>,
}

/// Civil weekdays and local times. A window whose `to` is not after its `from` goes on until the next day's `to`:
/// Friday 18:00 to 02:00 is Friday's night.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeakWindow {
    /// Weekdays by ISO 8601 number: Monday is 1.
    pub weekdays: Vec<i8>,
    pub from: Time,
    pub to: Time,
}

/// Far above any court, low enough that a day of it fits the sum: 10 million of a currency with cents.
const MAX_PER_HOUR_MINOR: i64 = 1_000_000_000;
/// A window for each hour of a week is more than anyone prices by.
const MAX_WINDOWS: usize = 168;
/// No booking is longer than a day (`Policy::validate`); a bound on the loop for a caller that did not check.
const MAX_MINUTES: usize = 24 * 60;

/// Nothing has a price until somebody sets one.
impl Default for Prices {
    fn default() -> Self {
        Self {
            currency: "EUR".to_owned(),
            off_peak_per_hour_minor: 0,
            peak_per_hour_minor: 0,
            peak: vec![],
        }
    }
}

impl Prices {
    /// The price of a booking: each minute at the rate of its local time, rounded up to the minor unit once.
    pub fn price(&self, venue: &Venue, starts_at: Timestamp, ends_at: Timestamp) -> Money {
        let zone = zone(venue);
        let minute = SignedDuration::from_mins(1);
        let per_hour: i64 = std::iter::successors(Some(starts_at), |at| Some(later(*at, minute)))
            .take_while(|at| *at < ends_at)
            .take(MAX_MINUTES)
            .map(|at| self.rate(zone.to_datetime(at)))
            .fold(0, i64::saturating_add);
        let amount_minor = per_hour / 60 + i64::from(per_hour % 60 > 0);
        Money { amount_minor, currency: self.currency.clone() }
    }

    /// Says what is wrong with a price list, if anything is.
    pub fn validate(&self) -> Result<(), Fault> {
        let fault = |field, why| Err(Fault { field, why });
        let possible = |rate| (0..=MAX_PER_HOUR_MINOR).contains(&rate);
        let days = |it: &PeakWindow| {
            !it.weekdays.is_empty()
                && it.weekdays.len() <= 7
                && it.weekdays.iter().all(|day| (1..=7).contains(day))
        };
        if self.currency.len() != 3 || !self.currency.bytes().all(|it| it.is_ascii_uppercase()) {
            return fault("/currency", "a currency is three capital letters (ISO 4217)");
        }
        if !possible(self.off_peak_per_hour_minor) {
            return fault("/off_peak_per_hour_minor", "a price is between 0 and 1,000,000,000");
        }
        if !possible(self.peak_per_hour_minor) {
            return fault("/peak_per_hour_minor", "a price is between 0 and 1,000,000,000");
        }
        if self.peak.len() > MAX_WINDOWS {
            return fault("/peak", "there are at most 168 peak windows");
        }
        if !self.peak.iter().all(days) {
            return fault("/peak", "a peak window names one to seven weekdays, Monday is 1");
        }
        Ok(())
    }

    fn rate(&self, local: DateTime) -> i64 {
        let peak = self.peak.iter().any(|it| it.covers(local));
        if peak { self.peak_per_hour_minor } else { self.off_peak_per_hour_minor }
    }
}

impl PeakWindow {
    fn covers(&self, local: DateTime) -> bool {
        let on = |date: jiff::civil::Date| {
            self.weekdays.contains(&date.weekday().to_monday_one_offset())
        };
        let today = || on(local.date());
        let yesterday = || local.date().yesterday().is_ok_and(on);
        let time = local.time();
        if self.from < self.to {
            self.from <= time && time < self.to && today()
        } else {
            (self.from <= time && today()) || (time < self.to && yesterday())
        }
    }
}
