//! Small shapes that bodies share, read strictly.
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Time;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A whole minute on the wall clock: `18:30`, or `18:30:00` as the answers have it.
#[derive(Clone, Copy)]
pub struct Minute(pub Time);

impl FromStr for Minute {
    type Err = NotAMinute;

    fn from_str(text: &str) -> Result<Self, NotAMinute> {
        let text = text.strip_suffix(":00").filter(|it| it.len() == "18:30".len()).unwrap_or(text);
        let (hour, minute) = text.split_once(':').ok_or(NotAMinute)?;
        let time = Time::new(two_digits(hour)?, two_digits(minute)?, 0, 0);
        time.map(Self).map_err(|_| NotAMinute)
    }
}

fn two_digits(text: &str) -> Result<i8, NotAMinute> {
    let fits = text.len() == 2 && text.bytes().all(|it| it.is_ascii_digit());
    text.parse().ok().filter(|_| fits).ok_or(NotAMinute)
}

#[derive(Debug, thiserror::Error)]
#[error("a time of day looks like 18:30")]
pub struct NotAMinute;

impl<'de> Deserialize<'de> for Minute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

/// RFC 3339 with an offset. `jiff` reads more than that, zone names in brackets among it.
pub fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = text(deserializer)?;
    let wrong = || {
        D::Error::custom(
            "an instant looks like 2026-11-22T18:00:00+01:00 (RFC 3339, with its offset)",
        )
    };
    let shape = text.bytes().enumerate().all(|(at, it)| match at {
        4 | 7 => it == b'-',
        10 => matches!(it, b'T' | b't'),
        13 | 16 => it == b':',
        0..=18 => it.is_ascii_digit(),
        _ => matches!(it, b'0'..=b'9' | b'.' | b'+' | b'-' | b':' | b'Z' | b'z'),
    });
    if shape { text.parse().map_err(|_| wrong()) } else { Err(wrong()) }
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer)
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error as ValueError, StrDeserializer};

    use super::*;

    fn read(text: &str) -> Option<Timestamp> {
        let deserializer: StrDeserializer<ValueError> = text.into_deserializer();
        instant(deserializer).ok()
    }

    #[test]
    fn an_instant_has_an_offset_and_nothing_beyond() {
        let six: Timestamp = "2026-11-22T17:00:00Z".parse().unwrap();
        for text in
            ["2026-11-22T18:00:00+01:00", "2026-11-22T17:00:00Z", "2026-11-22t17:00:00.000z"]
        {
            assert_eq!(read(text), Some(six), "{text}");
        }
        for text in [
            "2026-11-22T18:00:00",
            "2026-11-22",
            "2026-11-22 18:00:00Z",
            "2026-11-22T18:00:00+01:00[Europe/Berlin]",
            "2026-11-22T18:00Z",
            "2026-13-22T18:00:00Z",
            "2026-11-22T25:00:00Z",
            "1795363200",
            "tomorrow",
            "",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_minute_is_a_minute() {
        for (text, minute) in [
            ("18:30", Some("18:30")),
            ("18:30:00", Some("18:30")),
            ("00:00", Some("00:00")),
            ("00:00:00", Some("00:00")),
        ] {
            assert_eq!(
                text.parse::<Minute>().ok().map(|it| it.to_string()).as_deref(),
                minute,
                "{text}"
            );
        }
        for text in [
            "24:00",
            "18:30:01",
            "8:30",
            "+8:30",
            "18.30",
            "18:30:00:00",
            "18",
            "2026-11-22T18:30",
            "",
        ] {
            assert!(text.parse::<Minute>().is_err(), "{text}");
        }
    }
}
