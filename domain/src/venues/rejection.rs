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
    #[error("a venue's name has 1 to 100 characters")]
    BadName,
    #[error("the hours of a day do not lie inside one service day")]
    HoursAcrossServiceDay,
    #[error(transparent)]
    Policy(#[from] Fault),
}
