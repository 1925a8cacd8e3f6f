use jiff::civil::Date;
use serde::Deserialize;

/// A service date as people write it: `2026-11-21`, and nothing else that could be meant by it.
///
/// Years nobody plays in are no dates here: others that the dates travel to count fewer of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ServiceDate(pub Date);

/// A text that is no service date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date looks like 2026-11-21, in the years 2000 to 2199")]
pub struct MalformedDate;

/// The most dates of one kind that a venue or a court keeps: twenty closed days a year for fifty years.
pub const MAX_DATES: usize = 1_000;

impl std::str::FromStr for ServiceDate {
    type Err = MalformedDate;

    fn from_str(text: &str) -> Result<Self, MalformedDate> {
        let date: Date = text.parse().map_err(|_| MalformedDate)?;
        let fits = date.to_string() == text && (2000..2200).contains(&date.year());
        if fits { Ok(Self(date)) } else { Err(MalformedDate) }
    }
}

impl TryFrom<String> for ServiceDate {
    type Error = MalformedDate;

    fn try_from(text: String) -> Result<Self, MalformedDate> {
        text.parse()
    }
}

impl std::fmt::Display for ServiceDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
