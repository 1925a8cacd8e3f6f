use axum::http::StatusCode;
use domain::policies::Refusal;
use domain::waitlist::WaitlistRejection;
use runtime::Problem;
use runtime::problem::{INVALID, Kind, NOT_FOUND, Place};

use crate::idempotency::reused;
use crate::refused::{Explain, broken};

const ALREADY_WAITING: Kind = conflict("already-waiting", "You wait for this already");
const WAITLIST_FULL: Kind = conflict("waitlist-full", "No more can wait here");

pub const KINDS: &[Kind] = &[ALREADY_WAITING, WAITLIST_FULL];

const fn conflict(name: &'static str, title: &'static str) -> Kind {
    Kind { name, status: StatusCode::CONFLICT, title }
}

impl Explain for WaitlistRejection {
    fn explain(&self) -> Problem {
        let detail = self.to_string();
        match self {
            Self::Policy(refusal) => explain(refusal),
            Self::OutsideDay => invalid("to", "outside-day", detail),
            Self::NothingFits => invalid("minutes", "nothing-fits", detail),
            Self::BadName { field } => invalid(field, "malformed", detail),
            Self::AlreadyWaiting => Problem::new(ALREADY_WAITING, detail),
            Self::TooManyWishes | Self::TooManyJoins | Self::Full => {
                Problem::new(WAITLIST_FULL, detail)
            }
            Self::WaitingDiffers => reused(),
            Self::UnknownWaiting => Problem::new(NOT_FOUND, detail),
            Self::NotWaiting
            | Self::OfferOpen
            | Self::PlaceOffered
            | Self::OfferedBefore
            | Self::UnknownOffer => {
                tracing::error!("only the scheduler offers, and nobody here asked for it");
                broken()
            }
        }
    }
}

fn explain(refusal: &Refusal) -> Problem {
    let (field, code) = match refusal {
        Refusal::EndBeforeStart => ("to", "end-before-start"),
        Refusal::OffGrid { .. } => ("minutes", "off-grid"),
        Refusal::TooShort { .. } => ("minutes", "too-short"),
        Refusal::TooLong { .. } => ("minutes", "too-long"),
        Refusal::OutsideHours { .. } => ("from", "outside-hours"),
        Refusal::CourtRetired => ("court", "court-retired"),
        Refusal::InThePast => ("to", "in-the-past"),
        Refusal::TooFarAhead { .. } => ("from", "too-far-ahead"),
    };
    invalid(field, code, refusal.to_string())
}

fn invalid(field: &str, code: &'static str, detail: String) -> Problem {
    Problem::new(INVALID, detail.clone()).at(Place::field(field), code, detail)
}
