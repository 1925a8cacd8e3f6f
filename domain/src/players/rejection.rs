use crate::ids::BookingId;

/// Why no lease is lent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlayerRejection {
    /// Every quota that is full, in the order of `Quota`.
    #[error("the player has as much here as one may have")]
    QuotaFull { full: Vec<FullQuota> },
    /// One command holds one place: this one has, or had, another.
    #[error("this command already made another booking")]
    LeasedElsewhere { booking: BookingId },
    #[error("the player is being erased")]
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullQuota {
    pub quota: Quota,
    pub limit: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    OpenHolds,
    BookingsPerDay,
    Upcoming,
}
