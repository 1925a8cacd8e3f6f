use jiff::Timestamp;
use jiff::civil::Date;

use super::{service_date, service_day};
use crate::venues::Venue;

/// Part of an interval that lies on one service day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayPart {
    pub date: Date,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

/// Cuts an interval where service days begin; at most `limit` parts, and the first of them first.
pub fn day_parts(
    venue: &Venue,
    starts_at: Timestamp,
    ends_at: Timestamp,
    limit: usize,
) -> Vec<DayPart> {
    let mut parts = Vec::new();
    let mut from = starts_at;
    while from < ends_at && parts.len() < limit {
        let date = service_date(venue, from);
        let (_, day_ends_at) = service_day(venue, date);
        let to = day_ends_at.min(ends_at);
        parts.push(DayPart { date, starts_at: from, ends_at: to });
        from = to;
    }
    parts
}
