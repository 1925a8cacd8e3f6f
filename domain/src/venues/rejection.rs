use crate::policies::Fault;

/// Why a venue said no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VenueRejection {
    #[error("there is no such venue")]
    UnknownVenue,
    #[error("another venue already has this name in its URL")]
    VenueExists,
    #[error("the zone is not one of the IANA time zone database")]
    UnknownZone,
    #[error("a venue's name has 1 to 100 characters, none of them a control character")]
    BadName,
    /// `field` is `week`, or the `close` of a single date.
    #[error("the hours of a day do not lie inside one service day")]
    HoursAcrossServiceDay { field: &'static str },
    #[error("a venue keeps at most 1000 dates of a kind")]
    TooManyDates,
    #[error(transparent)]
    Policy(#[from] Fault),
}
