use crate::policies::Fault;

/// Why a court said no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CourtRejection {
    #[error("there is no such court")]
    UnknownCourt,
    #[error("another court already has this code")]
    CourtExists,
    /// `field` is `name`, `kind` or `surface`.
    #[error("a court's {field} has 1 to 100 characters, none of them a control character")]
    BadName { field: &'static str },
    #[error("a court keeps at most 1000 dates of a kind")]
    TooManyDates,
    #[error(transparent)]
    Prices(#[from] Fault),
}
