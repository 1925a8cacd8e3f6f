use super::{LeftBy, Standing};
use crate::ids::UserId;

/// What may be asked of those who play along.
#[derive(Clone, Debug)]
pub enum ParticipantsCommand {
    /// A link that lets people in. The one before lets nobody in any more.
    Invite { booking: Standing },
    /// By the link of this generation.
    Join { user: UserId, generation: u32, booking: Standing },
    /// Also when the booking is over: who does not want to be on the list is not on it.
    Leave { user: UserId, by: LeftBy },
}
