//! A time as auditors write it.
use anyhow::bail;
use audit::range::Range;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// RFC 3339, or a date: its first moment in UTC, by which the log counts its years.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    let date = || text.parse::<Date>().ok().and_then(|it| it.to_zoned(TimeZone::UTC).ok());
    let parsed = match date().filter(|_| text.len() == "2026-03-01".len()) {
        Some(day) => Some(day.timestamp()),
        None => text.parse().ok(),
    };
    parsed.ok_or_else(|| "expected 2026-03-01 or 2026-03-01T08:00:00Z".to_owned())
}

/// The year whose log has this range: a log is a year's.
pub fn year(range: &Range) -> anyhow::Result<Option<i16>> {
    let of = |it: Timestamp| it.to_zoned(TimeZone::UTC).year();
    // The end itself is not in it: a year ends with the first moment of the next.
    let last =
        range.to.map(|it| of(it.saturating_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(it)));
    match (range.from.map(of), last) {
        (Some(from), Some(to)) if from != to => {
            bail!(
                "--from is in {from} and --to ends in {to}: a log is a year's; export each by itself"
            )
        }
        (from, to) => Ok(from.or(to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_first_moment() {
        for (text, expected) in [
            ("2026-03-01", Some("2026-03-01T00:00:00Z")),
            ("2026-03-01T08:30:00Z", Some("2026-03-01T08:30:00Z")),
            ("2026-03-01T08:30:00+02:00", Some("2026-03-01T06:30:00Z")),
            ("2026-02-30", None),
            ("March", None),
            ("", None),
        ] {
            assert_eq!(parse(text).ok(), expected.map(|it| it.parse().expect("a time")), "{text}");
        }
    }

    #[test]
    fn a_range_is_of_one_year() {
        let range = |from: &str, to: &str| {
            let time = |it: &str| parse(it).ok();
            year(&Range { from: time(from), to: time(to) }).ok()
        };
        assert_eq!(range("2026-03-01", "2026-04-01"), Some(Some(2026)));
        assert_eq!(range("2026-03-01", "2027-01-01"), Some(Some(2026)), "to its end");
        assert_eq!(range("2026-03-01", "2027-01-02"), None);
        assert_eq!(range("", "2027-01-01"), Some(Some(2026)));
        assert_eq!(range("", ""), Some(None));
    }
}
