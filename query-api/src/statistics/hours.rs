//! Minutes, and the hours of the clock they lie in.
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// What is left of an interval without others, which may lie over one another.
pub(super) fn clear(
    (from, to): (Timestamp, Timestamp),
    mut without: Vec<(Timestamp, Timestamp)>,
) -> Vec<(Timestamp, Timestamp)> {
    without.sort_unstable();
    let mut left = vec![];
    let mut at = from;
    for (begin, end) in without {
        if at < begin.min(to) {
            left.push((at, begin.min(to)));
        }
        at = at.max(end);
    }
    if at < to {
        left.push((at, to));
    }
    left
}

/// How many minutes of an interval lie in which hour of the clock, in order.
pub(super) fn spread(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<(i8, i64)> {
    let mut parts = vec![];
    let mut at = from;
    while at < to {
        let local = at.to_zoned(zone.clone());
        let into = SignedDuration::from_mins(local.minute().into())
            + SignedDuration::from_secs(local.second().into());
        let end = (at + (SignedDuration::from_hours(1) - into)).min(to);
        parts.push((local.hour(), end.duration_since(at).as_mins()));
        at = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn minutes_are_counted_in_the_hour_they_lie_in() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let spread = |from, to| spread(&zone, t(from), t(to));
        assert_eq!(
            spread("2026-11-21T17:30:00Z", "2026-11-21T19:15:00Z"),
            [(18, 30), (19, 60), (20, 15)]
        );
        assert_eq!(spread("2026-11-21T22:30:00Z", "2026-11-21T23:30:00Z"), [(23, 30), (0, 30)]);
        // The clocks skip the hour from two, and later show it twice.
        assert_eq!(spread("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"), [(1, 30), (3, 30)]);
        assert_eq!(spread("2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"), [(2, 60), (2, 60)]);
        assert_eq!(spread("2026-10-25T00:00:00Z", "2026-10-25T00:00:00Z"), []);
    }

    #[test]
    fn what_is_blocked_is_not_for_sale_however_blocks_lie() {
        let hour = |it: i64| t("2026-11-21T00:00:00Z") + SignedDuration::from_hours(it);
        let clear = |without: &[(i64, i64)]| {
            let without = without.iter().map(|it| (hour(it.0), hour(it.1))).collect();
            let left = super::clear((hour(8), hour(20)), without).into_iter();
            left.map(|it| {
                (it.0.duration_since(hour(0)).as_hours(), it.1.duration_since(hour(0)).as_hours())
            })
            .collect::<Vec<_>>()
        };
        assert_eq!(clear(&[]), [(8, 20)]);
        assert_eq!(clear(&[(10, 12)]), [(8, 10), (12, 20)]);
        assert_eq!(clear(&[(11, 14), (10, 12), (10, 11)]), [(8, 10), (14, 20)]);
        assert_eq!(clear(&[(6, 9), (19, 22)]), [(9, 19)]);
        assert_eq!(clear(&[(0, 24)]), []);
        assert_eq!(clear(&[(20, 24), (4, 8)]), [(8, 20)]);
    }
}
