use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{MalformedId, VenueId, is_suffix, suffix};

/// Somebody's place on a waitlist, which says where it is: `<service date>-<venue>-<8 characters>`, e.g.
/// `2026-11-21-riverside-9X3M2KQD`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WaitingId {
    date: Date,
    venue: VenueId,
    suffix: String,
}

impl WaitingId {
    /// The id that the command `command` gives whoever joins: the same however often it is sent.
    pub fn derive(date: Date, venue: VenueId, command: Uuid) -> Self {
        Self { date, venue, suffix: suffix(command) }
    }

    pub fn date(&self) -> Date {
        self.date
    }

    pub fn venue(&self) -> &VenueId {
        &self.venue
    }

    /// The waitlist it is on.
    pub fn stream(&self) -> String {
        super::stream(&self.venue, self.date)
    }
}

impl std::fmt::Display for WaitingId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.date, self.venue, self.suffix)
    }
}

impl std::str::FromStr for WaitingId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        let parts = || {
            let (date, rest) = text.split_at_checked(10)?;
            let (venue, suffix) = rest.strip_prefix('-')?.rsplit_once('-')?;
            let suffix = is_suffix(suffix).then(|| suffix.to_owned())?;
            Some(Self { date: date.parse().ok()?, venue: venue.parse().ok()?, suffix })
        };
        // One id has one text.
        parts().filter(|it| it.to_string() == text).ok_or(MalformedId::Waiting)
    }
}

impl TryFrom<String> for WaitingId {
    type Error = MalformedId;

    fn try_from(text: String) -> Result<Self, MalformedId> {
        text.parse()
    }
}

impl From<WaitingId> for String {
    fn from(id: WaitingId) -> Self {
        id.to_string()
    }
}
