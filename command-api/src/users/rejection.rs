use domain::admins::AdminRejection;
use domain::logins::LoginRejection;
use domain::users::UserRejection;
use event_store::ExecuteError;
use runtime::Problem;
use runtime::problem::{CONTENTION, INVALID, NOT_FOUND, Place};

use super::{LAST_ADMIN, StewardError};
use crate::app::App;
use crate::erasures;
use crate::me::no_sms_number;
use crate::refused::{Explain, Refused, broken, failed, sealed_off, unreadable};
use crate::second_factor::nothing_there;

impl Explain for UserRejection {
    fn explain(&self) -> Problem {
        match self {
            Self::UnknownUser => Problem::new(NOT_FOUND, self.to_string()),
            Self::ChangedSince => {
                let detail = "the account was changed by somebody else meanwhile; try again";
                Problem::new(CONTENTION, detail).retry_after(1)
            }
            Self::StillAdmin => erasures::still_admin(),
            Self::NoFactor => nothing_there(),
            Self::NoSmsNumber => no_sms_number(),
            // Only its owner changes what a disabled account refuses, and was let in a moment before it was disabled.
            Self::Disabled => access::unauthenticated(),
            // The registration and the verification explain these themselves: to others nothing of it shows.
            Self::ClaimAbandoned
            | Self::RegisteredOtherwise
            | Self::ClaimOwned
            | Self::UnknownChange
            | Self::ErasureNotRequested => {
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

impl Explain for AdminRejection {
    fn explain(&self) -> Problem {
        match self {
            Self::NobodyStays => last_admin(),
        }
    }
}

fn last_admin() -> Problem {
    let detail = "you, or whoever was to stay, are losing these rights just now: make somebody else an admin first";
    Problem::new(LAST_ADMIN, detail)
}

/// What did not come of it, as HTTP has it.
pub fn explain(app: &App, error: StewardError) -> Refused {
    let invalid = |pointer: String, code, detail: String| {
        Problem::new(INVALID, detail.clone()).at(Place::Pointer(pointer), code, detail)
    };
    let venues = |code| invalid("#/venues".to_owned(), code, error.to_string());
    match error {
        StewardError::UnknownUser => Problem::new(NOT_FOUND, error.to_string()).into(),
        StewardError::OnlyStaff => venues("only-staff").into(),
        StewardError::TooManyVenues => venues("too-long").into(),
        StewardError::UnknownVenue { at, .. } => {
            invalid(format!("#/venues/{at}"), "unknown-venue", error.to_string()).into()
        }
        StewardError::LastAdmin { position } => {
            Refused::new(last_admin(), position.map(|it| app.token(it)))
        }
        StewardError::User(error) => refused(app, error),
        StewardError::Login(error) => refused(app, error),
        StewardError::Roster(error) => refused(app, error),
        StewardError::Read(failure) => unreadable(failure).into(),
        StewardError::Vault(error) => sealed_off(error).into(),
    }
}

fn refused<R: Explain + std::fmt::Debug>(app: &App, error: ExecuteError<R>) -> Refused {
    match error {
        ExecuteError::Rejected { rejection, position } => {
            Refused::new(rejection.explain(), Some(app.token(position)))
        }
        failure => failed(failure).into(),
    }
}

#[cfg(test)]
mod tests {
    use runtime::problem::UNAUTHENTICATED;

    use super::*;

    #[test]
    fn who_is_disabled_while_they_ask_is_told_what_they_are_told_from_then_on() {
        assert_eq!(UserRejection::Disabled.explain().kind(), UNAUTHENTICATED);
    }
}
