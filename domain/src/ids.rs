//! Names of things, each its own type so that none can stand in another's place.
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::service_accounts::SERVICE_ACCOUNTS;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub Uuid);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

/// Somebody without an account, whom the desk books for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GuestId(pub Uuid);

/// A program that acts by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceAccountId(pub Uuid);

/// One of the keys of a service account: its name, not its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceKeyId(pub Uuid);

/// A time at which nobody can play: the same id on every court-day it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlockId(pub Uuid);

/// A venue's name in URLs: 2 to 40 of `a-z`, `0-9` and `-`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VenueId(String);

/// A court's short code: 2 to 8 characters of Crockford's base 32, upper case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CourtCode(String);

/// A booking's id, which says where it is and can be read out on the phone:
/// `<service date>-<court code>-<8 characters>`, e.g. `2026-11-21-7FK2-9X3M2KQD`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BookingId {
    date: jiff::civil::Date,
    court: CourtCode,
    suffix: String,
}

/// A text that is not the id it was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedId {
    #[error("a venue is named by 2 to 40 of a-z, 0-9 and -, beginning with a letter")]
    Venue,
    #[error("a court code is 2 to 8 of 0-9 and A-Z without I, L, O and U")]
    Court,
    #[error("a booking id looks like 2026-11-21-7FK2-9X3M2KQD")]
    Booking,
    #[error("who waits is named like 2026-11-21-riverside-9X3M2KQD")]
    Waiting,
}

/// Crockford's base 32: no letter that reads like a digit, and no U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 40 bits: with a thousand bookings on a court-day, two meet once in two million days.
const SUFFIX: usize = 8;
/// The UUIDv5 namespace of booking suffixes. Never change it: a retried command has to find its booking.
const SUFFIXES: Uuid = Uuid::from_u128(0x6c1f_3a52_8d0b_4e79_9a44_c2d7_15e8_b360);

impl UserId {
    pub fn stream(self) -> String {
        format!("user-{}", self.0)
    }

    /// The stream of this person's logins.
    pub fn login_stream(self) -> String {
        format!("login-{}", self.0)
    }

    /// The stream of this person's leases.
    pub fn player_stream(self) -> String {
        format!("player-{}", self.0)
    }
}

impl SessionId {
    pub fn stream(self) -> String {
        format!("session-{}", self.0)
    }
}

impl GuestId {
    /// Whom the vault seals their data under; and the stream of their erasure, which is all that happens to a guest.
    pub fn stream(self) -> String {
        format!("guest-{}", self.0)
    }
}

impl ServiceAccountId {
    /// Whom the vault seals under, too, what the program says in its own words.
    pub fn stream(self) -> String {
        format!("{SERVICE_ACCOUNTS}{}", self.0)
    }
}

impl VenueId {
    pub fn stream(&self) -> String {
        format!("venue-{self}")
    }
}

impl CourtCode {
    pub fn stream(&self) -> String {
        format!("court-{self}")
    }
}

impl BookingId {
    /// The id that the command `command` gives its booking: the same however often it is sent.
    ///
    /// The suffix is the start of a hash. The start of the command id itself would not do: in a UUIDv7 it is the
    /// time, the same for everybody who asks within a quarter of a second.
    pub fn derive(date: jiff::civil::Date, court: CourtCode, command: Uuid) -> Self {
        Self { date, court, suffix: suffix(command) }
    }

    /// The service date, by which the court-day is found.
    pub fn date(&self) -> jiff::civil::Date {
        self.date
    }

    pub fn court(&self) -> &CourtCode {
        &self.court
    }

    /// The court-day that decides about this booking.
    pub fn stream(&self) -> String {
        crate::bookings::stream(&self.court, self.date)
    }
}

/// The letters that tell the ids of one day apart, of the command that made them.
pub(crate) fn suffix(command: Uuid) -> String {
    let hash = Uuid::new_v5(&SUFFIXES, command.as_bytes()).into_bytes();
    let bits = hash.iter().take(5).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let letter = |n: usize| {
        let [.., low] = (bits >> (5 * n)).to_be_bytes();
        char::from(ALPHABET[usize::from(low & 31)])
    };
    (0..SUFFIX).rev().map(letter).collect()
}

pub(crate) fn is_suffix(text: &str) -> bool {
    text.len() == SUFFIX && text.bytes().all(|it| ALPHABET.contains(&it))
}

impl std::fmt::Display for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for ServiceAccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for GuestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for BlockId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for VenueId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for CourtCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for BookingId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.date, self.court, self.suffix)
    }
}

impl std::str::FromStr for VenueId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        let fits = (2..=40).contains(&text.len())
            && text.starts_with(|it: char| it.is_ascii_lowercase())
            && text.bytes().all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if fits { Ok(Self(text.to_owned())) } else { Err(MalformedId::Venue) }
    }
}

impl std::str::FromStr for CourtCode {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        let fits = (2..=8).contains(&text.len()) && text.bytes().all(|it| ALPHABET.contains(&it));
        if fits { Ok(Self(text.to_owned())) } else { Err(MalformedId::Court) }
    }
}

impl std::str::FromStr for BookingId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        let (date, rest) = text.split_at_checked(10).ok_or(MalformedId::Booking)?;
        let date: jiff::civil::Date = date.parse().map_err(|_| MalformedId::Booking)?;
        let mut parts = rest.split('-');
        let (Some(""), Some(court), Some(suffix), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(MalformedId::Booking);
        };
        let court = court.parse().map_err(|_| MalformedId::Booking)?;
        let id = Self { date, court, suffix: suffix.to_owned() };
        // One id has one text: `2026-1121` or a date with a zone is not another way to write it.
        if is_suffix(suffix) && id.to_string() == text { Ok(id) } else { Err(MalformedId::Booking) }
    }
}

impl TryFrom<String> for VenueId {
    type Error = MalformedId;

    fn try_from(text: String) -> Result<Self, MalformedId> {
        text.parse()
    }
}

impl TryFrom<String> for CourtCode {
    type Error = MalformedId;

    fn try_from(text: String) -> Result<Self, MalformedId> {
        text.parse()
    }
}

impl TryFrom<String> for BookingId {
    type Error = MalformedId;

    fn try_from(text: String) -> Result<Self, MalformedId> {
        text.parse()
    }
}

impl From<VenueId> for String {
    fn from(id: VenueId) -> Self {
        id.0
    }
}

impl From<CourtCode> for String {
    fn from(code: CourtCode) -> Self {
        code.0
    }
}

impl From<BookingId> for String {
    fn from(id: BookingId) -> Self {
        id.to_string()
    }
}
