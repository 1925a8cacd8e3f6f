//! Who plays along: one list for each booking, named by the first id it ever had, so that a move leaves it as it is.
//!
//! People join by a link that the booker passes on. Its secret is nowhere in here: the log counts invitations, and only the
//! newest lets anybody in.
//!
//! **Invariant:** nobody is on a list who did not join it themselves.
mod command;
mod event;
mod rejection;
mod standing;
mod upcast;

use std::collections::BTreeMap;

use crate::decider::Decider;
use crate::ids::{BookingId, UserId};

pub use command::ParticipantsCommand;
pub use event::{LeftBy, ParticipantsEvent};
pub use rejection::ParticipantsRejection;
pub use standing::Standing;

/// People on one list, beside whoever has booked: two sides of four, and no more find room on a court.
pub const MAX_PARTICIPANTS: usize = 7;
/// How often people may join one list, and how often invitations to it may be made: it is read whole each time.
pub const MAX_JOINS: usize = 50;
pub const MAX_INVITATIONS: u32 = 50;

/// What the rules remember of those who play along in one booking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Participants {
    /// Of the newest invitation; 0 as long as there was none.
    pub generation: u32,
    /// In the order in which they joined.
    pub present: Vec<UserId>,
    /// Who was on the list and is no more, with the invitation up to which none lets them in again.
    pub gone: BTreeMap<UserId, u32>,
    /// How often anybody joined.
    pub joins: usize,
}

/// What the names of these streams begin with.
pub const PARTICIPANTS: &str = "participants-";

/// The stream of those who play along in the booking that was first called `reference`.
pub fn stream(reference: &BookingId) -> String {
    format!("{PARTICIPANTS}{reference}")
}

impl Participants {
    pub fn is_present(&self, user: UserId) -> bool {
        self.present.contains(&user)
    }

    /// Whether somebody is on the list, or ever was.
    pub fn knows(&self, user: UserId) -> bool {
        self.is_present(user) || self.gone.contains_key(&user)
    }

    /// Whether the invitation of this generation lets somebody in. They count from one: where there is none, nothing does.
    fn lets_in(&self, user: UserId, generation: u32) -> bool {
        let is_barred = self.gone.get(&user).is_some_and(|until| generation <= *until);
        0 < generation && generation == self.generation && !is_barred
    }
}

impl Decider for Participants {
    type State = Self;
    type Command = ParticipantsCommand;
    type Event = ParticipantsEvent;
    type Rejection = ParticipantsRejection;

    fn evolve(mut state: Self, event: ParticipantsEvent) -> Self {
        match event {
            ParticipantsEvent::Invited { generation } => state.generation = generation,
            ParticipantsEvent::Joined { user } => {
                state.gone.remove(&user);
                state.present.push(user);
                state.joins += 1;
            }
            ParticipantsEvent::Left { user, by } => {
                state.present.retain(|it| *it != user);
                let until = match by {
                    LeftBy::Own => 0,
                    LeftBy::Booker | LeftBy::Desk => state.generation,
                };
                state.gone.insert(user, until);
            }
        }
        state
    }

    fn size(state: &Self) -> usize {
        state.present.len() + state.gone.len()
    }

    fn decide(
        state: &Self,
        command: ParticipantsCommand,
    ) -> Result<Vec<ParticipantsEvent>, ParticipantsRejection> {
        use ParticipantsCommand as C;
        use ParticipantsEvent as E;
        use ParticipantsRejection as R;

        match command {
            C::Invite { booking } => {
                booking.check()?;
                if MAX_INVITATIONS <= state.generation {
                    return Err(R::TooManyInvitations);
                }
                Ok(vec![E::Invited { generation: state.generation + 1 }])
            }

            C::Join { user, .. } if state.is_present(user) => Ok(vec![]),
            C::Join { user, generation, .. } if !state.lets_in(user, generation) => {
                Err(R::InvitationOver)
            }
            C::Join { user, booking, .. } => {
                booking.check()?;
                // Who has booked plays in any case.
                if booking.booked_for == Some(user) {
                    return Ok(vec![]);
                }
                if MAX_PARTICIPANTS <= state.present.len() {
                    return Err(R::Full);
                }
                if MAX_JOINS <= state.joins {
                    return Err(R::TooManyJoins);
                }
                Ok(vec![E::Joined { user }])
            }

            C::Leave { user, by } if state.is_present(user) => Ok(vec![E::Left { user, by }]),
            C::Leave { .. } => Ok(vec![]),
        }
    }
}
