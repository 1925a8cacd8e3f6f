use super::{MAX_KEYS, MAX_VENUES};

/// Why a service account stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceAccountRejection {
    #[error("there is no such service account")]
    UnknownServiceAccount,
    #[error("the service account has no such key")]
    UnknownKey,
    #[error("a name has 1 to 100 characters on one line")]
    BadName,
    #[error("without a scope it could do nothing")]
    NoScope,
    #[error("only the scopes desk and catalogue are for venues")]
    NoScopeOfVenues,
    #[error("name a venue; for every venue leave them out")]
    NoVenue,
    #[error("at most {MAX_VENUES} venues")]
    TooManyVenues,
    #[error("the key would have expired before it is issued")]
    ExpiresInThePast,
    #[error("a service account has at most {MAX_KEYS} keys at a time: revoke one first")]
    TooManyKeys,
    /// The command was obeyed before, and nobody knows the secret that was shown then.
    #[error("this key was issued before, and a key is shown once")]
    AlreadyIssued,
}
