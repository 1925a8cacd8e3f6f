use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::venues::Venue;

/// What an hour costs. The peak price holds inside the peak windows, by the minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    pub currency: String,
    pub off_peak_per_hour_minor: i64,
    pub peak_per_hour_minor: i64,
    pub peak: Vec<PeakWindow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeakWindow {
    /// Weekdays by ISO 8601 number: Monday is 1.
    pub weekdays: Vec<i8>,
    pub from: Time,
    pub to: Time,
}

impl Prices {
    /// The price of a booking: each minute at the rate of its local time, rounded up to the minor unit once.
    pub fn price(&self, venue: &Venue, starts_at: Timestamp, ends_at: Timestamp) -> Money {
        let _ = (venue, starts_at, ends_at, Weekday::Monday);
        unimplemented!("domain helper")
    }
}
