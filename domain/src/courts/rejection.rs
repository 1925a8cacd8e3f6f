use crate::policies::Fault;

/// Why a court said no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CourtRejection {
    #[error("there is no such court")]
    UnknownCourt,
    #[error("another court already has this code")]
    CourtExists,
    #[error("name, kind and surface have 1 to 100 characters each")]
    BadName,
    #[error(transparent)]
    Prices(#[from] Fault),
}
