//! A guest: somebody without an account, whom the desk has booked for, and who may want to be forgotten.
mod command;
mod event;
mod rejection;
mod upcast;

use crate::decider::Decider;
use crate::ids::BookingId;
use crate::users::Erasure;

pub use command::GuestCommand;
pub use event::GuestEvent;
pub use rejection::GuestRejection;

/// What the rules remember of a guest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guest {
    pub erasure: Erasure,
    /// The booking whose guest it was asked for: what is known of the guest stands there.
    pub booking: Option<BookingId>,
}

impl Decider for Guest {
    type State = Self;
    type Command = GuestCommand;
    type Event = GuestEvent;
    type Rejection = GuestRejection;

    fn evolve(state: Self, event: GuestEvent) -> Self {
        match event {
            GuestEvent::ErasureRequested { booking } => {
                Self { erasure: Erasure::Requested, booking: Some(booking) }
            }
            GuestEvent::Erased {} => Self { erasure: Erasure::Done, ..state },
        }
    }

    fn decide(state: &Self, command: GuestCommand) -> Result<Vec<GuestEvent>, GuestRejection> {
        use GuestCommand as C;

        match (state.erasure, command) {
            (Erasure::None, C::RequestErasure { booking }) => {
                Ok(vec![GuestEvent::ErasureRequested { booking }])
            }
            (Erasure::None, C::FinishErasure) => Err(GuestRejection::ErasureNotRequested),
            (Erasure::Requested, C::FinishErasure) => Ok(vec![GuestEvent::Erased {}]),
            (Erasure::Requested | Erasure::Done, C::RequestErasure { .. })
            | (Erasure::Done, C::FinishErasure) => Ok(vec![]),
        }
    }
}
