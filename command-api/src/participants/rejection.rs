use axum::http::StatusCode;
use domain::participants::ParticipantsRejection;
use runtime::Problem;
use runtime::problem::{Kind, Place};

use crate::refused::Explain;

const INVITATION_OVER: Kind = Kind {
    name: "invitation-over",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: "The invitation does not let you in, or no more",
};
const PARTICIPANTS_FULL: Kind = Kind::conflict("participants-full", "No more can play along");

pub const KINDS: &[Kind] = &[INVITATION_OVER, PARTICIPANTS_FULL];

impl Explain for ParticipantsRejection {
    fn explain(&self) -> Problem {
        match self {
            Self::Booking(rejection) => rejection.explain(),
            Self::InvitationOver => invitation_over(),
            Self::Full | Self::TooManyJoins | Self::TooManyInvitations => {
                Problem::new(PARTICIPANTS_FULL, self.to_string())
            }
        }
    }
}

/// One answer for a text that is no link of ours and for a link that was: more would help only whoever made it up.
pub fn invitation_over() -> Problem {
    let detail =
        "the invitation does not let you in, or no more; ask whoever has booked for another";
    Problem::new(INVITATION_OVER, detail).at(Place::field("token"), "invitation-over", detail)
}
