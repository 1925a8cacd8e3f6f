use domain::policies::Refusal;
use domain::waitlist::WaitlistRejection;
use runtime::Problem;
use runtime::problem::{Kind, NOT_FOUND};

use crate::idempotency::reused;
use crate::refused::{Explain, broken};

const ALREADY_WAITING: Kind = Kind::conflict("already-waiting", "You wait for this already");
const WAITLIST_FULL: Kind = Kind::conflict("waitlist-full", "No more can wait here");

pub const KINDS: &[Kind] = &[ALREADY_WAITING, WAITLIST_FULL];

impl Explain for WaitlistRejection {
    fn explain(&self) -> Problem {
        let detail = self.to_string();
        match self {
            Self::Policy(refusal) => explain(refusal),
            Self::OutsideDay => Problem::invalid("to", "outside-day", detail),
            Self::NothingFits => Problem::invalid("minutes", "nothing-fits", detail),
            Self::BadName { field } => Problem::invalid(field, "malformed", detail),
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
    Problem::invalid(field, code, refusal.to_string())
}
