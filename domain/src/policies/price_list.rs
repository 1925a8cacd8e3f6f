use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Prices, service_date};
use crate::money::Money;
use crate::venues::Venue;

/// What a court costs, by service date: a raise is announced, and what was booked before keeps the price it was booked
/// at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceList {
    /// Until the first of `later`.
    pub first: Prices,
    /// Each from its service date on, until the next.
    pub later: BTreeMap<Date, Prices>,
}

impl PriceList {
    /// The prices of a service date.
    pub fn on(&self, date: Date) -> &Prices {
        self.later.range(..=date).next_back().map_or(&self.first, |(_, it)| it)
    }

    /// The price of a booking, by the prices of the service date it begins on.
    pub fn price(&self, venue: &Venue, starts_at: Timestamp, ends_at: Timestamp) -> Money {
        self.on(service_date(venue, starts_at)).price(venue, starts_at, ends_at)
    }
}

impl From<Prices> for PriceList {
    fn from(first: Prices) -> Self {
        Self { first, later: BTreeMap::new() }
    }
}
