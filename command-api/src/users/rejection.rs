use domain::logins::LoginRejection;
use domain::users::UserRejection;
use runtime::Problem;
use runtime::problem::NOT_FOUND;

use crate::refused::{Explain, broken};

impl Explain for UserRejection {
    fn explain(&self) -> Problem {
        match self {
            Self::UnknownUser => Problem::new(NOT_FOUND, self.to_string()),
            // The registration and the verification explain these themselves: to others nothing of it shows.
            Self::ClaimAbandoned
            | Self::RegisteredOtherwise
            | Self::ClaimOwned
            | Self::Disabled => {
                tracing::error!(rejection = %self, "a rejection that only registering knows");
                broken()
            }
        }
    }
}

impl Explain for LoginRejection {
    fn explain(&self) -> Problem {
        match *self {}
    }
}
